"""What holds of every chat after every append, whatever was asked of it (architecture 9, invariants 1, 2, 4, 5, 9).

Each check returns the faults it finds, in words; nothing if all is well.
"""

from collections.abc import Callable, Sequence
from typing import Final

from chatcore.domain.chat.codec import Codec
from chatcore.domain.chat.details import fold_details
from chatcore.domain.chat.events import ContextCleared, HistoryTruncated, MessageAdded, MessageQueued, QueueRemoved
from chatcore.domain.chat.evolve import fold
from chatcore.domain.chat.values import Status
from chatcore.domain.content.messages import Message, Role, Visibility
from chatcore.domain.content.parts import ToolCallPart, ToolResultPart
from chatcore.domain.content.render import render_prompt
from chatcore.domain.content.window import is_final_answer, prompt_window
from chatcore.domain.ids import Seq
from chatcore.domain.limits import HEAD_BYTES_MAX
from chatcore.testing.chat_log import ChatLog
from chatcore.testing.legal_prompts import faults_of_prompt
from chatcore.testing.reference_head import reference_head

_CODEC: Final = Codec()
_BUSY: Final = (Status.RUNNING, Status.INTERRUPTING)


def faults_of_chat(chat: ChatLog) -> list[str]:
    """Everything that is wrong with a chat at the end of an append."""
    if chat.head is None:
        return ["a chat that does not exist holds events"] if chat.events else []
    return [fault for check in CHECKS for fault in check(chat)]


def faults_of_folds(chat: ChatLog) -> list[str]:
    """Head and details are the folds of the log, and the head says what events.md says of such a log."""
    faults = []
    if fold(chat.events) != chat.head:
        faults.append("the head is not the fold of the log")
    if fold_details(chat.events) != chat.details:
        faults.append("the details are not the fold of the log")
    if (expected := reference_head(chat.events)) != chat.head:
        faults.append(f"the head is {chat.head}, but the log says {expected}")
    if (size := len(_CODEC.encode_head(chat.current).encode())) > HEAD_BYTES_MAX:
        faults.append(f"the head takes {size} bytes")
    return faults


def faults_at_rest(chat: ChatLog) -> list[str]:
    """Only running and interrupting chats are owned; at rest nothing is open; a wait is for the client alone."""
    head, faults = chat.current, []
    if head.owned and head.status not in _BUSY:
        faults.append(f"{head.runner_id} holds a chat that is {head.status}")
    if head.owned is not (head.worker_id is not None):
        faults.append("there is a runner without a worker or a worker without a runner")
    if head.status in (Status.WAITING, Status.ERROR) and head.pending:
        faults.append(f"calls are open at rest: {head.pending}")
    if (head.status is Status.ERROR) is (head.last_error is None):
        faults.append(f"the chat is {head.status} with last_error {head.last_error}")
    if (head.status is Status.REQUIRES_ACTION) is (head.deadline_at is None):
        faults.append(f"the chat is {head.status} with the deadline {head.deadline_at}")
    if head.status is Status.REQUIRES_ACTION and not (head.pending and all(call.dynamic for call in head.pending)):
        faults.append(f"the chat waits for the client with the open calls {head.pending}")
    if head.compaction_requested and head.status is not Status.RUNNING:
        faults.append(f"a chat that is {head.status} is marked for a compaction")
    if (head.pending_seq is None) is bool(head.pending):
        faults.append(f"the open calls {head.pending} stand in message {head.pending_seq}")
    return faults


def faults_of_versions(chat: ChatLog) -> list[str]:
    """Versions are seqs of events that happened, and the attempt counts only while somebody may work (2.8)."""
    head = chat.current
    versions = (head.history_version, head.queue_version, head.retry_version)
    faults = [] if all(0 <= version <= head.seq for version in versions) else [f"versions {versions} at {head.seq}"]
    if head.owned and head.status is Status.RUNNING and head.generation_attempt < 1:
        faults.append("a runner works at attempt 0")
    return faults


