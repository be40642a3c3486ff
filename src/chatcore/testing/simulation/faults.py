"""When a fault strikes: drawn from the seed for each kind and place by itself, noted, and possibly vetoed."""

from collections import Counter
from collections.abc import Collection
from math import inf
from random import Random

from chatcore.testing.simulation.draws import Draws, Span
from chatcore.testing.simulation.happenings import FaultStruck
from chatcore.testing.simulation.profile import Fault, Profile
from chatcore.testing.simulation.trace import Trace


class Faults:
    """Decides about every opportunity until it is stopped.

    Each stroke has a name, `store_slow@r1#3` for the third of its kind in that place. `only`: all others are vetoed.
    """

    def __init__(self, profile: Profile, draws: Draws, trace: Trace, *, only: Collection[str] | None = None) -> None:
        self.profile = profile
        self.draws = draws
        self.trace = trace
        self._only = None if only is None else frozenset(only)
        self._numbers: Counter[tuple[Fault, str]] = Counter()
        self.stopped = False
        self.struck: list[str] = []
        """What struck, in order."""

    def stop(self) -> None:
        """From now on all is well."""
        self.stopped = True

    def strikes(self, fault: Fault, place: str) -> bool:
        """Whether the fault strikes here and now, at the rate of the profile."""
        rate = self.profile.rate(fault)
        if self.stopped or rate <= 0.0:
            return False
        return self._stream(fault, place).random() < rate and self._strike(fault, place)

    def wait_s(self, fault: Fault, place: str) -> float:
        """Seconds until a fault that is a number per second would strike next; infinite if it never does."""
        rate = self.profile.rate(fault)
        return inf if self.stopped or rate <= 0.0 else self._stream(fault, place).expovariate(rate)

    def strikes_now(self, fault: Fault, place: str) -> bool:
        """Whether a fault that was waited for strikes: unless faults have stopped, or it is vetoed."""
        return not self.stopped and self._strike(fault, place)

    def seconds(self, span: Span, fault: Fault, place: str) -> float:
        """How long what a fault does lasts."""
        return span.draw(self.draws.of(fault, place, "seconds"))

    def one_in(self, count: int, fault: Fault, place: str) -> bool:
        """A toss about how a fault strikes."""
        return self.draws.of(fault, place, "how").random() * count < 1.0

    def _stream(self, fault: Fault, place: str) -> Random:
        return self.draws.of(fault, place)

    def _strike(self, fault: Fault, place: str) -> bool:
        self._numbers[fault, place] += 1
        name = f"{fault}@{place}#{self._numbers[fault, place]}"
        if self._only is not None and name not in self._only:
            return False
        self.struck.append(name)
        self.trace.note(place, FaultStruck(fault=fault, name=name))
        return True
