"""Showing what a turn makes, and writing it to the part journal meanwhile (architecture 7)."""

import logging
from collections.abc import Callable
from typing import Protocol

import anyio
from attrs import define

from chatcore.app.live_parts import LiveParts
from chatcore.domain.chat.fence import Fence
from chatcore.domain.chat.head import ChatHead
from chatcore.domain.chat.rejections import StaleFence
from chatcore.domain.content.sizes import content_bytes
from chatcore.domain.ids import ChatId
from chatcore.domain.live.batching import Batcher, JournalMode, JournalSettings, Write
from chatcore.domain.live.journal import Episode, JournalPart
from chatcore.domain.rejection import Rejection
from chatcore.domain.turn.answer import Published
from chatcore.ports.errors import AdapterError
from chatcore.ports.store import PartJournal

_log = logging.getLogger(__name__)


class PartSink(Protocol):
    """Where a turn shows what it makes. Showing never waits; only `room` and `flush` may."""

    def open(self, head: ChatHead) -> None:
        """Begin the episode of a running chat's head, if it has not begun. Raises: StaleFence, nobody owns the chat."""
        ...

    def show(self, published: Published) -> None:
        """Show a part in the open episode."""
        ...

    async def room(self) -> None:
        """Wait until there is room for more, where parts are written before they are shown; else return at once."""
        ...

    async def flush(self) -> None:
        """Wait until everything is shown, where parts are written before that; else return at once."""
        ...


@define
class _Open:
    """An episode on its way to the journal. `over`: nothing of it can be written any more."""

    episode: Episode
    fence: Fence
    batcher: Batcher
    over: bool = False


class JournalWriter:
    """The sink of one chat's runner. `run` writes while it runs; without it parts are shown but not kept.

    A batched part costs the turn no waiting: the write goes on beside it. A store that fails is asked again at the
    next interval, and what is shown meanwhile waits in memory, at most an episode's worth.
    """

    def __init__(
        self,
        chat_id: ChatId,
        journal: PartJournal,
        live: LiveParts,
        settings: JournalSettings,
        *,
        now: Callable[[], float] = anyio.current_time,
    ) -> None:
        self._chat_id = chat_id
        self._journal = journal
        self._live = live
        self._settings = settings
        self._now = now
        self._open: _Open | None = None
        self._wake = anyio.Event()
        self._moved = anyio.Event()
        self._before_show = settings.mode is JournalMode.BEFORE_SHOW

    def open(self, head: ChatHead) -> None:
        """Begin the episode of the head; what was not written of the one before is dropped with it."""
        episode = Episode.of(self._chat_id, head)
        if self._open is None or self._open.episode != episode:
            self._live.open(episode)
            self._open = _Open(episode=episode, fence=Fence.of(head), batcher=Batcher.of(self._settings))

    def close(self) -> None:
        """Nobody works on the chat any more."""
        self._open = None
        self._live.close(self._chat_id)
        self._tell_waiting()

    def show(self, published: Published) -> None:
        """Show a part: now, or as soon as it is written."""
        current = self._open
        if current is None:
            return
        part = self._live.publish(current.episode, published, hidden=self._before_show)
        if part is None or current.over or self._settings.mode is JournalMode.OFF:
            return
        if current.batcher.add(part, content_bytes((part.part,)), at=self._now()):
            self._wake.set()

    async def room(self) -> None:
        """Wait while a batch is being written and the next one is full."""
        while self._before_show and (current := self._open) and not current.over and current.batcher.full:
            await self._moved.wait()

    async def flush(self) -> None:
        """Have everything written at once, and wait for it."""
        while self._before_show and (current := self._open) and not current.over and not current.batcher.idle:
            current.batcher.hurry()
            self._wake.set()
            await self._moved.wait()

    async def run(self) -> None:
        """Write what is due, without end. Cancelling it may leave the write in flight done or not."""
        while True:
            self._wake = anyio.Event()
            current = self._open
            step = None if current is None or current.over else current.batcher.step(at=self._now())
            if current is not None and isinstance(step, Write):
                await self._write(current, step.parts)
                continue
            until = None if step is None or isinstance(step, Write) else step.until
            with anyio.move_on_after(None if until is None else max(0.0, until - self._now())):
                await self._wake.wait()

    async def _write(self, current: _Open, parts: tuple[JournalPart, ...]) -> None:
        try:
            await self._journal.journal_write(self._chat_id, fence=current.fence, episode=current.episode, parts=parts)
        except StaleFence:
            # Somebody else changed the chat; the turn will notice when it commits.
            current.over = True
        except (AdapterError, Rejection) as error:
            current.over = not (isinstance(error, AdapterError) and error.retryable)
            current.batcher.failed(at=self._now())
            _log.warning("chat %s: the journal could not be written: %s", self._chat_id, error)
        else:
            current.batcher.written()
            if self._before_show:
                self._live.reveal(current.episode, parts[-1].number)
        self._tell_waiting()

    def _tell_waiting(self) -> None:
        self._moved.set()
        self._moved = anyio.Event()