def faults_of_sends(chat: ChatLog) -> list[str]:
    """Each message that was queued waits, was said once word for word, or was removed; exactly one of the three."""
    faults = []
    waiting = [row.id for row in chat.current.queue]
    said: list[Seq] = []
    removed: list[Seq] = []
    for seq, event in chat.rows():
        if isinstance(event, QueueRemoved):
            removed += event.ids
        elif isinstance(event, MessageAdded) and event.from_queue is not None:
            said.append(event.from_queue)
            queued = chat.events[event.from_queue - 1]
            if not isinstance(queued, MessageQueued) or queued.content != event.content or event.replay_of is not None:
                faults.append(f"message {seq} is not what was queued as {event.from_queue}")
    queued_ids = [seq for seq, event in chat.rows() if isinstance(event, MessageQueued)]
    if sorted([*waiting, *said, *removed]) != queued_ids:
        faults.append(f"queued {queued_ids}, but waiting {waiting}, said {said}, removed {removed}")
    return faults


def faults_of_calls(chat: ChatLog) -> list[str]:
    """In the surviving transcript each call of ours or the client's has one result, right behind; or it is open."""
    open_ids = {call.call_id for call in chat.current.pending}
    transcript = list(chat.transcript())
    faults: list[str] = []
    for place, message in enumerate(transcript):
        if message.role is Role.TOOL:
            continue
        results = _results_behind(transcript, place)
        asked = sorted(_local_calls(message)) if message.role is Role.ASSISTANT else []
        still_open = sorted(open_ids) if message.id == chat.current.pending_seq else []
        if sorted([*results, *still_open]) != asked:
            faults.append(f"message {message.id} asks {asked}, answered are {results}, open are {still_open}")
    return faults


def faults_of_window(chat: ChatLog) -> list[str]:
    """What the model is shown is legal, and holds word for word every question that is without an answer."""
    transcript = chat.transcript()
    window = prompt_window(transcript, chat.current.boundary)
    faults = faults_of_prompt(render_prompt(window))
    shown = {message.replay_of or message.id: message.content for message in window}
    for question in _unanswered(chat, list(transcript)):
        if shown.get(question.id) != question.content:
            faults.append(f"the prompt does not hold message {question.id}, which nobody has answered")
    if missing := [seq for seq in chat.current.system if transcript.find(seq) is None]:
        faults.append(f"the head names the system messages {missing}, which are not there")
    return faults


CHECKS: Final[tuple[Callable[[ChatLog], list[str]], ...]] = (
    faults_of_folds,
    faults_at_rest,
    faults_of_versions,
    faults_of_sends,
    faults_of_calls,
    faults_of_window,
)


def _local_calls(message: Message) -> list[str]:
    calls = [part for part in message.content if isinstance(part, ToolCallPart)]
    return [call.tool_call_id for call in calls if not call.provider_executed]


def _results_behind(transcript: Sequence[Message], place: int) -> list[str]:
    found: list[str] = []
    for message in transcript[place + 1 :]:
        if message.role is not Role.TOOL:
            break
        found += [part.tool_call_id for part in message.content if isinstance(part, ToolResultPart)]
    return found


def _unanswered(chat: ChatLog, transcript: Sequence[Message]) -> list[Message]:
    """Questions without a later final answer that no clearing, which survives, took away."""
    cleared = max((seq for seq in _alive(chat) if isinstance(chat.events[seq - 1], ContextCleared)), default=0)
    answered = max((message.id for message in transcript if is_final_answer(message)), default=0)
    return [
        message
        for message in transcript
        if message.role is Role.USER and message.visibility is Visibility.BOTH and message.id > max(cleared, answered)
    ]


def _alive(chat: ChatLog) -> list[Seq]:
    cuts = [(at, event.from_seq) for at, event in chat.rows() if isinstance(event, HistoryTruncated)]
    return [seq for seq, _ in chat.rows() if not any(start <= seq < at for at, start in cuts)]
