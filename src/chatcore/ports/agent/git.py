"""Watching a workspace's repositories (agent-and-relay A6)."""

from datetime import datetime
from typing import Protocol, TypeAlias

from attrs import frozen

from chatcore.domain.ids import ChatId


@frozen(kw_only=True)
class RepositoryChange:
    """The state of one repository that differs from the last one told (A6.18)."""

    repo_root: str
    branch: str = ""
    """Empty for a detached head."""

    remote_origin: str = ""
    unified_diff: str = ""
    """Working tree against HEAD, untracked files included; empty when clean."""

    removed: bool = False
    """The repository is gone; told once (A6.19)."""


@frozen(kw_only=True)
class GitChanges:
    """What changed since the last message; no repositories is a sign of life (A6.18)."""

    repositories: tuple[RepositoryChange, ...]
    scanned_at: datetime | None = None


@frozen(kw_only=True)
class GitProblem:
    """The agent could not do what was asked; the watch goes on."""

    message: str


GitMessage: TypeAlias = GitChanges | GitProblem


class GitWatch(Protocol):
    """An open watch; whoever opened it closes it."""

    async def refresh(self) -> None:
        """Ask for a scan; several requests in quick succession lead to one (A6.12, A6.13)."""
        ...

    async def receive(self) -> GitMessage:
        """The next message. Raises: anyio.EndOfStream, the agent ended the watch."""
        ...

    async def aclose(self) -> None:
        """End the watch; twice is harmless."""
        ...


class Git(Protocol):
    """The repositories that a chat has touched."""

    async def watch_git(self, chat_id: ChatId | None = None) -> GitWatch:
        """Open a watch of the repositories that the chat's paths lie in.

        Raises: AgentError, AgentUnreachable.
        """
        ...
