"""How bad a simulated day is: the rate of every fault by name, and how long things take (issue of the simulator, 2).

A rate is the chance of the fault at each opportunity, said beside its name; that of a fault that happens to a replica
by itself is a number per second of virtual time. What a profile does not name never happens.
"""

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from attrs import field, frozen

from chatcore.domain.errors import ChatcoreError
from chatcore.testing.simulation.draws import Span


class Fault(StrEnum):
    """Everything that can go wrong."""

    REPLICA_DIES = "replica_dies"
    """Per second: at some await its tasks are no more, nothing it does gets out, and it comes back with no memory."""
    REPLICA_DIES_AT_WRITE = "replica_dies_at_write"
    """Per write to the store: it dies right before or right after the commit."""
    REPLICA_PAUSES = "replica_pauses"
    """Per second: nothing it does gets in or out for longer than its lease; then it goes on as if nothing had been."""
    REPLICA_STOPS = "replica_stops"
    """Per second: it is shut down in order and started again."""
    STORE_CONFLICTS = "store_conflicts"
    """Per append: refused, as if another writer had been faster."""
    STORE_SLOW = "store_slow"
    """Per call, once before it is carried out and once after."""
    STORE_FAILS_BEFORE = "store_fails_before"
    """Per call: it is not carried out, and the caller is told that the store is not there."""
    STORE_FAILS_AFTER = "store_fails_after"
    """Per call: it is carried out, and the caller is told that the store is not there."""
    HINT_DROPPED = "hint_dropped"
    """Per hint."""
    HINT_REPEATED = "hint_repeated"
    """Per hint."""
    HINT_DELAYED = "hint_delayed"
    """Per hint."""
    HINTS_REORDERED = "hints_reordered"
    """Per hint: it is sent behind the next ones."""
    HINTS_LAGGED = "hints_lagged"
    """Per hint received: it is lost, and the receiver is told that it lags."""
    RELAY_UNREACHABLE = "relay_unreachable"
    """Per dial of another replica: it comes to nothing."""
    RELAY_ANSWERS_LATE = "relay_answers_late"
    """Per dial: it is answered after a while, even if whoever dialled has hung up by then."""
    RELAY_STALLS = "relay_stalls"
    """Per batch of parts: it comes after a while, half the time even if its reader has hung up by then."""
    RELAY_BREAKS = "relay_breaks"
    """Per batch of parts: the connection breaks instead."""
    RELAY_LOSES = "relay_loses"
    """Per batch of parts: what is on its way is lost, and the receivers are told or not."""
    CLOCK_JUMPS = "clock_jumps"
    """Per second and replica: its wall clock is wrong from now on, until it jumps again."""
    STORE_CLOCK_JUMPS = "store_clock_jumps"
    """Per second: the clock of the store, which decides about leases, leaps forward."""
    MODEL_STALLS = "model_stalls"
    """Per request: in the middle of the answer nothing comes for longer than chatcore waits."""
    MODEL_FAILS_BEFORE = "model_fails_before"
    """Per request."""
    MODEL_FAILS_MIDWAY = "model_fails_midway"
    """Per request: after part of the answer."""
    MODEL_HAS_NO_END = "model_has_no_end"
    """Per request: the stream breaks off, without an error."""
    MODEL_UNKNOWN_TOOL = "model_unknown_tool"
    """Per request: it asks for a tool that nobody offered."""
    MODEL_MANY_CALLS = "model_many_calls"
    """Per request: it asks for twenty calls at once."""
    MODEL_SAME_ID = "model_same_id"
    """Per request: it asks for several calls under one id."""
    MODEL_BAD_ARGUMENTS = "model_bad_arguments"
    """Per request: it asks for a call whose arguments are not JSON."""
    MODEL_SAYS_NOTHING = "model_says_nothing"
    """Per request: the answer is empty."""
    TOOL_CRASHES = "tool_crashes"
    """Per run of a tool: before it did anything."""
    TOOL_HANGS = "tool_hangs"
    """Per run of a tool: before it did anything, and for longer than anybody waits."""
    TOOL_ANSWER_LOST = "tool_answer_lost"
    """Per run of a tool: it did what was asked, and then fails."""
    VIEWER_SLOW = "viewer_slow"
    """Per batch: its reader is away for longer than chatcore bears."""
    VIEWER_RECONNECTS = "viewer_reconnects"
    """Per batch: the connection is lost, with or without the place where it stood."""
    USER_HANGS_UP = "user_hangs_up"
    """Per request of a user: the connection is closed before the answer, and the request is made again."""


