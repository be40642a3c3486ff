"""What befalls replicas by itself: they die, pause, stop, and their clocks jump."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Final

import anyio
import anyio.lowlevel

from chatcore.testing.simulation.faults import Faults
from chatcore.testing.simulation.jumping_clock import JumpingClock
from chatcore.testing.simulation.profile import Fault
from chatcore.testing.simulation.replica import Replica

_AWAITS_MAX: Final = 60
"""A fate strikes up to so many turns of the loop after its time, so that it falls between any two awaits of others."""

_SECONDS_MAX: Final = 86_400.0


class Fates:
    """The fates of one replica; each kind has a task of its own."""

    def __init__(self, replica: Replica, faults: Faults) -> None:
        self._replica = replica
        self._faults = faults
        self.kinds: Mapping[Fault, Callable[[], Awaitable[None]]] = {
            Fault.REPLICA_DIES: self._die,
            Fault.REPLICA_PAUSES: self._pause,
            Fault.REPLICA_STOPS: self._stop,
            Fault.CLOCK_JUMPS: self._jump,
        }

    async def befall(self, fault: Fault) -> None:
        """Let one kind of fate strike again and again, until the faults stop."""
        place = self._replica.name
        while (seconds := self._faults.wait_s(fault, place)) < _SECONDS_MAX:
            await anyio.sleep(seconds)
            for _ in range(self._faults.draws.of(fault, place, "awaits").randrange(_AWAITS_MAX)):
                await anyio.lowlevel.checkpoint()
            if self._replica.up and self._faults.strikes_now(fault, place):
                await self.kinds[fault]()

    async def _die(self) -> None:
        self._replica.die()

    async def _stop(self) -> None:
        self._replica.stop()

    async def _pause(self) -> None:
        place = self._replica.name
        await self._replica.pause(self._faults.seconds(self._faults.profile.pause, Fault.REPLICA_PAUSES, place))

    async def _jump(self) -> None:
        place = self._replica.name
        self._replica.clock.offset_s = self._faults.seconds(self._faults.profile.clock_jump, Fault.CLOCK_JUMPS, place)


async def leap(clock: JumpingClock, faults: Faults, place: str = "store") -> None:
    """Let the clock of the store leap forward again and again, until the faults stop."""
    fault = Fault.STORE_CLOCK_JUMPS
    while (seconds := faults.wait_s(fault, place)) < _SECONDS_MAX:
        await anyio.sleep(seconds)
        if faults.strikes_now(fault, place):
            clock.offset_s += faults.seconds(faults.profile.store_clock_jump, fault, place)
