"""Events of turns, of the wait for a client's tools, and of who works on a chat (events.md)."""

from datetime import datetime
from typing import ClassVar

from attrs import frozen

from chatcore.domain.chat.values import ActionEnd, ChatError, ReleaseReason, TurnCause
from chatcore.domain.ids import RunnerId, WorkerId


@frozen(kw_only=True)
class TurnStarted:
    """There is something to answer."""

    TYPE: ClassVar = "turn_started"
    SCHEMA: ClassVar = 1
    cause: TurnCause


@frozen(kw_only=True)
class TurnFinished:
    """The turn came to its end."""

    TYPE: ClassVar = "turn_finished"
    SCHEMA: ClassVar = 1


@frozen(kw_only=True)
class TurnInterrupted:
    """An interrupt was carried out; what was said before it is kept."""

    TYPE: ClassVar = "turn_interrupted"
    SCHEMA: ClassVar = 1


@frozen(kw_only=True)
class TurnFailed:
    """The turn ended in an error."""

    TYPE: ClassVar = "turn_failed"
    SCHEMA: ClassVar = 1
    error: ChatError


@frozen(kw_only=True)
class InterruptRequested:
    """Somebody wants the turn to stop; its runner has yet to obey."""

    TYPE: ClassVar = "interrupt_requested"
    SCHEMA: ClassVar = 1
    reason: str


@frozen(kw_only=True)
class ActionRequired:
    """The turn waits for the client to run `calls`, until the deadline."""

    TYPE: ClassVar = "action_required"
    SCHEMA: ClassVar = 1
    deadline_at: datetime
    calls: tuple[str, ...]


@frozen(kw_only=True)
class ActionEnded:
    """The wait for the client is over."""

    TYPE: ClassVar = "action_ended"
    SCHEMA: ClassVar = 1
    reason: ActionEnd


@frozen(kw_only=True)
class Acquired:
    """A runner took the chat."""

    TYPE: ClassVar = "acquired"
    SCHEMA: ClassVar = 1
    worker_id: WorkerId
    runner_id: RunnerId


@frozen(kw_only=True)
class Released:
    """The chat's runner gave it up."""

    TYPE: ClassVar = "released"
    SCHEMA: ClassVar = 1
    reason: ReleaseReason


@frozen(kw_only=True)
class AttemptStarted:
    """The model is asked once more at the same history."""

    TYPE: ClassVar = "attempt_started"
    SCHEMA: ClassVar = 1
    attempt: int


@frozen(kw_only=True)
class RetryScheduled:
    """The model failed; it is asked again at `retry_at`."""

    TYPE: ClassVar = "retry_scheduled"
    SCHEMA: ClassVar = 1
    attempt: int
    """The try that failed, from 1."""
    error: ChatError
    delay_ms: int
    retry_at: datetime
