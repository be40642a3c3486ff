"""The connection to a workspace, grouped by capability; method names are those of agent-and-relay A2."""

from chatcore.ports.agent.connection import Agent
from chatcore.ports.agent.errors import AgentError, AgentUnreachable, CapabilityMissing, FieldProblem
from chatcore.ports.agent.files import DirectoryEntry, DirectoryListing, FileContent, Files, ListDirectory
from chatcore.ports.agent.processes import Processes
from chatcore.ports.agent.values import Message

__all__ = [
    "Agent",
    "AgentError",
    "AgentUnreachable",
    "CapabilityMissing",
    "DirectoryEntry",
    "DirectoryListing",
    "FieldProblem",
    "FileContent",
    "Files",
    "ListDirectory",
    "Message",
    "Processes",
]
