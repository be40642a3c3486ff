"""The parts of replies in the making, episode by episode (spec chat-core 6.4, agent-and-relay C6.a).

Readers pull: each asks for what comes after the number that it has. So nobody is ever waited for, a slow reader costs
nothing beside its episode, and two readers cannot delay each other (C6.2, C6.4). Times are seconds of a clock that
only goes forward; the caller reads it.
"""

from heapq import heappop, heappush
from itertools import count

from attrs import define, field

from chatcore.domain.content.client_parts import client_part
from chatcore.domain.content.parts_json import part_text
from chatcore.domain.content.sizes import utf8_bytes
from chatcore.domain.errors import ChatcoreError
from chatcore.domain.limits import CLOSED_EPISODE_MS, CLOSED_EPISODES_BYTES_MAX, EPISODE_BYTES_MAX
from chatcore.domain.live.journal import Episode, JournalPart
from chatcore.domain.turn.answer import Published


class EpisodeError(ChatcoreError):
    """Base of what a buffer answers instead of what was asked."""

    def __init__(self, episode: Episode, what: str) -> None:
        at = f"history {episode.history_version}, attempt {episode.generation_attempt}"
        super().__init__(f"the episode of chat {episode.chat_id} at {at} {what}")
        self.episode = episode


class EpisodeExists(EpisodeError):
    """An episode is begun once; the one that is there goes on."""


class EpisodeUnknown(EpisodeError):
    """Nobody began the episode, or it ended long ago and was dropped."""


class EpisodeClosed(EpisodeError):
    """The episode has ended; no part is added to it."""


class EpisodeFull(EpisodeError):
    """The part does not fit any more and took no number; a smaller one may still fit (C6.1)."""


@define
class _Buffer:
    parts: list[JournalPart] = field(factory=list)
    bytes: int = 0
    shown: int = 0
    """How many of the parts readers may see."""
    begun: bool = False
    """False for a place that is held for an episode to come."""
    closed_at: float | None = None
    readers: int = 0


