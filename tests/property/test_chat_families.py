"""A family is archived as a whole and never grows behind one's back (12.1, architecture 3)."""

from collections.abc import Callable, Mapping
from itertools import permutations
from typing import Final, TypeAlias

import pytest
from attrs import define, evolve, field
from hypothesis import given
from hypothesis import strategies as st

from chatcore.domain.chat import commands as c
from chatcore.domain.chat.append import Append, Decided, decide_append
from chatcore.domain.chat.events import ChatArchived, ChatCreated, ChatUnarchived, ChildSpawned
from chatcore.domain.chat.head import ChatHead
from chatcore.domain.chat.rejections import FamilyArchived, FamilyFull, NotARoot, Rejection, TransitionNotAllowed
from chatcore.domain.chat.tree import decide_archived, decide_child
from chatcore.domain.ids import ChatId
from chatcore.domain.limits import FAMILY_MAX
from chatcore.testing.chat_log import ChatLog
from chatcore.testing.situations import ROOT, SITUATIONS, Situation, acquire, create, reach, send

CHILD: Final = ChatId("child-1")
NEW_CHILD: Final = ChatId("child-2")
RESTING: Final = ("W", "E0", "E1")

Heads: TypeAlias = Mapping[ChatId, ChatHead]
Racer: TypeAlias = Callable[[Heads], Mapping[ChatId, Decided]]


@define
class Family:
    """Chats under optimistic appends: what was decided lands only if every log is where it was read."""

    logs: dict[ChatId, ChatLog] = field(factory=dict)

    def heads(self) -> Heads:
        return {chat_id: log.current for chat_id, log in self.logs.items()}

    def append(self, read: Heads, decided: Mapping[ChatId, Decided]) -> bool:
        """Whether it landed."""
        stored = self.heads()
        if any(read.get(chat_id) != stored.get(chat_id) for chat_id in decided):
            return False
        for chat_id, each in decided.items():
            self.logs.setdefault(chat_id, ChatLog(chat_id=chat_id)).accept(each)
        return True

    def do(self, racer: Racer) -> None:
        read = self.heads()
        assert self.append(read, racer(read))

    def faults(self) -> list[str]:
        root, faults = self.logs[ROOT], []
        if len({log.current.archived for log in self.logs.values()}) > 1:
            faults.append("some members are archived and some are not")
        spawned = [event.child_id for event in root.events if isinstance(event, ChildSpawned)]
        if sorted(spawned) != sorted(set(self.logs) - {ROOT}) or root.current.children != len(spawned):
            faults.append(f"the root knows of {spawned}, there are {sorted(self.logs)}")
        return faults


def spawn(child_id: ChatId) -> Racer:
    return lambda heads: decide_child(child_id, create(), ROOT, heads[ROOT])


def archive(heads: Heads) -> Mapping[ChatId, Decided]:
    return decide_archived(heads, ROOT, archived=True)


def unarchive(heads: Heads) -> Mapping[ChatId, Decided]:
    return decide_archived(heads, ROOT, archived=False)


def say(chat_id: ChatId) -> Racer:
    """A member goes back to work."""
    return lambda heads: {chat_id: decide_append(heads[chat_id], Append(commands=(send("again"),)))}


def family_at_rest() -> Family:
    """A root and a child, both waiting."""
    family = Family(logs={ROOT: reach(next(each for each in SITUATIONS if each.state == "W"))})
    family.do(spawn(CHILD))
    rest(family.logs[CHILD])
    return family


def rest(chat: ChatLog) -> None:
    while chat.state not in RESTING:
        chat.do(acquire())
        chat.do(c.FinishTurn(promotion=chat.first_promotion()))


RACERS: Final[Mapping[str, Racer]] = {
    "spawn": spawn(NEW_CHILD),
    "archive": archive,
    "archive again": archive,
    "unarchive": unarchive,
    "root": say(ROOT),
    "child": say(CHILD),
}
RACES: Final = [(one, other) for one in RACERS for other in RACERS if one < other]


@pytest.mark.spec("12.1", "architecture-3", "architecture-9.8")
@pytest.mark.parametrize("names", [*RACES, ("spawn", "archive", "child"), ("spawn", "archive", "unarchive")])
def test_whoever_races_no_child_is_left_alive_in_an_archived_family(names: tuple[str, ...]) -> None:
    """In every interleaving of reading and appending, with one more try after a conflict, the family stays whole."""
    for order in sorted(set(permutations([*names, *names]))):
        family, read = family_at_rest(), dict[str, Heads]()
        decided: dict[str, Mapping[ChatId, Decided]] = {}
        for name in order:
            if name not in read:
                read[name] = family.heads()
                decided[name] = decided_by(RACERS[name], read[name])
            elif not family.append(read[name], decided[name]):
                again = family.heads()
                family.append(again, decided_by(RACERS[name], again))
            assert family.faults() == [], order