@frozen(kw_only=True)
class Profile:
    """A kind of day. Times are seconds of virtual time."""

    name: str
    rates: Mapping[Fault, float] = field(factory=dict)
    down: Span = field(default=Span(0.2, 8.0))
    """How long a dead or stopped replica is away."""
    pause: Span = field(default=Span(11.0, 25.0))
    """How long a paused replica is; longer than the lease of the simulation's settings."""
    slow: Span = field(default=Span(0.05, 3.0))
    """A slow call of the store."""
    hint_delay: Span = field(default=Span(0.05, 6.0))
    relay_late: Span = field(default=Span(0.5, 12.0))
    """How late a dial is answered, or parts come; a dial is given up after 10 s."""
    clock_jump: Span = field(default=Span(-60.0, 60.0))
    """How wrong a wall clock is after it jumped."""
    store_clock_jump: Span = field(default=Span(1.0, 20.0))
    """How far the store's clock leaps; a leap of more than a lease frees every chat."""
    stall: Span = field(default=Span(4.0, 12.0))
    """A model's silence; chatcore waits 5 s in the simulation's settings."""
    hang: Span = field(default=Span(5.0, 60.0))
    """A tool that hangs."""
    away: Span = field(default=Span(2.0, 15.0))
    """A slow viewer's absence; chatcore bears 5 s."""
    think: Span = field(default=Span(0.1, 4.0))
    """A user's time between two deeds."""
    word: Span = field(default=Span(0.02, 0.6))
    """A model's time between two sayings."""
    work: Span = field(default=Span(0.0, 2.0))
    """A tool's time."""
    hesitation: float = 0.15
    """The chance that a call of the store takes some turns of the loop more, before or after it is carried out: tasks
    that are ready at the same time would else move in step."""
    deeds: int = 16
    """What each user does before it leaves."""
    users_per_owner: int = 2
    viewers_per_owner: int = 3

    def rate(self, fault: Fault) -> float:
        """The rate of a fault; 0 if the profile does not name it."""
        return self.rates.get(fault, 0.0)


_ROUGH: Final[Mapping[Fault, float]] = {
    Fault.REPLICA_DIES: 0.008,
    Fault.REPLICA_DIES_AT_WRITE: 0.002,
    Fault.REPLICA_PAUSES: 0.006,
    Fault.REPLICA_STOPS: 0.008,
    Fault.STORE_CONFLICTS: 0.02,
    Fault.STORE_SLOW: 0.02,
    Fault.STORE_FAILS_BEFORE: 0.005,
    Fault.STORE_FAILS_AFTER: 0.005,
    Fault.HINT_DROPPED: 0.03,
    Fault.HINT_REPEATED: 0.03,
    Fault.HINT_DELAYED: 0.03,
    Fault.HINTS_REORDERED: 0.03,
    Fault.HINTS_LAGGED: 0.01,
    Fault.RELAY_UNREACHABLE: 0.04,
    Fault.RELAY_ANSWERS_LATE: 0.04,
    Fault.RELAY_STALLS: 0.06,
    Fault.RELAY_BREAKS: 0.06,
    Fault.RELAY_LOSES: 0.04,
    Fault.CLOCK_JUMPS: 0.01,
    Fault.STORE_CLOCK_JUMPS: 0.005,
    Fault.MODEL_STALLS: 0.02,
    Fault.MODEL_FAILS_BEFORE: 0.03,
    Fault.MODEL_FAILS_MIDWAY: 0.03,
    Fault.MODEL_HAS_NO_END: 0.03,
    Fault.MODEL_UNKNOWN_TOOL: 0.03,
    Fault.MODEL_MANY_CALLS: 0.01,
    Fault.MODEL_SAME_ID: 0.02,
    Fault.MODEL_BAD_ARGUMENTS: 0.02,
    Fault.MODEL_SAYS_NOTHING: 0.02,
    Fault.TOOL_CRASHES: 0.04,
    Fault.TOOL_HANGS: 0.01,
    Fault.TOOL_ANSWER_LOST: 0.04,
    Fault.VIEWER_SLOW: 0.01,
    Fault.VIEWER_RECONNECTS: 0.03,
    Fault.USER_HANGS_UP: 0.03,
}

_HOSTILE: Final[Mapping[Fault, float]] = {
    **{fault: 2.5 * rate for fault, rate in _ROUGH.items()},
    Fault.REPLICA_DIES: 0.025,
    Fault.REPLICA_PAUSES: 0.02,
    Fault.REPLICA_STOPS: 0.02,
    Fault.MODEL_STALLS: 0.04,
}

PROFILES: Final[Mapping[str, Profile]] = MappingProxyType(
    {
        "calm": Profile(name="calm"),
        "rough": Profile(name="rough", rates=MappingProxyType(_ROUGH)),
        "hostile": Profile(name="hostile", rates=MappingProxyType(_HOSTILE)),
    }
)
"""The profiles by name: nothing goes wrong, an ordinary bad day, and everything at once."""


class UnknownProfile(ChatcoreError):
    """No profile has this name; `known` lists those that exist."""

    def __init__(self, name: str, known: tuple[str, ...]) -> None:
        super().__init__(f"there is no profile {name!r}; known are: {', '.join(known)}, or give a Profile of your own")
        self.name = name
        self.known = known


def profile_named(profile: "str | Profile") -> Profile:
    """A profile by name, or as given. Raises UnknownProfile."""
    if isinstance(profile, Profile):
        return profile
    if profile not in PROFILES:
        raise UnknownProfile(profile, tuple(PROFILES))
    return PROFILES[profile]