class PartBuffer:
    """All episodes of one process. Mutable, so that a part costs O(1); what it answers depends on the calls alone."""

    def __init__(
        self,
        *,
        episode_bytes_max: int = EPISODE_BYTES_MAX,
        closed_kept_s: float = CLOSED_EPISODE_MS / 1000,
        closed_bytes_max: int = CLOSED_EPISODES_BYTES_MAX,
    ) -> None:
        self._episode_bytes_max = episode_bytes_max
        self._closed_kept_s = closed_kept_s
        self._closed_bytes_max = closed_bytes_max
        self._episodes: dict[Episode, _Buffer] = {}
        self._idle: set[Episode] = set()
        """Those that have ended and have no reader."""
        self._idle_bytes = 0
        self._by_end: list[tuple[float, int, Episode]] = []
        """A heap by the time of the end; an episode stands here once for each time that it became idle."""
        self._numbers = count()

    def __len__(self) -> int:
        """How many episodes are kept, those included that a reader waits for."""
        return len(self._episodes)

    def create(self, episode: Episode, *, at: float) -> None:
        """Begin an episode. Raises: EpisodeExists, also if it has ended and is still kept."""
        self.sweep(at)
        buffer = self._episodes.setdefault(episode, _Buffer())
        if buffer.begun or buffer.closed_at is not None:
            raise EpisodeExists(episode, "was begun before")
        buffer.begun = True

    def add(self, episode: Episode, published: Published, *, hidden: bool = False) -> JournalPart | None:
        """Number a part, from 1, and show it to readers without its internal fields; `hidden` ones wait for `reveal`.

        Returns: the part as it was published, with its number; None for one that no client may see.
        Raises: EpisodeUnknown, EpisodeClosed, EpisodeFull; then the part takes no number.
        """
        buffer = self._known(episode)
        if buffer.closed_at is not None:
            raise EpisodeClosed(episode, "has ended")
        part = client_part(published.part)
        if part is None:
            return None
        number = len(buffer.parts) + 1
        size = utf8_bytes(f'{{"seq":{number},"role":"{published.role}","part":{part_text(part)}}}')
        if buffer.bytes + size > self._episode_bytes_max:
            raise EpisodeFull(episode, f"has no room for {size} more bytes")
        buffer.bytes += size
        buffer.parts.append(JournalPart(number=number, role=published.role, part=part))
        if not hidden:
            buffer.shown = number
        return JournalPart(number=number, role=published.role, part=published.part)

    def reveal(self, episode: Episode, number: int) -> None:
        """Show the parts up to this number that were added hidden; no effect on an episode that is not kept."""
        buffer = self._episodes.get(episode)
        if buffer is not None:
            buffer.shown = max(buffer.shown, min(number, len(buffer.parts)))

    def close(self, episode: Episode, *, at: float) -> None:
        """End an episode; one that nobody began is kept as ended, so that late readers end, too."""
        buffer = self._episodes.setdefault(episode, _Buffer())
        if buffer.closed_at is None:
            buffer.closed_at = at
            self._settle(episode, buffer)
        self.sweep(at)

    def get(self, episode: Episode, *, at: float) -> tuple[JournalPart, ...]:
        """All parts that are shown. Raises: EpisodeUnknown."""
        self.sweep(at)
        buffer = self._known(episode)
        return tuple(buffer.parts[: buffer.shown])

    def holds(self, episode: Episode) -> bool:
        """Whether the episode was begun in this process and is kept."""
        buffer = self._episodes.get(episode)
        return buffer is not None and buffer.begun

    def subscribe(self, episode: Episode) -> None:
        """Keep the episode for a reader, or a place for one that is to come, until `leave` is called as often."""
        buffer = self._episodes.setdefault(episode, _Buffer())
        buffer.readers += 1
        if episode in self._idle:
            self._idle.remove(episode)
            self._idle_bytes -= buffer.bytes

    def leave(self, episode: Episode, *, at: float) -> None:
        """Give up what `subscribe` asked for; a place that nobody waits for any more is dropped."""
        buffer = self._episodes[episode]
        buffer.readers -= 1
        if not buffer.readers and not buffer.begun and buffer.closed_at is None:
            del self._episodes[episode]
        self._settle(episode, buffer)
        self.sweep(at)

    def after(self, episode: Episode, number: int) -> tuple[JournalPart, ...]:
        """The shown parts above a number; none of an episode that is still to come."""
        buffer = self._episodes.get(episode)
        return () if buffer is None or buffer.shown <= number else tuple(buffer.parts[number : buffer.shown])

    def ended(self, episode: Episode, number: int) -> bool:
        """Whether a reader that has the parts up to a number has them all, and none will come."""
        buffer = self._episodes.get(episode)
        return buffer is not None and buffer.closed_at is not None and buffer.shown <= number

    def sweep(self, at: float) -> None:
        """Drop ended episodes without readers: all that ended long enough ago, more if they are large (C6.3).

        Costs what is dropped, not what is kept.
        """
        while self._by_end:
            closed_at, _, episode = self._by_end[0]
            if self._idle_bytes <= self._closed_bytes_max and at - closed_at < self._closed_kept_s:
                return
            heappop(self._by_end)
            # The same episode may have been dropped and ended once more since.
            if episode in self._idle and self._episodes[episode].closed_at == closed_at:
                self._idle.remove(episode)
                self._idle_bytes -= self._episodes.pop(episode).bytes

    def _settle(self, episode: Episode, buffer: _Buffer) -> None:
        """Have an episode swept in its turn, if it has ended and nobody reads it."""
        if buffer.closed_at is not None and not buffer.readers:
            self._idle.add(episode)
            self._idle_bytes += buffer.bytes
            heappush(self._by_end, (buffer.closed_at, next(self._numbers), episode))

    def _known(self, episode: Episode) -> _Buffer:
        buffer = self._episodes.get(episode)
        if buffer is None or not (buffer.begun or buffer.closed_at is not None):
            raise EpisodeUnknown(episode, "is not known")
        return buffer
