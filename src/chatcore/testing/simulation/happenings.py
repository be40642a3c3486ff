"""What a simulation notes: one frozen class for each kind of happening, with the line that a story shows of it.

The line is for people and short; `exact` is what the digest is made of and holds everything that must not differ.
"""

from typing import TypeAlias

from attrs import frozen

from chatcore.domain.chat.codec import Codec
from chatcore.domain.chat.commands import Command
from chatcore.domain.chat.envelope import StoredEvent
from chatcore.domain.chat.head import ChatHead
from chatcore.domain.chat.states import CommandKey, ExecutionState
from chatcore.domain.chat.values import Status
from chatcore.domain.ids import ChatId, CommandId, RunnerId, Seq
from chatcore.domain.json_text import JsonText
from chatcore.domain.live.journal import Episode, JournalPart
from chatcore.domain.live.view_events import MessageShown, PartShown, ViewEvent
from chatcore.ports.actor import Actor
from chatcore.ports.model import ModelRequest
from chatcore.ports.pubsub import ChatChanged, Hint
from chatcore.testing.simulation.happening import Happening
from chatcore.testing.simulation.happening_dialled import Dialled
from chatcore.testing.simulation.profile import Fault

_CODEC = Codec()


@frozen(kw_only=True)
class Step:
    """A command of an append, and the states that it led between; None where the log is in none of the thirteen."""

    command: Command
    key: CommandKey
    before: ExecutionState | None
    after: ExecutionState | None

    def __str__(self) -> str:
        return f"{self.before}-{self.key}-{self.after}"


@frozen(kw_only=True)
class Landed:
    """One chat's part of an append that landed."""

    chat_id: ChatId
    before: ChatHead | None
    head: ChatHead
    events: tuple[StoredEvent, ...]
    steps: tuple[Step, ...] = ()
    """The commands that were decided; empty for an append that no command of chatcore made."""

    def line(self) -> str:
        """The events, and the commands that made them true."""
        events = ", ".join(f"{stored.seq} {stored.event.TYPE}" for stored in self.events)
        return f"{self.chat_id[-6:]}: {events}  [{' '.join(map(str, self.steps))}]"


@frozen(kw_only=True)
class Committed(Happening):
    """An append landed, in one log or in several at once. It is noted at its commit, whatever its writer is told."""

    actor: Actor
    landed: tuple[Landed, ...]
    command_id: CommandId | None = None

    def line(self) -> str:
        """Who wrote what."""
        return f"{self.actor.kind} {self.actor.id[-6:]} appends to {'; '.join(each.line() for each in self.landed)}"

    def exact(self) -> str:
        """With all that the events hold."""
        events = [
            f"{stored.chat_id}/{stored.seq}/{stored.position}/{stored.recorded_at}/{stored.actor}/{stored.command_id}/"
            f"{stored.upto}/{stored.event.TYPE}/{_CODEC.encode_event(stored.event).payload}"
            for each in self.landed
            for stored in each.events
        ]
        return "\n".join([self.line(), *events])


@frozen(kw_only=True)
class PageRead(Happening):
    """A page of a log was read: `last` is its last event, `before` and `after` the cursor that was asked for."""

    method: str
    types: tuple[str, ...]
    """Sorted; empty for all."""
    seqs: tuple[Seq, ...]
    more: bool

    def line(self) -> str:
        """What was read."""
        shown = f"{self.seqs[0]}..{self.seqs[-1]}" if self.seqs else "nothing"
        return f"reads {shown} by {self.method}{' of ' + ', '.join(self.types) if self.types else ''}"

    def exact(self) -> str:
        """With every seq."""
        return f"{self.line()} {self.seqs} {self.more}"


@frozen(kw_only=True)
class OwnerRead(Happening):
    """An owner was given something by the store."""

    owner: str
    method: str
    chat_ids: tuple[ChatId, ...]

    def line(self) -> str:
        """Who saw which chats."""
        return f"{self.owner} is given {len(self.chat_ids)} by {self.method}"

    def exact(self) -> str:
        """With the chats."""
        return f"{self.line()} {self.chat_ids}"


@frozen(kw_only=True)
class HeadSeen(Happening):
    """A runner looked at its chat, and knows from now on how it stands."""

    runner_id: RunnerId
    seq: Seq
    status: Status

    def line(self) -> str:
        """Who sees what."""
        return f"runner {self.runner_id[-6:]} sees that the chat is at {self.seq}, {self.status}"


@frozen(kw_only=True)
class JournalAsked(Happening):
    """A worker asks the store to write parts of a reply to the journal; whether they land is told by what follows."""

    episode: Episode
    numbers: tuple[int, ...]

    def line(self) -> str:
        """Which parts."""
        numbers = f"{self.numbers[0]}..{self.numbers[-1]}" if self.numbers else "none"
        return f"asks to journal the parts {numbers} of {episode_text(self.episode)}"


@frozen(kw_only=True)
class JournalWritten(Happening):
    """Parts of a reply landed in the journal."""

    runner_id: str
    episode: Episode
    parts: tuple[JournalPart, ...]

    def line(self) -> str:
        """Which parts."""
        numbers = f"{self.parts[0].number}..{self.parts[-1].number}" if self.parts else "none"
        return f"runner {self.runner_id[-6:]} journals the parts {numbers} of {episode_text(self.episode)}"


@frozen(kw_only=True)
class PartPublished(Happening):
    """A worker showed a piece of a reply to the viewers of its process, or, hidden, is about to."""

    episode: Episode
    part: JournalPart
    hidden: bool

    def line(self) -> str:
        """Which part."""
        shown = "makes" if self.hidden else "shows"
        return f"{shown} part {self.part.number} of {episode_text(self.episode)}: {type(self.part.part).__name__}"

    def exact(self) -> str:
        """With the part."""
        return f"{self.line()} {self.part.role} {self.part.part!r}"


