"""Deciding who works on a chat, its tries, and when it waits for the client (2.5)."""

from datetime import timedelta
from typing import assert_never

from chatcore.domain.chat.checks import check_id
from chatcore.domain.chat.commands import (
    Abandon,
    Acquire,
    EnterRequiresAction,
    RecordGenerationAttempt,
    RecordRetryState,
)
from chatcore.domain.chat.draft import Draft
from chatcore.domain.chat.events import (
    Acquired,
    ActionRequired,
    AttemptStarted,
    CompactionRequested,
    Released,
    RetryScheduled,
)
from chatcore.domain.chat.rejections import CallsPending, InvalidStep, NothingToCompact, NotOwned
from chatcore.domain.chat.states import CommandKey


def work(
    draft: Draft,
    command: Acquire | Abandon | RecordGenerationAttempt | RecordRetryState | EnterRequiresAction,
) -> None:
    """Record who works, or how the work goes on."""
    match command:
        case Acquire():
            check_id("the worker id", command.worker_id)
            check_id("the runner id", command.runner_id)
            draft.add(Acquired(worker_id=command.worker_id, runner_id=command.runner_id))
        case Abandon():
            if not draft.head.owned:
                raise NotOwned
            draft.add(Released(reason=command.reason))
        case RecordGenerationAttempt():
            draft.add(AttemptStarted(attempt=draft.head.generation_attempt + 1))
        case RecordRetryState():
            _retry(draft, command)
        case EnterRequiresAction():
            _wait_for_client(draft, command)
        case _:
            assert_never(command)


def request_compaction(draft: Draft) -> None:
    """Mark the chat for a compaction by hand."""
    if not draft.head.compactable:
        raise NothingToCompact
    draft.add(CompactionRequested())


def _retry(draft: Draft, command: RecordRetryState) -> None:
    error = command.error.without_detail().bounded()
    draft.add(
        RetryScheduled(
            attempt=draft.head.generation_attempt,
            error=error,
            delay_ms=command.delay_ms,
            retry_at=command.at + timedelta(milliseconds=command.delay_ms),
        )
    )


def _wait_for_client(draft: Draft, command: EnterRequiresAction) -> None:
    local = tuple(call.call_id for call in draft.head.pending if not call.dynamic)
    if local:
        raise CallsPending(CommandKey.ENTER_REQUIRES_ACTION, local)
    calls = tuple(call.call_id for call in draft.head.pending)
    if not calls:
        raise InvalidStep("no call waits for the client")
    deadline = command.at + timedelta(milliseconds=command.timeout_ms)
    draft.add(ActionRequired(deadline_at=deadline, calls=calls))
