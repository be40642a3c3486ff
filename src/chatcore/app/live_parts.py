"""The parts of replies in the making, inside one process: what viewers of this worker's chats are shown (6.4).

Nobody waits for a viewer: parts are kept in bounded buffers, and every viewer reads on from where it is. That is how
C6.2 is kept: a slow reader holds nothing up and costs one episode; the view it reads for is cut off (`View`).
"""

from collections.abc import Callable, Generator
from contextlib import contextmanager

import anyio

from chatcore.domain.ids import ChatId
from chatcore.domain.live.journal import Episode, JournalPart
from chatcore.domain.live.part_buffer import EpisodeClosed, EpisodeFull, EpisodeUnknown, PartBuffer
from chatcore.domain.turn.answer import Published


class PartReader:
    """One reader of a chat's parts. `select` names the episode that it follows; that one is kept for it."""

    def __init__(self, buffer: PartBuffer, wake: Callable[[], None], now: Callable[[], float]) -> None:
        self._buffer = buffer
        self._now = now
        self._episode: Episode | None = None
        self.wake = wake

    def select(self, episode: Episode | None) -> None:
        """Follow an episode, which need not have begun (C6.7), instead of the one before; None follows nothing."""
        if episode == self._episode:
            return
        if episode is not None:
            self._buffer.subscribe(episode)
        if self._episode is not None:
            self._buffer.leave(self._episode, at=self._now())
        self._episode = episode

    @property
    def local(self) -> bool:
        """Whether the parts of the selected episode are made in this process."""
        return self._episode is not None and self._buffer.holds(self._episode)

    def after(self, number: int) -> tuple[JournalPart, ...]:
        """The parts of the selected episode above a number, as far as there are any."""
        return () if self._episode is None else self._buffer.after(self._episode, number)

    def ended(self, number: int) -> bool:
        """Whether the parts up to a number are all that the selected episode has and will have."""
        return self._episode is not None and self._buffer.ended(self._episode, number)


class LiveParts:
    """The episodes of the chats that this process works on, and who reads them. Not thread-safe: one event loop.

    `now` tells seconds; it is read when episodes begin and end, not for every part.
    """

    def __init__(self, buffer: PartBuffer | None = None, *, now: Callable[[], float] = anyio.current_time) -> None:
        self._buffer = PartBuffer() if buffer is None else buffer
        self._now = now
        self._open: dict[ChatId, Episode] = {}
        self._full: set[ChatId] = set()
        self._readers: dict[ChatId, list[PartReader]] = {}

    def open(self, episode: Episode) -> None:
        """Begin an episode, if it has not begun; the chat's episode before it ends."""
        if self._open.get(episode.chat_id) == episode:
            return
        self.close(episode.chat_id)
        self._buffer.create(episode, at=self._now())
        self._open[episode.chat_id] = episode

    def publish(self, episode: Episode, published: Published, *, hidden: bool = False) -> JournalPart | None:
        """Show a part, stripped of what is internal; a hidden one waits for `reveal`.

        Returns: the part with its number, for the journal; None for one that is not shown, because clients may not
        see it, because the episode is over, or because a part before it did not fit any more (C6.1). After such a
        one nothing of the episode is shown: what viewers saw stays a beginning of the reply, without a hole.
        """
        if episode.chat_id in self._full:
            return None
        try:
            part = self._buffer.add(episode, published, hidden=hidden)
        except EpisodeFull:
            self._full.add(episode.chat_id)
            return None
        except (EpisodeUnknown, EpisodeClosed):
            return None
        if part is not None and not hidden:
            self._wake(episode.chat_id)
        return part

    def reveal(self, episode: Episode, number: int) -> None:
        """Show the hidden parts up to a number."""
        self._buffer.reveal(episode, number)
        self._wake(episode.chat_id)

    def close(self, chat_id: ChatId) -> None:
        """End the newest episode of a chat, if one is open. Late readers still find it for a while (C6.3)."""
        episode = self._open.pop(chat_id, None)
        self._full.discard(chat_id)
        if episode is not None:
            self._buffer.close(episode, at=self._now())
            self._wake(chat_id)

    def after(self, episode: Episode, number: int) -> tuple[JournalPart, ...]:
        """The parts of an episode above the given number, as far as there are any."""
        return self._buffer.after(episode, number)

    @contextmanager
    def reading(self, chat_id: ChatId, wake: Callable[[], None]) -> Generator[PartReader, None, None]:
        """Read a chat's parts; `wake` is called, and must not raise, whenever there is something new."""
        reader = PartReader(self._buffer, wake, self._now)
        readers = self._readers.setdefault(chat_id, [])
        readers.append(reader)
        try:
            yield reader
        finally:
            reader.select(None)
            readers.remove(reader)
            if not readers:
                del self._readers[chat_id]
            self.sweep()

    def sweep(self) -> None:
        """Drop what ended long ago and nobody reads. It happens whenever an episode or a reader comes or goes, too."""
        self._buffer.sweep(self._now())

    def _wake(self, chat_id: ChatId) -> None:
        for reader in self._readers.get(chat_id, ()):
            reader.wake()
