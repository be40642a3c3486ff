"""What the relay machine is told, and what it asks for (agent-and-relay C6.c, F2).

Times are seconds of a clock that only goes forward; the caller reads it.
"""

from typing import NewType, TypeAlias

from attrs import frozen

from chatcore.domain.ids import WorkerId
from chatcore.domain.live.journal import Episode, JournalPart

DialId = NewType("DialId", int)
"""One dial and the connection that comes of it; counts from 1 and is never used again (C2.1)."""


@frozen(kw_only=True)
class RelayTarget:
    """The reply whose parts are wanted, and the worker that makes it."""

    worker_id: WorkerId
    episode: Episode


@frozen(kw_only=True)
class Targeted:
    """The head says where the parts are made now; None: nowhere. The same target again changes nothing."""

    target: RelayTarget | None
    at: float


@frozen(kw_only=True)
class Connected:
    """The dial was answered."""

    dial: DialId


@frozen(kw_only=True)
class DialFailed:
    """The dial came to nothing. `refused`: it was answered with 401 or 403 (C5.3, C6.9)."""

    dial: DialId
    at: float
    refused: bool = False


@frozen(kw_only=True)
class PartsCame:
    """Parts of an episode came, in the order in which they were sent."""

    dial: DialId
    at: float
    episode: Episode
    parts: tuple[JournalPart, ...]


@frozen(kw_only=True)
class PartsLost:
    """The connection tells that it dropped parts of an episode."""

    dial: DialId
    at: float
    episode: Episode


@frozen(kw_only=True)
class Ended:
    """The connection ended, in order or not; it is closed already."""

    dial: DialId
    at: float


@frozen(kw_only=True)
class TimeCame:
    """It is later. Without effect before `RelayState.wake_at`."""

    at: float


@frozen
class Closed:
    """The viewer is gone. May be told again."""


Input: TypeAlias = Targeted | Connected | DialFailed | PartsCame | PartsLost | Ended | TimeCame | Closed


@frozen(kw_only=True)
class Dial:
    """Connect to a replica; `Connected` or `DialFailed` follows, unless `HangUp` comes first."""

    dial: DialId
    worker_id: WorkerId


@frozen(kw_only=True)
class HangUp:
    """Give a dial up, or close the connection that came of it. What it still brings is not looked at."""

    dial: DialId


@frozen(kw_only=True)
class Select:
    """Ask for the parts of an episode from number 1 on, instead of those asked for before."""

    dial: DialId
    episode: Episode


@frozen(kw_only=True)
class Forward:
    """Show these parts: the next ones of the episode, never empty."""

    episode: Episode
    parts: tuple[JournalPart, ...]


Effect: TypeAlias = Dial | HangUp | Select | Forward