@frozen(kw_only=True)
class Hinted(Happening):
    """A hint was given to the pubsub; what became of it is told by the faults that follow."""

    hint: Hint

    def line(self) -> str:
        """What it says."""
        if isinstance(self.hint, ChatChanged):
            return f"hints that the chat is at {self.hint.seq}, {self.hint.status}"
        return f"hints that the chat wants a worker since {self.hint.seq}"

    def exact(self) -> str:
        """With everything that it says."""
        return repr(self.hint)


@frozen(kw_only=True)
class FaultStruck(Happening):
    """Something went wrong."""

    fault: Fault
    name: str
    """What `simulate(faults=…)` calls it."""

    def line(self) -> str:
        """Which fault."""
        return f"FAULT {self.name}"


@frozen(kw_only=True)
class ReplicaChanged(Happening):
    """A replica began, died, was paused, woke up, or was told to stop."""

    what: str

    def line(self) -> str:
        """What it did."""
        return f"replica {self.what}"


@frozen(kw_only=True)
class ModelAsked(Happening):
    """A model was asked."""

    request: ModelRequest
    history_version: Seq | None = None
    """That of the head whose window the prompt shows; None where no runner of a chat asked."""

    def line(self) -> str:
        """How much it was shown."""
        return f"asks the model with {len(self.request.messages)} messages, {len(self.request.tools)} tools"

    def exact(self) -> str:
        """With the whole prompt."""
        return repr(self.request)


@frozen(kw_only=True)
class ModelAnswered(Happening):
    """A model brought its answer to the end, and its asker was told so."""

    history_version: Seq | None = None
    """As of the request."""

    def line(self) -> str:
        """That it did."""
        return "is answered by the model to the end"


@frozen(kw_only=True)
class ToolActed(Happening):
    """A tool took effect in the world. `key` names the call: the same in every try at it."""

    tool: str
    key: str
    idempotent: bool
    args: JsonText | None = None
    """What a tool of the user's own was asked; None for chatcore's."""

    def line(self) -> str:
        """Which call."""
        return f"the tool {self.tool} takes effect for {self.key[-20:]}{' (idempotent)' if self.idempotent else ''}"

    def exact(self) -> str:
        """With the whole key, and the arguments."""
        exact = f"{self.tool} {self.key} {self.idempotent}"
        return exact if self.args is None else f"{exact} {self.args}"


@frozen(kw_only=True)
class UserAsked(Happening):
    """A user asks something of a chat; each try at it is one."""

    owner: str
    deed: str
    command_id: CommandId
    detail: str = ""

    def line(self) -> str:
        """What is asked."""
        return f"asks to {self.deed} {self.detail} as {self.command_id}"


@frozen(kw_only=True)
class UserAnswered(Happening):
    """What a user was told: `accepted`, `repeated`, `refused: <code>`, or `unknown: <why>` where nothing was said."""

    owner: str
    deed: str
    command_id: CommandId
    outcome: str
    seqs: tuple[Seq, ...] = ()
    """The events of the append that carried it out, as far as it was told."""

    def line(self) -> str:
        """The outcome."""
        return f"is answered to {self.deed} {self.command_id}: {self.outcome}"

    def exact(self) -> str:
        """With the seqs."""
        return f"{self.line()} {self.seqs}"


@frozen(kw_only=True)
class ViewChanged(Happening):
    """A viewer's connection began (`after`: with the cursor it gave) or ended (`why`)."""

    owner: str
    why: str = ""
    after: Seq | None = None

    def line(self) -> str:
        """Whether it began or ended."""
        return f"no longer watches: {self.why}" if self.why else f"watches after {self.after}"


@frozen(kw_only=True)
class ViewerRead(Happening):
    """A viewer was told something."""

    owner: str
    events: tuple[ViewEvent, ...]

    def line(self) -> str:
        """The kinds of events."""
        return f"is shown {', '.join(map(view_text, self.events))}"

    def exact(self) -> str:
        """With the events."""
        return "\n".join(map(repr, self.events))


@frozen(kw_only=True)
class Complained(Happening):
    """chatcore logged an error: something happened that its code did not foresee."""

    text: str

    def line(self) -> str:
        """What it said."""
        return f"COMPLAINS: {self.text}"


@frozen(kw_only=True)
class PhaseBegan(Happening):
    """The day, the evening (faults have stopped, everything comes to rest), the end."""

    phase: str

    def line(self) -> str:
        """Its name."""
        return f"==== {self.phase} ===="


Anything: TypeAlias = (
    Committed
    | PageRead
    | OwnerRead
    | HeadSeen
    | JournalAsked
    | JournalWritten
    | PartPublished
    | Hinted
    | Dialled
    | FaultStruck
    | ReplicaChanged
    | ModelAsked
    | ModelAnswered
    | ToolActed
    | UserAsked
    | UserAnswered
    | ViewChanged
    | ViewerRead
    | Complained
    | PhaseBegan
)
"""Every kind of happening."""


def episode_text(episode: Episode) -> str:
    """An episode for people."""
    return f"episode {episode.history_version}.{episode.generation_attempt}"


def view_text(event: ViewEvent) -> str:
    """An event of a view for people."""
    match event:
        case PartShown(number=number):
            return f"part {number}"
        case MessageShown(message=message):
            return f"message {message.id} ({message.role})"
        case _:
            return type(event).__name__
