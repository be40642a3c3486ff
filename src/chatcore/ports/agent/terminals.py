"""Terminals and SSH of a workspace (agent-and-relay A9.5, A9.6)."""

from typing import Protocol

from anyio.abc import ByteStream
from attrs import frozen


@frozen(kw_only=True)
class OpenTerminal:
    """A terminal to open, or to attach to again by its id."""

    id: str
    """A UUID; the same one attaches to the same terminal."""

    height: int
    width: int
    """Characters."""

    command: str = ""
    """Empty for the user's shell."""

    container: str = ""
    container_user: str = ""
    backend: str = ""
    """`screen` or `buffered`; empty leaves the choice to the agent."""


class Terminal(Protocol):
    """An attached terminal; whoever opened it closes it, and the terminal itself goes on for a while."""

    async def receive(self) -> bytes:
        """The next output. Raises: anyio.EndOfStream, the terminal has ended."""
        ...

    async def send(self, data: str = "", *, height: int = 0, width: int = 0) -> None:
        """Type, and resize when both sizes are positive; the text goes first."""
        ...

    async def aclose(self) -> None:
        """Detach; twice is harmless."""
        ...


class Terminals(Protocol):
    """Interactive access. Every method raises AgentError or AgentUnreachable."""

    async def reconnecting_pty(self, request: OpenTerminal) -> Terminal:
        """Open or attach to a terminal; earlier output comes again."""
        ...

    async def ssh(self) -> ByteStream:
        """A connection to the agent's own SSH server."""
        ...

    async def ssh_on_port(self, port: int) -> ByteStream:
        """The same on another port."""
        ...

    async def ssh_client(self) -> object:
        """A client after the SSH handshake: the SSH library's own object, which the adapter names."""
        ...

    async def ssh_client_on_port(self, port: int) -> object:
        """The same on another port."""
        ...