def decided_by(racer: Racer, heads: Heads) -> Mapping[ChatId, Decided]:
    """What the racer decides; nothing if it is refused."""
    try:
        return racer(heads)
    except Rejection:
        return {}


@pytest.mark.spec("architecture-3")
def test_a_spawn_and_an_archive_decided_on_the_same_heads_never_both_land() -> None:
    """Both append to the root's log, so the slower one meets a conflict, reloads, and is then refused."""
    for first, second, refusal in (
        (spawn(NEW_CHILD), archive, TransitionNotAllowed),
        (archive, spawn(NEW_CHILD), FamilyArchived),
    ):
        family = family_at_rest()
        heads = family.heads()
        assert family.append(heads, first(heads))
        assert not family.append(heads, second(heads))
        with pytest.raises(refusal):
            second(family.heads())


@pytest.mark.spec("12.1")
@pytest.mark.parametrize("situation", SITUATIONS, ids=str)
def test_a_busy_member_blocks_archiving_and_nobody_is_archived(situation: Situation) -> None:
    """A family is archived if all members rest; if one is busy it is refused for all, whichever member it is."""
    if situation.state == "N":
        return
    for busy in (ROOT, CHILD):
        family = family_at_rest()
        member = reach(situation)
        created = member.events[0]
        assert isinstance(created, ChatCreated)
        family.logs[busy].head = evolve(member.current, root_id=None if busy == ROOT else ROOT)
        before = family.heads()
        if situation.state in RESTING:
            decided = archive(before)
            assert {ROOT, CHILD} == set(decided)
            assert all(each.events == (ChatArchived(by=ROOT),) for each in decided.values())
        else:
            with pytest.raises(TransitionNotAllowed):
                archive(before)


@pytest.mark.spec("12.1", "2.11.8")
def test_the_whole_family_comes_back() -> None:
    """Unarchiving is decided over the whole family as well; doing either twice is refused."""
    family = family_at_rest()
    family.logs[CHILD].do(send("one more"))
    rest(family.logs[CHILD])
    with pytest.raises(TransitionNotAllowed):
        unarchive(family.heads())

    family.do(archive)
    with pytest.raises(TransitionNotAllowed):
        archive(family.heads())
    decided = unarchive(family.heads())
    assert all(each.events == (ChatUnarchived(by=ROOT),) for each in decided.values())
    family.do(unarchive)
    assert not any(head.archived for head in family.heads().values())


@pytest.mark.spec("9.2", "12.1")
def test_families_are_one_level_deep_and_act_by_their_root() -> None:
    """A child can neither have children nor be archived on its own; the refusal names the root."""
    family = family_at_rest()
    heads = family.heads()

    with pytest.raises(NotARoot) as no_children:
        decide_child(NEW_CHILD, create(), CHILD, heads[CHILD])
    with pytest.raises(NotARoot) as no_archive:
        decide_archived(heads, CHILD, archived=True)
    assert ROOT == no_children.value.root_id == no_archive.value.root_id
    assert (ROOT, ROOT) == (heads[CHILD].parent_id, heads[CHILD].root_id)
    assert (None, None) == (heads[ROOT].parent_id, heads[ROOT].root_id)


@pytest.mark.spec("architecture-3")
def test_a_family_has_at_most_so_many_members() -> None:
    """The root and FAMILY_MAX - 1 children; the next one is refused, and neither log changes."""
    family = Family(logs={ROOT: reach(next(each for each in SITUATIONS if each.state == "W"))})
    for number in range(1, FAMILY_MAX):
        family.do(spawn(ChatId(f"child-{number}")))

    assert FAMILY_MAX == len(family.logs)
    with pytest.raises(FamilyFull, match=str(FAMILY_MAX)):
        family.do(spawn(ChatId("one-too-many")))
    assert family.faults() == []


@given(st.lists(st.sampled_from(("spawn", "archive", "unarchive", "say", "rest")), max_size=12), st.data())
def test_a_family_is_whole_after_whatever_is_asked_of_it(asked: list[str], data: st.DataObject) -> None:
    """Children are created, members work and rest, families are archived and come back: at all times as a whole."""
    family = family_at_rest()
    for place, what in enumerate(asked):
        member = data.draw(st.sampled_from(sorted(family.logs)))
        racer = {"spawn": spawn(ChatId(f"child-{place + 2}")), "archive": archive, "unarchive": unarchive}.get(what)
        heads = family.heads()
        if racer is not None:
            family.append(heads, decided_by(racer, heads))
        elif what == "say":
            family.append(heads, decided_by(say(member), heads))
        elif not heads[member].archived:
            rest(family.logs[member])
        assert family.faults() == []
