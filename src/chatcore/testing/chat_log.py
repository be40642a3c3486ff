"""One chat in memory, without a store: the log as a list, and the evidence that its commands need, read from it.

It is the plain model that stores are compared with, and what strategies look at to make commands that fit.
"""

from collections.abc import Sequence

from attrs import define, field

from chatcore.domain.chat.append import Append, Decided, decide_append
from chatcore.domain.chat.command_keys import command_key
from chatcore.domain.chat.commands import Command
from chatcore.domain.chat.details import ChatDetails, fold_details
from chatcore.domain.chat.events import Event, MessageAdded
from chatcore.domain.chat.evidence import EditTarget, Promotion, Replay
from chatcore.domain.chat.evidence_of import LANDMARK_TYPES, LogRow, edit_target, promotion, replays
from chatcore.domain.chat.fence import Fence
from chatcore.domain.chat.head import ChatHead
from chatcore.domain.chat.states import ExecutionState, execution_state
from chatcore.domain.chat.transitions import RUNNER_COMMANDS
from chatcore.domain.content.history import History
from chatcore.domain.content.transcript import fold_transcript
from chatcore.domain.ids import ChatId, Seq

DEFAULT_MODEL = "model-default"
"""The model that answers a promoted message which names none."""


@define
class ChatLog:
    """A chat and everything that happened to it."""

    chat_id: ChatId
    events: list[Event] = field(factory=list)
    ends: list[Seq] = field(factory=list)
    """The seqs of the last events of the appends."""
    head: ChatHead | None = None
    details: ChatDetails = field(factory=ChatDetails)

    @property
    def current(self) -> ChatHead:
        """The head of a chat that exists."""
        assert self.head is not None, "the chat does not exist yet"
        return self.head

    @property
    def state(self) -> ExecutionState:
        """Where the chat is."""
        return execution_state(self.head)

    def rows(self) -> list[LogRow]:
        """The log with its numbers."""
        return list(enumerate(self.events, 1))

    def transcript(self) -> History:
        """The messages that are there now."""
        return fold_transcript(self.rows())

    def copy(self) -> "ChatLog":
        """The same chat, to try something out on."""
        return ChatLog(
            chat_id=self.chat_id, events=list(self.events), ends=list(self.ends), head=self.head, details=self.details
        )

    def append_of(self, *commands: Command) -> Append:
        """An append of these commands, under the fence of the chat's runner if one of them needs it."""
        needs_fence = any(command_key(command) in RUNNER_COMMANDS for command in commands)
        owned = self.head is not None and self.head.owned
        return Append(commands=commands, fence=Fence.of(self.current) if needs_fence and owned else None)

    def do(self, *commands: Command) -> tuple[Event, ...]:
        """Append commands. Raises Rejection; then nothing has changed."""
        return self.accept(decide_append(self.head, self.append_of(*commands)))

    def accept(self, decided: Decided) -> tuple[Event, ...]:
        """Put what was decided on this head into the log."""
        self.events += decided.events
        self.ends.append(decided.head.seq)
        self.head = decided.head
        self.details = fold_details(decided.events, self.details)
        return decided.events

    def edit_target(self, message_id: Seq) -> EditTarget | None:
        """What the log says of a message that is to be edited."""
        rows = self.rows()
        landmarks = [row for row in rows if row[1].TYPE in LANDMARK_TYPES]
        before = [row for row in rows[: max(message_id - 1, 0)] if isinstance(row[1], MessageAdded)]
        target = rows[message_id - 1] if 1 <= message_id <= len(rows) else None
        return edit_target(target, landmarks, before)

    def promotion(self, queued_id: Seq) -> Promotion:
        """The words of a waiting message."""
        row = next(row for row in self.current.queue if row.id == queued_id)
        return promotion((queued_id, self.events[queued_id - 1]), row.model_id or DEFAULT_MODEL)

    def first_promotion(self) -> Promotion | None:
        """The words of the first waiting message; None if none waits."""
        queue: Sequence[object] = self.head.queue if self.head is not None else ()
        return self.promotion(self.current.queue[0].id) if queue else None

    def replays(self) -> tuple[Replay, ...]:
        """The user's messages that a compaction must repeat."""
        return replays(self.transcript(), self.current.boundary)
