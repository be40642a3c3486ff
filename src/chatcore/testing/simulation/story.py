"""The story of a violation: what happened to its chat, and what went wrong meanwhile, one line each."""

from typing import Final

from chatcore.domain.ids import ChatId
from chatcore.testing.simulation.happenings import FaultStruck, OwnerRead, PageRead, PhaseBegan, ReplicaChanged
from chatcore.testing.simulation.run import Run
from chatcore.testing.simulation.trace import Noted

LINES_MAX: Final = 60
"""Happenings of the chat, and of replicas."""
FAULTS_MAX: Final = 30
"""Faults between them."""

_LOOKS: Final = (OwnerRead, PageRead)
"""They change nothing, and there are many; one is told only if it is what breaks the invariant."""


def story(run: Run, *, lines_max: int = LINES_MAX) -> tuple[str, ...]:
    """The last happenings up to the one at which the violation was noticed, in order; empty without a violation.

    Faults are told where they struck somebody who had to do with the chat; not each of them did it any harm.
    """
    if run.violation is None:
        return ()
    chat_id, noted = run.violation.chat_id, run.trace.noted[: run.violated_at]
    told = [
        each
        for each in noted
        if _concerns(each, chat_id) and (not isinstance(each.what, _LOOKS) or each.number == run.violated_at)
    ][-lines_max:]
    places = {each.place for each in told}
    first = told[0].number if len(told) == lines_max else 0
    faults = [
        each
        for each in noted[max(0, first - 1) :]
        if isinstance(each.what, FaultStruck) and each.place in places and each not in told
    ]
    lines = sorted((*told, *faults[-FAULTS_MAX:]), key=lambda each: each.number)
    return tuple(each.line() for each in lines)


def _concerns(noted: Noted, chat_id: ChatId | None) -> bool:
    return chat_id is None or noted.concerns(chat_id) or isinstance(noted.what, ReplicaChanged | PhaseBegan)
