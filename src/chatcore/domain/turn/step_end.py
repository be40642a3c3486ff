"""Whether a turn goes on after a step (spec chat-core 4.2)."""

from collections.abc import Sequence
from enum import StrEnum

from chatcore.domain.content.parts import Part, ToolCallPart
from chatcore.domain.turn.stream import FinishReason


class StepEnd(StrEnum):
    """What a whole answer means for its turn."""

    STOPPED = "stopped"
    """The model is done. Calls that it left behind, cut off by a length limit for one, are not run."""
    CONTINUES = "continues"
    """The model waits for tools that it did not run itself."""
    PAUSED = "paused"
    """The provider broke off its own work and wants to be called again with what it said."""


def step_end(content: Sequence[Part], reason: FinishReason) -> StepEnd:
    """The continue rule of 4.2: a call that no provider ran, and a model that stopped in order to have it run.

    A pause after which nothing was said stops the turn: the same prompt again would pause again.
    """
    local = any(isinstance(part, ToolCallPart) and not part.provider_executed for part in content)
    if reason is FinishReason.TOOL_CALLS and local:
        return StepEnd.CONTINUES
    if reason is FinishReason.PAUSE and content:
        return StepEnd.PAUSED
    return StepEnd.STOPPED
