"""The system's clock and identifiers."""

from chatcore.ports.clock import Clock
from chatcore.ports.ids import Ids


def system_clock() -> Clock:
    """Wall time of this machine."""
    from chatcore.adapters.system import SystemClock

    return SystemClock()


def system_ids() -> Ids:
    """UUIDv7 of this machine."""
    from chatcore.adapters.system import SystemIds

    return SystemIds()
