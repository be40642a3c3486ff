"""Pairs of execution state and command that the table allows and nothing sends, with the reason."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from chatcore.domain.chat.states import CommandKey, ExecutionState

_ENDED_FIRST: Final = (
    "A runner that stops ends an interruption instead, and that gives the chat up; an interrupt would have to land in "
    "the instant between its last look at a running chat and its append."
)

UNSENT: Final[Mapping[tuple[ExecutionState, CommandKey], str]] = MappingProxyType(
    {
        (ExecutionState.INTERRUPTING, CommandKey.ABANDON): _ENDED_FIRST,
        (ExecutionState.INTERRUPTING_QUEUED, CommandKey.ABANDON): _ENDED_FIRST,
    }
)
"""By pair; a sentence each."""
