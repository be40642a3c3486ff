"""Invariant 11: what was shown of a reply lasts."""

from collections.abc import Iterable, Sequence
from typing import ClassVar, Final, TypeAlias

from attrs import define, field, frozen

from chatcore.domain.chat.boundary_rows import SUMMARY_TOOL
from chatcore.domain.chat.commands import CommitAnswer, EditMessage, FinishError
from chatcore.domain.chat.events import MessageAdded, RetryScheduled
from chatcore.domain.chat.values import Status
from chatcore.domain.content.client_parts import client_part
from chatcore.domain.content.messages import Role
from chatcore.domain.content.parts import Part, ReasoningPart, TextPart, ToolResultPart
from chatcore.domain.ids import ChatId, Seq
from chatcore.domain.live.batching import JournalMode
from chatcore.domain.live.journal import Episode, JournalPart, drops_journal
from chatcore.domain.live.view_events import PartShown
from chatcore.ports.actor import ActorKind
from chatcore.testing.simulation.checkers.excuses import Excuses
from chatcore.testing.simulation.checking import Checker, World
from chatcore.testing.simulation.happenings import Committed, JournalWritten, Landed, PartPublished, ViewerRead
from chatcore.testing.simulation.trace import Noted

Words: TypeAlias = tuple[tuple[type[Part], str], ...]
"""What was said and thought, in order: pieces of a kind that follow each other are joined."""

Result: TypeAlias = tuple[str, str | None, bool]
"""Call id, result, whether it is an error."""

_SAID: Final = (TextPart, ReasoningPart)


@frozen
class _Settled:
    """The append that ended the work on a history: its reply was stored, given up, or replaced."""

    runner_id: str | None
    dropped: bool
    """A user replaced what was asked, or the turn failed: viewers are told to forget the reply."""
    words: Words
    results: frozenset[Result]


@define
class _Reply:
    """A reply in the making: one try at one history."""

    runner_id: str | None = None
    published: list[JournalPart] = field(factory=list)
    """As clients see them."""
    seen: int = 0
    """Parts that viewers were shown, or could have been."""
    journaled: int = 0
    """Parts that landed in the journal."""
    retried: bool = False


