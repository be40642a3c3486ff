"""The trace of a run: everything that happened, in order, with virtual time; what checkers see and digests cover."""

from collections.abc import Callable, Iterator, Sequence
from hashlib import sha256

import anyio
from attrs import define, field, frozen

from chatcore.domain.ids import ChatId
from chatcore.testing.simulation.happenings import Anything, Committed
from chatcore.testing.simulation.schedule import Schedule


@frozen
class Noted:
    """Something that happened: the `number`th of its run, from 1, `at` so many seconds of virtual time."""

    number: int
    at: float
    choices: int
    """How many choices the schedule had made by then: what ties happenings to the order of tasks."""
    place: str
    """A replica (`r1`), a user (`ada-1`), a viewer (`ada-v1`) or the simulation itself (`world`)."""
    what: Anything

    def line(self) -> str:
        """One line for people."""
        chat = f" {self.what.chat_id[-6:]}" if self.what.chat_id else ""
        return f"{self.number:6} {self.at:9.3f}s {self.place:7}{chat} {self.what.line()}"

    def concerns(self, chat_id: ChatId) -> bool:
        """Whether it is about a chat, alone or among others."""
        if isinstance(self.what, Committed):
            return any(each.chat_id == chat_id for each in self.what.landed)
        return self.what.chat_id == chat_id


Observer = Callable[[Noted], None]
"""Hears of everything, at once and in order."""


@define
class Trace:
    """Grows by `note`; its observers must not raise and do not wait."""

    schedule: Schedule
    observers: Sequence[Observer] = ()
    now: Callable[[], float] = anyio.current_time
    """Tells seconds of virtual time."""
    noted: list[Noted] = field(factory=list)

    def note(self, place: str, what: Anything) -> None:
        """Something happens now."""
        noted = Noted(len(self.noted) + 1, self.now(), len(self.schedule.taken), place, what)
        self.noted.append(noted)
        for observe in self.observers:
            observe(noted)

    def about(self, chat_id: ChatId | None, *, around: int | None = None, lines_max: int = 60) -> Iterator[str]:
        """The story of a chat (None: of all), one line for each happening; the last ones up to the number `around`."""
        end = len(self.noted) if around is None else around
        chosen = [each for each in self.noted[:end] if chat_id is None or each.concerns(chat_id) or _general(each)]
        return (each.line() for each in chosen[-lines_max:])

    def digest(self) -> str:
        """SHA-256 over every happening and every choice of the schedule, as 64 hexadecimal digits.

        Equal for equal seeds, profiles and code, in any process. Cost: about as long as the run itself took.
        """
        digest = sha256()
        for each in self.noted:
            what = each.what
            text = f"{each.number} {each.at!r} {each.choices} {each.place} {what.chat_id} {type(what).__name__}"
            digest.update(f"{text} {what.exact()}\n".encode(errors="backslashreplace"))
        digest.update(bytes(self.schedule.sizes))
        digest.update(self.schedule.choices)
        return digest.hexdigest()


def _general(noted: Noted) -> bool:
    """What concerns every chat: the lives of replicas, and the phases."""
    return noted.what.chat_id is None and type(noted.what).__name__ in ("ReplicaChanged", "PhaseBegan")
