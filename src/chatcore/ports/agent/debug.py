"""What an agent tells about itself (agent-and-relay A9.3, A9.4)."""

from typing import Protocol

from chatcore.domain.json_text import JsonValue


class Debug(Protocol):
    """Reports that pass through as they are. Every method raises AgentError or AgentUnreachable."""

    async def netcheck(self) -> JsonValue:
        """The network report."""
        ...

    async def debug_magicsock(self) -> bytes:
        """The overlay's sockets."""
        ...

    async def debug_manifest(self) -> bytes:
        """The manifest. Raises: AgentError, 500 before there is one."""
        ...

    async def debug_logs(self) -> bytes:
        """The beginning of the agent's log, at most 10 MiB. Raises: AgentError, 500 when it cannot be opened."""
        ...

    async def prometheus_metrics(self) -> bytes:
        """Metrics in the text exposition format."""
        ...