class ShownIsKept(Checker):
    """Follows every reply from its first part to the append that settles it."""

    name: ClassVar = "shown_is_kept"
    sentence: ClassVar = (
        "What a viewer was shown of a reply is a prefix of what the log holds in the end, deltas joined; but where it "
        "was told to forget it: a failed try, an edit, or at most one unflushed batch of a worker that is gone."
    )

    def __init__(self) -> None:
        self._replies: dict[Episode, _Reply] = {}
        self._settled: dict[tuple[ChatId, Seq], _Settled] = {}
        self._excuses = Excuses()

    def see(self, noted: Noted) -> None:
        """Follow replies, the journal, and what viewers are shown."""
        self._excuses.see(noted)
        match noted.what:
            case PartPublished(episode=episode, part=part, hidden=hidden):
                self._publish(episode, part, hidden=hidden)
            case JournalWritten(episode=episode, parts=parts):
                reply = self._reply(episode)
                reply.journaled = max(reply.journaled, *(part.number for part in parts))
            case ViewerRead(chat_id=chat_id, events=events) if chat_id is not None:
                for event in events:
                    if isinstance(event, PartShown):
                        self._show(chat_id, event)
            case Committed(landed=landed, actor=actor):
                worker = actor.id if actor.kind is ActorKind.WORKER else None
                for each in landed:
                    self._land(each, worker)
            case _:
                return

    def at_rest(self, world: World) -> None:
        """Compare what was shown of each reply with what was stored of it."""
        for episode, reply in self._replies.items():
            if not reply.seen or reply.retried:
                continue
            settled = self._settled.get((episode.chat_id, episode.history_version))
            if settled is None:
                raise self.fail(f"parts of {_name(episode)} were shown, and nothing became of it", episode.chat_id)
            if not settled.dropped and (lost := _lost(reply.published[: reply.seen], settled)):
                self._judge(episode, reply, settled, lost, world)

    def _judge(self, episode: Episode, reply: _Reply, settled: _Settled, lost: int, world: World) -> None:
        """Whether the parts from number `lost` on, which were shown and are not in the log, may be missing."""
        what = f"part {lost} of {_name(episode)} was shown, and the log does not hold it"
        if settled.runner_id == reply.runner_id:
            raise self.fail(f"{what}, although the runner that made it went on", episode.chat_id)
        if reply.journaled >= lost:
            raise self.fail(f"{what}, although the journal held {reply.journaled} parts", episode.chat_id)
        mode = world.settings.journal.mode
        if mode is JournalMode.BEFORE_SHOW:
            raise self.fail(f"{what}, although parts are shown only after they are kept", episode.chat_id)
        interval_s = world.settings.journal.interval.total_seconds()
        if mode is JournalMode.BATCHED and not self._excuses.unflushed(episode, lost, interval_s):
            raise self.fail(f"{what}, although its worker had the time to journal it", episode.chat_id)

    def _publish(self, episode: Episode, part: JournalPart, *, hidden: bool) -> None:
        shown, reply = client_part(part.part), self._reply(episode)
        assert shown is not None, "what clients must not see is not published"
        reply.published.append(JournalPart(number=part.number, role=part.role, part=shown))
        # Whoever looks at this process may have seen it, even if no viewer of this run did.
        reply.seen = reply.seen if hidden else part.number

    def _show(self, chat_id: ChatId, shown: PartShown) -> None:
        version, attempt = shown.history_version, shown.generation_attempt
        episode = Episode(chat_id=chat_id, history_version=version, generation_attempt=attempt)
        reply = self._reply(episode)
        made = reply.published[shown.number - 1 : shown.number]
        if made != [JournalPart(number=shown.number, role=shown.role, part=shown.part)]:
            raise self.fail(f"part {shown.number} of {_name(episode)} is not what the worker made", chat_id)
        reply.seen = max(reply.seen, shown.number)

    def _land(self, landed: Landed, worker: str | None) -> None:
        before, head, chat_id = landed.before, landed.head, landed.chat_id
        if head.runner_id is not None and head.status is Status.RUNNING:
            reply = self._reply(Episode.of(chat_id, head))
            reply.runner_id = reply.runner_id or head.runner_id
        events = [stored.event for stored in landed.events]
        if before is None or not drops_journal(events):
            return
        if any(isinstance(event, RetryScheduled) for event in events):
            self._reply(Episode.of(chat_id, before)).retried = True
            return
        steps = [type(step.command) for step in landed.steps]
        settled = _Settled(
            runner_id=worker,
            dropped=EditMessage in steps or (FinishError in steps and CommitAnswer not in steps),
            words=_words(part for role, part in _stored(events) if role is Role.ASSISTANT),
            results=frozenset(_results(_stored(events))),
        )
        self._settled.setdefault((chat_id, before.history_version), settled)

    def _reply(self, episode: Episode) -> _Reply:
        return self._replies.setdefault(episode, _Reply())


def _lost(shown: Sequence[JournalPart], settled: _Settled) -> int:
    """The number of the first part that is not in what was settled; 0 if all are."""
    for part in shown:
        said = _words(each.part for each in shown[: part.number] if each.role is Role.ASSISTANT)
        if not _begins(settled.words, said):
            return part.number
        if not set(_results([(part.role, part.part)])) <= settled.results:
            return part.number
    return 0


def _begins(whole: Words, beginning: Words) -> bool:
    if not beginning:
        return True
    *firsts, (kind, text) = beginning
    place = len(firsts)
    same = list(whole[:place]) == firsts and len(whole) > place
    return same and whole[place][0] is kind and whole[place][1].startswith(text)


def _words(parts: Iterable[Part]) -> Words:
    words: list[tuple[type[Part], str]] = []
    for part in parts:
        if isinstance(part, _SAID):
            if words and words[-1][0] is type(part):
                words[-1] = (type(part), words[-1][1] + part.text)
            elif part.text:
                words.append((type(part), part.text))
    return tuple(words)


def _stored(events: Iterable[object]) -> list[tuple[Role, Part]]:
    added = [event for event in events if isinstance(event, MessageAdded)]
    return [(event.role, part) for event in added for part in event.content]


def _results(parts: Iterable[tuple[Role, Part]]) -> list[Result]:
    """Results of local tools; the row that shows a compaction is none."""
    return [
        (part.tool_call_id, part.result, part.is_error)
        for role, part in parts
        if role is Role.TOOL and isinstance(part, ToolResultPart) and part.tool_name != SUMMARY_TOOL
    ]


def _name(episode: Episode) -> str:
    return f"episode {episode.history_version}.{episode.generation_attempt}"
