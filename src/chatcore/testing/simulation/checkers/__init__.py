"""The checkers, one file each. Whoever writes a new one adds it to CHECKERS."""

from typing import Final

from chatcore.testing.simulation.checkers.calls_answered import CallsAnswered
from chatcore.testing.simulation.checkers.contiguous_logs import ContiguousLogs
from chatcore.testing.simulation.checkers.dials_hung_up import DialsHungUp
from chatcore.testing.simulation.checkers.effects_once import EffectsOnce
from chatcore.testing.simulation.checkers.families_archived import FamiliesArchived
from chatcore.testing.simulation.checkers.fenced_appends import FencedAppends
from chatcore.testing.simulation.checkers.hints_follow import HintsFollow
from chatcore.testing.simulation.checkers.interrupts_obeyed import InterruptsObeyed
from chatcore.testing.simulation.checkers.legal_requests import LegalRequests
from chatcore.testing.simulation.checkers.no_surprises import NoSurprises
from chatcore.testing.simulation.checkers.owners_apart import OwnersApart
from chatcore.testing.simulation.checkers.prompts_of_the_log import PromptsOfTheLog
from chatcore.testing.simulation.checkers.questions_survive import QuestionsSurvive
from chatcore.testing.simulation.checkers.sends_kept import SendsKept
from chatcore.testing.simulation.checkers.shown_is_kept import ShownIsKept
from chatcore.testing.simulation.checkers.table_only import TableOnly
from chatcore.testing.simulation.checkers.views_converge import ViewsConverge
from chatcore.testing.simulation.checkers.whole_answers import WholeAnswers
from chatcore.testing.simulation.checking import Checker

CHECKERS: Final[tuple[type[Checker], ...]] = (
    ContiguousLogs,
    TableOnly,
    FencedAppends,
    SendsKept,
    LegalRequests,
    CallsAnswered,
    EffectsOnce,
    NoSurprises,
    ViewsConverge,
    FamiliesArchived,
    QuestionsSurvive,
    OwnersApart,
    ShownIsKept,
    InterruptsObeyed,
    PromptsOfTheLog,
    WholeAnswers,
    HintsFollow,
    DialsHungUp,
)
"""All of them, in the order of the invariants in the architecture page; a fresh set watches every run."""

__all__ = [
    "CHECKERS",
    "CallsAnswered",
    "ContiguousLogs",
    "DialsHungUp",
    "EffectsOnce",
    "FamiliesArchived",
    "FencedAppends",
    "HintsFollow",
    "InterruptsObeyed",
    "LegalRequests",
    "NoSurprises",
    "OwnersApart",
    "PromptsOfTheLog",
    "QuestionsSurvive",
    "SendsKept",
    "ShownIsKept",
    "TableOnly",
    "ViewsConverge",
    "WholeAnswers",
]
