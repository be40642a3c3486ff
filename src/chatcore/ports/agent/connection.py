"""One connection to one workspace (agent-and-relay A1, A2, A11)."""

from typing import Protocol, Self

from chatcore.domain.workspace.identity import ChatIdentity
from chatcore.ports.agent.containers import Containers
from chatcore.ports.agent.context import Context
from chatcore.ports.agent.debug import Debug
from chatcore.ports.agent.desktop import Desktop
from chatcore.ports.agent.errors import CapabilityMissing
from chatcore.ports.agent.files import Files
from chatcore.ports.agent.git import Git
from chatcore.ports.agent.mcp import Mcp
from chatcore.ports.agent.network import Network
from chatcore.ports.agent.processes import Processes
from chatcore.ports.agent.terminals import Terminals


class Agent(Protocol):
    """A connection, as the capabilities that it offers.

    An adapter subclasses this and overrides the capabilities it has; asking for another one raises `CapabilityMissing`.

    On whose behalf a call is made is a property of the connection's view, not of each call: `identified` gives a view
    on the same connection whose calls carry an identity. Where HTTP replaces a shared set of headers (A1.5), a view is
    immutable, so that chats sharing a connection cannot disturb each other.
    """

    def identified(self, identity: ChatIdentity | None) -> Self:
        """A view whose calls are made for a chat, or for nobody. It shares everything else, closing included."""
        ...

    async def await_reachable(self, timeout_s: float) -> bool:
        """Wait for the agent; whether it could be reached within `timeout_s` (A0.6)."""
        ...

    async def close(self) -> None:
        """End the connection and every view of it; twice is harmless. What a local agent runs is killed (A3.25)."""
        ...

    @property
    def processes(self) -> Processes:
        """Running commands (A3)."""
        raise CapabilityMissing("processes")

    @property
    def files(self) -> Files:
        """Reading and changing files (A5)."""
        raise CapabilityMissing("files")

    @property
    def git(self) -> Git:
        """Watching repositories (A6)."""
        raise CapabilityMissing("git")

    @property
    def mcp(self) -> Mcp:
        """Tools of MCP servers (A7)."""
        raise CapabilityMissing("mcp")

    @property
    def context(self) -> Context:
        """Instruction files and skills (A8)."""
        raise CapabilityMissing("context")

    @property
    def containers(self) -> Containers:
        """Containers (A9.2)."""
        raise CapabilityMissing("containers")

    @property
    def terminals(self) -> Terminals:
        """Terminals and SSH (A9.5, A9.6)."""
        raise CapabilityMissing("terminals")

    @property
    def desktop(self) -> Desktop:
        """The desktop (A10)."""
        raise CapabilityMissing("desktop")

    @property
    def debug(self) -> Debug:
        """Reports about the agent (A9.3, A9.4)."""
        raise CapabilityMissing("debug")

    @property
    def network(self) -> Network:
        """Ports, ping, raw connections (A0.7, A9.1, A9.4, A9.7)."""
        raise CapabilityMissing("network")
