"""Cut a recorded log after every append, recover, and check: what a chat holds must survive a crash at any moment.

    crash_everywhere(log, lambda: Scene(script, tools=[PAY]))

The log may come from a store, from `chatcore log export`, or from a strategy. Each of its beginnings is loaded into a
fresh store; the worker that wrote it is dead; when its lease has run out, another one takes the chat. Everything runs
on virtual time and in one fixed order, so the same log fails in the same way wherever it is run.
"""

from collections.abc import Callable, Collection, Sequence
from datetime import timedelta
from functools import partial
from typing import Final

from attrs import frozen

from chatcore.app.settings import ServiceSettings
from chatcore.domain.chat.envelope import StoredEvent
from chatcore.domain.chat.evolve import fold
from chatcore.domain.ids import Seq
from chatcore.domain.work.verify import LogCheck
from chatcore.testing.crash.calls import RecordedCalls
from chatcore.testing.crash.errors import CrashFault, NotALog
from chatcore.testing.crash.recovery import survive
from chatcore.testing.crash.scene import Fate, Recovered, Scene, ToolRun
from chatcore.testing.recorded_logs import append_ends
from chatcore.testing.virtual_time import run_virtually

__all__ = ["CrashFault", "CrashReport", "Fate", "NotALog", "Recovered", "Scene", "ToolRun", "crash_everywhere"]

PATIENCE: Final = timedelta(hours=2)
"""Virtual time after which a chat counts as one that does not come to rest: every attempt, each with its longest wait
(architecture 9, invariant 6)."""


@frozen(kw_only=True)
class CrashReport:
    """What was survived."""

    cuts: tuple[Seq, ...]
    """After which events the log was cut."""
    crashes: int
    """At least one for each cut, two where tool calls were open: begun or not, nobody can know."""
    events: int
    """What the workers that took over appended, in all."""
    runs: int
    """How often they ran a tool."""


def crash_everywhere(
    log: Sequence[StoredEvent],
    scene: Callable[[], Scene] = Scene,
    *,
    settings: ServiceSettings | None = None,
    cuts: Collection[Seq] | None = None,
    patience: timedelta = PATIENCE,
) -> CrashReport:
    """Let the worker of a chat die after every append of its log, and another one recover.

    After each crash: the chat comes to rest within `patience` of virtual time; the store verifies; nothing that was in
    the log is gone or changed, and no accepted message is lost; every prompt is legal; no tool runs twice for the same
    call, or for one that the dead worker may have run, unless it says `Repeat.IDEMPOTENT`; `scene().check` holds.

    log: the whole log of one chat, from its first event.
    scene: makes the model, the tools and their world for one crash.
    cuts: only after these events; for doing again what an error named.
    Not for use within an event loop: it starts its own. Cost: for each cut, loading the log up to there.
    Raises: CrashFault, with the cut in its text; NotALog.
    """
    __tracebackhide__ = True  # pytest then shows the line that called this
    _check(log)
    ends = append_ends(log)
    chosen = ends if cuts is None else tuple(end for end in ends if end in cuts)
    if cuts is not None and (unknown := set(cuts) - set(ends)):
        raise NotALog(f"no append of the log ends at {sorted(unknown)}; they end at {list(ends)}")
    crashes = events = runs = 0
    for cut in chosen:
        for fate in _fates(log[:cut]):
            recovered = _crash(log[:cut], scene, fate, settings or ServiceSettings(), patience)
            crashes += 1
            events += len(recovered.log) - cut
            runs += len(recovered.runs)
    return CrashReport(cuts=chosen, crashes=crashes, events=events, runs=runs)


def _crash(
    log: Sequence[StoredEvent],
    make_scene: Callable[[], Scene],
    fate: Fate,
    settings: ServiceSettings,
    patience: timedelta,
) -> Recovered:
    __tracebackhide__ = True
    scene = make_scene()
    job = partial(survive, log, scene=scene, fate=fate, settings=settings, patience=patience)
    recovered = run_virtually(job)
    try:
        scene.check(recovered)
    except Exception as error:
        # The rest of a long text, such as pytest's comparison, comes with the error that this one was raised from.
        said = next(iter(str(error).splitlines()), type(error).__name__)
        raise CrashFault(recovered.cut, fate, [f"the scene's check does not hold: {said}"], recovered.log) from error
    return recovered


def _fates(log: Sequence[StoredEvent]) -> tuple[Fate, ...]:
    """Both, where the dead worker may have begun with calls that have no result."""
    head = fold(stored.event for stored in log)
    assert head is not None, "a log has events"
    return tuple(Fate) if RecordedCalls.of(log).open(head) else (Fate.NOT_BEGUN,)


def _check(log: Sequence[StoredEvent]) -> None:
    check = LogCheck()
    faults = [fault for stored in log for fault in check.feed(stored)]
    if faults:
        raise NotALog(f"event {faults[0].seq} cannot be: {faults[0].why}")
    if not log or log[-1].seq != log[-1].upto:
        raise NotALog("a log begins with its first event and ends with a whole append; this one does not")
    if len({stored.chat_id for stored in log}) > 1:
        raise NotALog("these are events of several chats: give one log at a time")
