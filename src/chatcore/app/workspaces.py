"""Which workspace a chat works in."""

from typing import Protocol

from chatcore.domain.ids import ChatId
from chatcore.domain.workspace.identity import ChatIdentity
from chatcore.ports.agent import Agent


class Workspaces(Protocol):
    """Finds the connection to a chat's workspace; looked up for each run, never stored."""

    async def agent(self, chat_id: ChatId) -> Agent | None:
        """The connection, identified for the chat; None if the chat has no workspace."""
        ...


class NoWorkspaces:
    """Chats without workspaces."""

    async def agent(self, chat_id: ChatId) -> Agent | None:
        """Always None."""
        return None


class OneWorkspace:
    """One connection that all chats share."""

    def __init__(self, agent: Agent) -> None:
        self._agent = agent

    async def agent(self, chat_id: ChatId) -> Agent | None:
        """The connection, identified for the chat."""
        return self._agent.identified(ChatIdentity(chat_id=chat_id))
