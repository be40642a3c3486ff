"""Invariant 4: nothing that a user said is lost, doubled, or overtaken."""

from collections import Counter
from collections.abc import Iterator
from typing import ClassVar, Final

from attrs import define, field, frozen

from chatcore.domain.chat.commands import PromoteQueued
from chatcore.domain.chat.envelope import StoredEvent
from chatcore.domain.chat.events import MessageAdded, MessageQueued, QueueMoved, QueueRemoved
from chatcore.domain.content.messages import Role, Visibility
from chatcore.domain.ids import ChatId, CommandId, Seq
from chatcore.testing.simulation.checking import ChatAtRest, Checker, World
from chatcore.testing.simulation.happenings import Committed, Landed, UserAnswered
from chatcore.testing.simulation.trace import Noted
from chatcore.testing.simulation.wishes import Wish

_SENDS: Final = frozenset({Wish.SEND, Wish.SEND_INTERRUPT})
_ACCEPTED: Final = frozenset({"accepted", "repeated"})


@frozen
class _Answer:
    """What a user was told about a send."""

    chat_id: ChatId
    command_id: CommandId
    seqs: tuple[Seq, ...]


@define
class _Queue:
    """The rows that wait, worked out from the events alone."""

    rows: list[Seq] = field(factory=list)


class SendsKept(Checker):
    """Follows every queue, and in the end looks for every send that was accepted."""

    name: ClassVar = "sends_kept"
    sentence: ClassVar = (
        "Each accepted send is exactly one message that is no replay, or one live row of the queue, or one removal; "
        "messages are said in the order in which they came, but for edits and promotions."
    )

    def __init__(self) -> None:
        self._queues: dict[ChatId, _Queue] = {}
        self._accepted: list[_Answer] = []

    def see(self, noted: Noted) -> None:
        """Follow the queues; remember what users were told."""
        match noted.what:
            case Committed(landed=landed):
                for each in landed:
                    self._follow(each, self._queues.setdefault(each.chat_id, _Queue()).rows)
            case UserAnswered(chat_id=chat_id, deed=deed, outcome=outcome) if chat_id and deed in _SENDS:
                if outcome in _ACCEPTED:
                    self._accepted.append(_Answer(chat_id, noted.what.command_id, noted.what.seqs))
            case _:
                return

    def at_rest(self, world: World) -> None:
        """Find each accepted send once, and each row of a queue once."""
        logs = world.chats.items()
        appends = Counter((chat_id, stored.command_id) for chat_id, chat in logs for stored in chat.log)
        for answer in self._accepted:
            self._find(answer, world, appends[answer.chat_id, answer.command_id])
        for chat_id, chat in world.chats.items():
            self._count(chat_id, chat)

    def _follow(self, landed: Landed, rows: list[Seq]) -> None:
        promoted = {step.command.queued_id for step in landed.steps if isinstance(step.command, PromoteQueued)}
        for stored in landed.events:
            match stored.event:
                case MessageQueued():
                    rows.append(stored.seq)
                case QueueRemoved(ids=ids):
                    rows[:] = [row for row in rows if row not in ids]
                case QueueMoved(id=moved):
                    rows[:] = [*[row for row in rows if row == moved], *[row for row in rows if row != moved]]
                case MessageAdded(from_queue=Seq() as row):
                    if row not in rows:
                        raise self.fail(f"message {stored.seq} was row {row}, which did not wait", landed.chat_id)
                    if rows[0] != row and row not in promoted:
                        why = f"message {stored.seq} was row {row}, but row {rows[0]} was the first"
                        raise self.fail(why, landed.chat_id)
                    rows.remove(row)
                case MessageAdded() as message if rows and _asks(message):
                    raise self.fail(f"message {stored.seq} overtook the waiting rows {rows}", landed.chat_id)
                case _:
                    pass

    def _find(self, answer: _Answer, world: World, appends: int) -> None:
        chat = world.chats.get(answer.chat_id)
        log = () if chat is None else chat.log
        if appends != 1:
            raise self.fail(f"the accepted {answer.command_id} is in the log {appends} times", answer.chat_id)
        first = next(stored for stored in log if stored.command_id == answer.command_id)
        said = [stored for stored in log[first.seq - 1 : first.upto] if _is_send(stored)]
        if len(said) != 1:
            raise self.fail(f"the accepted {answer.command_id} brought {len(said)} messages", answer.chat_id)
        if answer.seqs != tuple(range(first.seq, first.upto + 1)):
            why = f"the sender of {answer.command_id} was told of {answer.seqs}, but it is {first.seq} to {first.upto}"
            raise self.fail(why, answer.chat_id)

    def _count(self, chat_id: ChatId, chat: ChatAtRest) -> None:
        ends = Counter(_ends(chat))
        queued = [stored.seq for stored in chat.log if isinstance(stored.event, MessageQueued)]
        for row in queued:
            if ends[row] != 1:
                raise self.fail(f"row {row} came to {ends[row]} ends: waiting, said, removed", chat_id)
        if stray := sorted(set(ends) - set(queued)):
            raise self.fail(f"the rows {stray} came to an end and were never queued", chat_id)
        words = {stored.seq: stored.event.content for stored in chat.log if isinstance(stored.event, MessageQueued)}
        for stored in chat.log:
            match stored.event:
                case MessageAdded(from_queue=Seq() as row, content=content) if content != words[row]:
                    raise self.fail(f"message {stored.seq} is not word for word what waited as {row}", chat_id)
                case _:
                    pass


def _ends(chat: ChatAtRest) -> Iterator[Seq]:
    """The rows that still wait, were said or were removed, each as often as that is so."""
    yield from (row.id for row in chat.row.head.queue)
    for stored in chat.log:
        match stored.event:
            case MessageAdded(from_queue=Seq() as row, replay_of=None):
                yield row
            case QueueRemoved(ids=ids):
                yield from ids
            case _:
                pass


def _asks(message: MessageAdded) -> bool:
    return message.role is Role.USER and message.visibility is Visibility.BOTH and message.replay_of is None


def _is_send(stored: StoredEvent) -> bool:
    """A message as it was sent: said at once, or queued. What a send in E1 makes be said is another one."""
    event = stored.event
    if isinstance(event, MessageQueued):
        return True
    return isinstance(event, MessageAdded) and _asks(event) and event.from_queue is None
