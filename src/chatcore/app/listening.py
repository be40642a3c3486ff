"""Waiting for the next hint about a chat, but never longer than until the next poll (architecture 7, 2.10)."""

import logging
from collections.abc import AsyncIterator

import anyio

from chatcore.domain.ids import ChatId
from chatcore.ports.errors import AdapterError
from chatcore.ports.pubsub import ChatChanged, Lagged

_log = logging.getLogger(__name__)


class Listening:
    """The hints of one subscription; one that breaks is no error, the chat is polled from then on."""

    def __init__(self, chat_id: ChatId, hints: AsyncIterator[ChatChanged | Lagged], *, poll_s: float) -> None:
        self._chat_id = chat_id
        self._hints: AsyncIterator[ChatChanged | Lagged] | None = hints
        self._poll_s = poll_s

    async def next(self) -> ChatChanged | Lagged:
        """The next hint; after `poll_s` seconds without one, Lagged, for who knows. Cancelling it loses nothing."""
        if self._hints is None:
            await anyio.sleep(self._poll_s)
            return Lagged()
        with anyio.move_on_after(self._poll_s):
            return await self._heard(self._hints)
        return Lagged()

    async def _heard(self, hints: AsyncIterator[ChatChanged | Lagged]) -> ChatChanged | Lagged:
        try:
            async for hint in hints:
                return hint
        except AdapterError as error:
            _log.warning("hints about chat %s ended, it is polled from now on: %s", self._chat_id, error)
        self._hints = None
        return Lagged()
