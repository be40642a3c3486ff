"""Checks of what a command brings, before anything becomes an event (1.10, 2.7, events.md bounds)."""

from collections.abc import Iterable

from chatcore.domain import limits
from chatcore.domain.chat.commands import CallResult, DynamicResult
from chatcore.domain.chat.head import ChatHead
from chatcore.domain.chat.rejections import (
    CallsPending,
    InvalidMessage,
    InvalidStep,
    ToolResultRejected,
    ValueTooLarge,
)
from chatcore.domain.chat.states import CommandKey
from chatcore.domain.chat.values import PendingCall
from chatcore.domain.content.call_ids import sanitised_call_id
from chatcore.domain.content.messages import NewMessage, Role
from chatcore.domain.content.parts import Part, ToolCallPart, ToolResultPart
from chatcore.domain.content.sizes import content_bytes
from chatcore.domain.content.user_rejections import ContentRequired, ContentTooLarge
from chatcore.domain.ids import ID_BYTES_MAX
from chatcore.domain.json_text import is_json
from chatcore.domain.text import json_bytes


def check_size(what: str, text: str | None, bytes_max: int) -> None:
    """Raises ValueTooLarge if the text takes more bytes than it may."""
    if text is None or 6 * len(text) <= bytes_max:
        return
    size = json_bytes(text) - 2
    if size > bytes_max:
        raise ValueTooLarge(f"{what} (bytes)", size, bytes_max)


def check_model(model_id: str | None) -> None:
    """Raises ValueTooLarge for a model id that the head cannot hold."""
    check_size("the model id", model_id, limits.MODEL_ID_BYTES_MAX)


def check_id(what: str, value: str | None) -> None:
    """Raises ValueTooLarge for an identifier that the head cannot hold."""
    check_size(what, value, ID_BYTES_MAX)


def check_no_calls(head: ChatHead, command: CommandKey) -> None:
    """Raises CallsPending while tool calls wait for results."""
    if head.pending:
        raise CallsPending(command, tuple(call.call_id for call in head.pending))


def check_content(content: tuple[Part, ...]) -> None:
    """Raises ContentRequired or ContentTooLarge. What parts a client may send, `accepted_user_content` says before."""
    if not content:
        raise ContentRequired
    size = content_bytes(content)
    if size > limits.USER_MESSAGE_BYTES_MAX:
        raise ContentTooLarge(size, limits.USER_MESSAGE_BYTES_MAX)


def check_new_messages(messages: Iterable[NewMessage], roles: frozenset[Role]) -> None:
    """Raises InvalidMessage or an input rejection for a message that a client may not put into a history."""
    for message in messages:
        if message.role not in roles:
            raise InvalidMessage(f"its role is {message.role}")
        if message.compressed:
            raise InvalidMessage("only a compaction makes compressed messages")
        check_content(message.content)
        check_model(message.model_id)
        check_id("created_by", message.created_by)


def check_step(content: tuple[Part, ...]) -> None:
    """Raises InvalidStep unless the content can stand in a history as a model's step.

    Each local call needs an id of its own, also after sanitising (1.5), so that it can get exactly one result; and
    the pending calls have to fit into the head (events.md).
    """
    if not content:
        raise InvalidStep("it is empty")
    calls = [part for part in content if isinstance(part, ToolCallPart)]
    local = [call for call in calls if not call.provider_executed]
    if len(local) > limits.TOOL_CALLS_PER_STEP_MAX:
        raise InvalidStep(f"it has {len(local)} tool calls, at most {limits.TOOL_CALLS_PER_STEP_MAX} are allowed")
    seen: set[str] = set()
    for call in calls:
        _check_call(call, seen)
    local_ids = {call.tool_call_id for call in local}
    for part in content:
        if isinstance(part, ToolResultPart) and (not part.provider_executed or part.tool_call_id in local_ids):
            raise InvalidStep(f"it holds a result for {part.tool_call_id!r} that no provider made")


def _check_call(call: ToolCallPart, seen: set[str]) -> None:
    if not call.tool_call_id:
        raise InvalidStep("a tool call has no id")
    if json_bytes(call.tool_call_id) > limits.TOOL_CALL_ID_BYTES_MAX:
        raise InvalidStep(f"a tool call's id is longer than {limits.TOOL_CALL_ID_BYTES_MAX} bytes")
    if json_bytes(call.tool_name) > limits.TOOL_NAME_BYTES_MAX:
        raise InvalidStep(f"a tool's name is longer than {limits.TOOL_NAME_BYTES_MAX} bytes")
    sanitised = sanitised_call_id(call.tool_call_id)
    if sanitised in seen:
        raise InvalidStep(f"two tool calls have the id {sanitised!r}")
    seen.add(sanitised)


def check_dynamic(content: tuple[Part, ...], dynamic: tuple[str, ...]) -> None:
    """Raises InvalidStep if a client would have to answer a call that is not in the step or that a provider ran."""
    local = {part.tool_call_id for part in content if isinstance(part, ToolCallPart) and not part.provider_executed}
    for call_id in dynamic:
        if call_id not in local:
            raise InvalidStep(f"the client's call {call_id!r} is not in the step")


def local_results(
    pending: tuple[PendingCall, ...], results: tuple[CallResult, ...]
) -> tuple[tuple[PendingCall, CallResult], ...]:
    """The results beside their calls, in call order.

    Raises: ToolResultRejected: duplicate, unexpected (not pending, or a client's), or not JSON.
    """
    by_id: dict[str, CallResult] = {}
    expected = {call.call_id for call in pending if not call.dynamic}
    for result in results:
        if result.call_id in by_id:
            raise ToolResultRejected("duplicate", result.call_id)
        if result.call_id not in expected:
            raise ToolResultRejected("unexpected", result.call_id)
        if not is_json(result.result):
            raise ToolResultRejected("invalid_json", result.call_id)
        by_id[result.call_id] = result
    return tuple((call, by_id[call.call_id]) for call in pending if call.call_id in by_id)


def dynamic_results(
    pending: tuple[PendingCall, ...], results: tuple[DynamicResult, ...]
) -> tuple[tuple[PendingCall, DynamicResult], ...]:
    """The client's results beside their calls, in the order given.

    Raises: ToolResultRejected, checked in the order duplicate, unexpected, invalid JSON, missing (2.7).
    """
    by_id = {call.call_id: call for call in pending if call.dynamic}
    seen: set[str] = set()
    for result in results:
        if result.call_id in seen:
            raise ToolResultRejected("duplicate", result.call_id)
        seen.add(result.call_id)
    for result in results:
        if result.call_id not in by_id:
            raise ToolResultRejected("unexpected", result.call_id)
    for result in results:
        if not is_json(result.output):
            raise ToolResultRejected("invalid_json", result.call_id)
    for call_id in by_id:
        if call_id not in seen:
            raise ToolResultRejected("missing", call_id)
    return tuple((by_id[result.call_id], result) for result in results)
