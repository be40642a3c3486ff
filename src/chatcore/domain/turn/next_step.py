"""The turn machine: what a running chat does next (architecture 6; spec chat-core 4.2, 5.7)."""

from collections.abc import Sequence
from typing import Final, TypeAlias

from attrs import frozen

from chatcore.domain.chat.head import ChatHead
from chatcore.domain.chat.values import ChatError
from chatcore.domain.content.messages import Message, Role
from chatcore.domain.content.parts import ToolCallPart, ToolResultPart
from chatcore.domain.errors import Corrupt
from chatcore.domain.json_text import JsonText
from chatcore.domain.limits import ATTEMPTS_MAX, STEPS_PER_TURN_MAX
from chatcore.domain.turn.step_end import StepEnd


@frozen(kw_only=True)
class TurnLimits:
    """How long a turn may go on."""

    steps_max: int = STEPS_PER_TURN_MAX
    """Calls of the model; 0 or less means 1 (4.1)."""
    attempts_max: int | None = ATTEMPTS_MAX
    """Tries at one history, takeovers included; None means no end."""


@frozen(kw_only=True)
class Progress:
    """What a runner knows of its turn beyond the log. A new turn, and a takeover, begin with `Progress()`."""

    steps: int = 0
    """Calls of the model that this runner has committed in this turn."""
    last: StepEnd | None = None
    """How the newest of them ended. None again after a compaction: then the history alone decides."""


@frozen(kw_only=True)
class LocalCall:
    """A call that chatcore answers."""

    call_id: str
    tool_name: str
    args: JsonText | None
    """None where the model wrote nothing, or nothing that is JSON."""
    orphaned: bool
    """Its runner is gone and whether it ran is unknown: the tool's policy decides."""


@frozen
class CallModel:
    """Ask the model."""


@frozen(kw_only=True)
class RunTools:
    """Answer these calls: at least one, in call order, which is also the order of their results."""

    calls: tuple[LocalCall, ...]

    @property
    def fresh(self) -> tuple[LocalCall, ...]:
        """The calls that no runner has begun."""
        return tuple(call for call in self.calls if not call.orphaned)

    @property
    def orphaned(self) -> tuple[LocalCall, ...]:
        """The calls that a runner, now gone, may have run."""
        return tuple(call for call in self.calls if call.orphaned)


@frozen
class WaitForClient:
    """Only the client's own tools are left: EnterRequiresAction."""


@frozen
class Compact:
    """A person asked for a compaction and there is something to cover (5.7)."""


@frozen
class Finish:
    """The turn is done: FinishTurn, which also answers calls that nobody will run."""


@frozen(kw_only=True)
class Fail:
    """The turn cannot go on: FinishError."""

    error: ChatError


NextStep: TypeAlias = CallModel | RunTools | WaitForClient | Compact | Finish | Fail

_START: Final = Progress()
_LIMITS: Final = TurnLimits()


def next_step(
    head: ChatHead, window: Sequence[Message], *, progress: Progress = _START, limits: TurnLimits = _LIMITS
) -> NextStep:
    """What the owner of a running chat does next.

    `window` holds the surviving messages after the head's boundary in their order; messages that only readers see may
    be among them. Order of the rules: unresolved calls (local ones first), a compaction asked for, the end of the
    history, the limits. A takeover that finds the chat tried too often fails the turn instead of trying again.

    Raises: Corrupt, the window does not hold the arguments of a pending call.
    """
    if head.pending:
        if progress.last is StepEnd.STOPPED:
            return Finish()
        calls = _local_calls(head, window)
        return _unless_tried_out(RunTools(calls=calls), head, limits) if calls else WaitForClient()
    if head.compaction_requested:
        return _unless_tried_out(Compact(), head, limits) if head.compactable else Finish()
    if not _unfinished(window, progress) or progress.steps >= max(limits.steps_max, 1):
        return Finish()
    return _unless_tried_out(CallModel(), head, limits)


def _local_calls(head: ChatHead, window: Sequence[Message]) -> tuple[LocalCall, ...]:
    pending = [call for call in head.pending if not call.dynamic]
    if not pending:
        return ()
    message = next((message for message in reversed(window) if message.id == head.pending_seq), None)
    parts = message.content if message is not None else ()
    written = {part.tool_call_id: part for part in parts if isinstance(part, ToolCallPart)}
    missing = [call.call_id for call in pending if call.call_id not in written]
    if missing:
        raise Corrupt(f"message {head.pending_seq} lacks the pending calls {', '.join(missing)}: verify the log")
    return tuple(
        LocalCall(
            call_id=call.call_id,
            tool_name=call.tool_name,
            args=written[call.call_id].args,
            orphaned=call.orphaned,
        )
        for call in pending
    )


def _unfinished(window: Sequence[Message], progress: Progress) -> bool:
    if progress.last is StepEnd.STOPPED:
        return False
    # System messages ask for nothing, and what only readers see is no part of the talk.
    spoken = (
        message for message in reversed(window) if message.visibility.to_model and message.role is not Role.SYSTEM
    )
    newest = next(spoken, None)
    if newest is None:
        return False
    if newest.role is not Role.ASSISTANT or newest.partial or progress.last is StepEnd.PAUSED:
        return True
    # The runner that saw the pause is gone, but a provider that broke off in its own work leaves a call open.
    return _provider_call_open(newest)


def _provider_call_open(message: Message) -> bool:
    answered = {part.tool_call_id for part in message.content if isinstance(part, ToolResultPart)}
    return any(
        isinstance(part, ToolCallPart) and part.provider_executed and part.tool_call_id not in answered
        for part in message.content
    )


def _unless_tried_out(step: RunTools | Compact | CallModel, head: ChatHead, limits: TurnLimits) -> NextStep:
    attempts = head.generation_attempt
    if limits.attempts_max is None or attempts <= limits.attempts_max:
        return step
    message = f"The turn was tried {attempts - 1} times without success. Send a message to try again."
    return Fail(error=ChatError(message=message))
