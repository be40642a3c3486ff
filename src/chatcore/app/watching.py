"""Watching chats: opening views of them, and waiting until one rests (spec chat-core 6, architecture 7)."""

from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Final

from chatcore.app.listening import Listening
from chatcore.app.live_parts import LiveParts
from chatcore.app.news import hints_about
from chatcore.app.relay_reader import relaying
from chatcore.app.view import EventView, View
from chatcore.app.view_reads import ViewReads
from chatcore.app.view_settings import ViewSettings
from chatcore.domain.chat.head import ChatHead
from chatcore.domain.chat.values import Status
from chatcore.domain.ids import ChatId, Seq, WorkerId
from chatcore.ports.actor import Actor
from chatcore.ports.pubsub import ChatChanged, Lagged, PubSub
from chatcore.ports.relay import Relay
from chatcore.ports.store import Store

_AT_REST: Final = frozenset({Status.WAITING, Status.ERROR})


class Watching:
    """Shows chats of one store to any number of viewers.

    `live` holds the parts of the chats that this process works on, as the worker `own`, if it has one. `relay` connects
    to those of other workers; without it they come from the store's journal, somewhat later.
    """

    def __init__(
        self,
        store: Store,
        pubsub: PubSub,
        live: LiveParts,
        settings: ViewSettings | None = None,
        *,
        relay: Relay | None = None,
        own: WorkerId | None = None,
    ) -> None:
        self._store = store
        self._pubsub = pubsub
        self._live = live
        self._settings = ViewSettings() if settings is None else settings
        self._relay = relay
        self._own = own

    def watch(
        self, chat_id: ChatId, *, actor: Actor, after: Seq | None = None, session_token: str = ""
    ) -> AbstractAsyncContextManager[EventView]:
        """See a chat as it is and everything that happens to it, event by event, without end.

        The first event is the status. Then come the newest messages or, with `after`, all that followed that seq (a
        message's id, or `cursor` of a view); then the parts of the reply in the making, and whatever happens.

        Entering raises: ChatNotFound; CursorAhead, `after` is beyond the end of the chat; Purged; what the store
        raises. Iterating raises: ViewerLagged, the reader left news waiting too long; what the store raises for good.
        The context is left by the task that entered it.

        session_token: by which other replicas know the viewer, where parts are relayed between them (C4.6).
        """
        return self._watch(chat_id, actor, after, session_token)

    def watch_batches(
        self, chat_id: ChatId, *, actor: Actor, after: Seq | None = None, session_token: str = ""
    ) -> AbstractAsyncContextManager[View]:
        """As `watch`, in batches of at most `batch_max` (256) events: what is there is given without waiting (6.1)."""
        return self._watch_batches(chat_id, actor, after, session_token)

    async def rest(self, chat_id: ChatId, *, actor: Actor) -> ChatHead:
        """Wait until a turn has ended and nothing is left to answer, or has failed. Returns: the head at that moment.

        A chat that waits for a client's tools does not rest. Raises: ChatNotFound; what the store raises for good.
        """
        reads = ViewReads(self._store, chat_id, actor, self._settings)
        # Subscribed before the first read, so that no change can fall in between.
        async with self._pubsub.watch_chat(chat_id) as hints:
            listening = Listening(chat_id, hints, poll_s=self._settings.poll.total_seconds())
            while (head := await reads.head()).status not in _AT_REST:
                while not _may_rest(await listening.next(), head.seq):
                    pass
        return head

    @asynccontextmanager
    async def _watch(
        self, chat_id: ChatId, actor: Actor, after: Seq | None, session_token: str
    ) -> AsyncIterator[EventView]:
        async with self._watch_batches(chat_id, actor, after, session_token) as view:
            yield EventView(view)

    @asynccontextmanager
    async def _watch_batches(
        self, chat_id: ChatId, actor: Actor, after: Seq | None, session_token: str
    ) -> AsyncIterator[View]:
        reads = ViewReads(self._store, chat_id, actor, self._settings)
        # Subscribed before the first read, so that no change can fall in between.
        async with hints_about(chat_id, self._pubsub) as news:
            with self._live.reading(chat_id, news.tell) as parts:
                async with relaying(
                    self._relay, chat_id, own=self._own, wake=news.tell, session_token=session_token
                ) as relayed:
                    yield await View.opened(reads, news, parts, relayed, after=after)


def _may_rest(hint: ChatChanged | Lagged, seen: Seq) -> bool:
    return isinstance(hint, Lagged) or (hint.seq > seen and hint.status in _AT_REST)
