"""The contract of the agent port: subclass `AgentContract`, override the `agent` fixture, and pytest does the rest.

It covers processes and files, over nothing but the port: the workspace may be anywhere, if it is a POSIX system.
"""

from chatcore.testing.contracts.agent_files import FilesContract
from chatcore.testing.contracts.agent_processes import ProcessesContract


class AgentContract(ProcessesContract, FilesContract):
    """Everything that an agent with processes and files must keep. Takes on asyncio and on trio."""
