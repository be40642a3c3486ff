"""Which messages a model is shown, and which of them wait for an answer (spec chat-core 5.4, 5.6; architecture 4)."""

from collections.abc import Iterable, Sequence

from chatcore.domain.content.messages import Message, Role, Visibility
from chatcore.domain.content.parts import ToolCallPart, ToolResultPart
from chatcore.domain.ids import Seq


def prompt_window(messages: Iterable[Message], boundary: Seq | None) -> tuple[Message, ...]:
    """The messages of a history that the model is shown, in order.

    `boundary` is the seq of the newest compaction or clearing that survives (`head.boundary`). Shown are system
    messages of any age and what came after the boundary: first of all its summary or marker, the one compressed
    message that is for the model alone, then the messages repeated after it.
    """
    newer_than = boundary or 0
    return tuple(message for message in messages if message.visibility.to_model and _is_shown(message, newer_than))


def _is_shown(message: Message, newer_than: Seq) -> bool:
    if message.compressed:
        return message.id > newer_than and message.visibility is Visibility.MODEL
    return message.id > newer_than or message.role is Role.SYSTEM


def unanswered(window: Sequence[Message]) -> tuple[Message, ...]:
    """The user messages of a prompt window that have no later final answer, in order.

    A compaction must repeat them word for word. What it repeated before counts again; the notes that tell the model
    of a reply cut short do not, nor do summaries.
    """
    waiting: list[Message] = []
    for message in reversed(window):
        if is_final_answer(message):
            break
        if _is_question(message):
            waiting.append(message)
    return tuple(reversed(waiting))


def is_final_answer(message: Message) -> bool:
    """Whether the message ends the work on what was asked.

    It does not if it was cut short, if it calls a tool, for then the model goes on with the result, or if the
    provider paused in the middle of its own tools.
    """
    return (
        message.role is Role.ASSISTANT
        and message.visibility is Visibility.BOTH
        and not (message.compressed or message.partial)
        and not _leaves_work(message)
    )


def _leaves_work(message: Message) -> bool:
    results = {part.tool_call_id for part in message.content if isinstance(part, ToolResultPart)}
    return any(
        not part.provider_executed or part.tool_call_id not in results
        for part in message.content
        if isinstance(part, ToolCallPart)
    )


def _is_question(message: Message) -> bool:
    if message.role is not Role.USER or message.compressed:
        return False
    return message.visibility is Visibility.BOTH or (
        message.visibility is Visibility.MODEL and message.replay_of is not None
    )
