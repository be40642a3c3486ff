"""Every command in every situation does what transitions.txt says, and nothing else."""

import re
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pytest
from attrs import evolve, frozen

from chatcore.domain.chat.append import Append, decide_append
from chatcore.domain.chat.codec import Codec
from chatcore.domain.chat.decide import decide
from chatcore.domain.chat.evolve import fold
from chatcore.domain.chat.fence import Fence
from chatcore.domain.chat.rejections import (
    CallsPending,
    FenceRequired,
    Rejection,
    StaleFence,
    TransitionNotAllowed,
)
from chatcore.domain.chat.states import CommandKey, ExecutionState, execution_state
from chatcore.domain.chat.transitions import RUNNER_COMMANDS, TRANSITIONS, allowed_commands
from chatcore.domain.chat.values import Status
from chatcore.domain.errors import Corrupt
from chatcore.domain.ids import RunnerId
from chatcore.testing.chat_log import ChatLog
from chatcore.testing.reference_head import reference_head
from chatcore.testing.situations import SITUATIONS, Calls, Situation, reach
from chatcore.testing.standard_commands import standard_command

TABLE = Path(__file__).with_name("transitions.txt")
CODEC = Codec()


@frozen(kw_only=True)
class Line:
    """A line of the file: the situations it is about, and what happens there."""

    states: frozenset[str]
    filters: Mapping[str, frozenset[str]]
    to: str | None
    """None: refused."""
    owner: str
    events: tuple[str, ...]
    code: str

    def covers(self, situation: Situation) -> bool:
        actual = {
            "owner": "yes" if situation.owned else "no",
            "rows": str(situation.rows),
            "calls": str(situation.calls),
        }
        return situation.state in self.states and all(actual[name] in wanted for name, wanted in self.filters.items())

    def state_after(self, situation: Situation) -> str:
        assert self.to is not None
        return situation.state if self.to == "same" else self.to

    def event_types(self, calls: Calls) -> list[str]:
        """The events in order, with `*calls` and `x3` written out."""
        count = {
            "*calls": len(calls.parts),
            "*local": calls in ("local", "both"),
            "*client": calls in ("client", "both"),
        }
        expected: list[str] = []
        for word in self.events:
            if word[0] in "*x":
                expected += [expected.pop()] * (count[word] if word[0] == "*" else int(word[1:]))
            else:
                expected.append(word)
        return expected


def parsed() -> Iterator[tuple[str, Line]]:
    key = ""
    for text in TABLE.read_text(encoding="utf-8").splitlines():
        rule = text.split("#")[0].strip()
        if rule.startswith("["):
            key = rule.strip("[]")
        elif rule:
            yield key, parsed_line(rule)


def parsed_line(rule: str) -> Line:
    outcome = re.fullmatch(r"(.*?)\s+(?:->\s+(\w+)\s+(kept|none|set)\s+: (.+)|refused (\w+))", rule)
    assert outcome is not None, f"cannot read: {rule}"
    given, to, owner, events, code = outcome.groups()
    conditions = given.split()
    filters = dict(word.split("=") for word in conditions if "=" in word)
    return Line(
        states=frozenset(word for word in conditions if "=" not in word),
        filters={name: frozenset(values.split(",")) for name, values in filters.items()},
        to=to,
        owner=owner or "",
        events=tuple((events or "").split()),
        code=code or "",
    )


LINES = list(parsed())
CASES = [
    pytest.param(key, situation, id=f"{key}-{str(situation).replace(' ', '-')}")
    for key in CommandKey
    for situation in SITUATIONS
]


RUNNER_CASES = [
    pytest.param(key, situation, id=f"{key}-{str(situation).replace(' ', '-')}")
    for key in sorted(RUNNER_COMMANDS)
    for situation in SITUATIONS
]
ELSEWHERE = [
    pytest.param(lambda fence: evolve(fence, runner_id=RunnerId("runner-other")), id="runner"),
    pytest.param(lambda fence: evolve(fence, history_version=1), id="history"),
    pytest.param(lambda fence: evolve(fence, generation_attempt=99), id="attempt"),
    pytest.param(lambda fence: evolve(fence, status=Status.REQUIRES_ACTION), id="status"),
]


def line_for(key: str, situation: Situation) -> Line:
    lines = [line for name, line in LINES if name == key and line.covers(situation)]
    assert len(lines) == 1, f"{key} in {situation} stands in {len(lines)} lines of {TABLE.name}"
    return lines[0]


def frozen_text(chat: ChatLog) -> tuple[str, list[str]]:
    head = "" if chat.head is None else CODEC.encode_head(chat.head)
    return head, [CODEC.encode_event(event).payload for event in chat.events]


@pytest.mark.parametrize("situation", SITUATIONS, ids=str)
def test_a_situation_is_reached_by_real_commands(situation: Situation) -> None:
    """The chats that the table is tried on are what they are said to be, and their heads the folds of their logs."""
    chat = reach(situation)

    head = chat.head
    assert chat.state is situation.state
    assert fold(chat.events) == head
    assert situation.owned is (head is not None and head.owned)
    assert situation.rows == len(head.queue if head else ())
    assert [part.tool_call_id for part in situation.calls.parts] == [
        call.call_id for call in (head.pending if head else ())
    ]


@pytest.mark.spec("2.3")
def test_a_head_in_no_state_is_corrupt() -> None:
    """An archived chat never runs; what is told of it are its status and how many messages wait."""
    chat = reach(next(each for each in SITUATIONS if each.state is ExecutionState.RUNNING_QUEUED and each.rows == 2))

    with pytest.raises(Corrupt, match="is running, archived=True, 2 queued"):
        execution_state(evolve(chat.current, archived=True))


@pytest.mark.spec("2.3", "2.4", "2.5", "3.1", "events")
@pytest.mark.parametrize(("key", "situation"), CASES)
def test_a_command_does_what_the_table_says(key: CommandKey, situation: Situation) -> None:
    """It yields exactly the listed events and ends in the listed state, or is refused and changes nothing."""
    line, chat = line_for(key, situation), reach(situation)
    command, before = standard_command(key, chat), frozen_text(chat)

    if line.to is None:
        with pytest.raises(Rejection) as refusal:
            decide(chat.head, command)
        assert line.code == refusal.value.code
        assert str(refusal.value)
        if isinstance(refusal.value, CallsPending | TransitionNotAllowed):
            assert key is refusal.value.command
        if isinstance(refusal.value, CallsPending):
            assert set(refusal.value.call_ids) <= {call.tool_call_id for call in situation.calls.parts}
            assert refusal.value.call_ids
    else:
        events = decide(chat.head, command)
        assert line.event_types(situation.calls) == [event.TYPE for event in events]
        after = fold([*chat.events, *events])
        assert reference_head([*chat.events, *events]) == after
        assert line.state_after(situation) == execution_state(after)
        assert after is not None
        owner_before = None if chat.head is None else chat.head.runner_id
        assert after.runner_id == {"kept": owner_before, "none": None, "set": "runner-new"}[line.owner]
        assert after.owned is (after.worker_id is not None)
    assert before == frozen_text(chat)


@pytest.mark.spec("2.4")
@pytest.mark.parametrize("key", CommandKey)
def test_the_table_as_data_is_the_table_on_paper(key: CommandKey) -> None:
    """TRANSITIONS holds the targets that the file names for a key and a state, and no other pair."""
    on_paper: dict[ExecutionState, set[ExecutionState]] = {}
    for situation in SITUATIONS:
        line = line_for(key, situation)
        if line.to is not None:
            on_paper.setdefault(situation.state, set()).add(ExecutionState(line.state_after(situation)))
    as_data = {state: set(targets) for (state, name), targets in TRANSITIONS.items() if name is key}

    assert on_paper == as_data


@pytest.mark.spec("2.4")
@pytest.mark.parametrize("situation", SITUATIONS, ids=str)
def test_a_refusal_by_the_table_names_what_would_be_allowed(situation: Situation) -> None:
    """What `transition_not_allowed` says is allowed is what the file allows in that state."""
    allowed = {
        key
        for key in CommandKey
        for name, line in LINES
        if name == key and situation.state in line.states
        if line.code not in ("transition_not_allowed", "chat_not_found")
    }

    assert allowed == allowed_commands(situation.state)


@pytest.mark.spec("2.9")
@pytest.mark.parametrize(("key", "situation"), RUNNER_CASES)
def test_a_runners_command_needs_its_fence(key: CommandKey, situation: Situation) -> None:
    """Without a fence a runner's command is refused in every situation, with the chat's own fence it is decided."""
    chat, line = reach(situation), line_for(key, situation)
    command = standard_command(key, chat)

    with pytest.raises(FenceRequired) as refusal:
        decide_append(chat.head, Append(commands=(command,)))
    assert key is refusal.value.command
    if chat.head is None or not chat.head.owned:
        return
    fenced = Append(commands=(command,), fence=Fence.of(chat.head))
    if line.to is None:
        with pytest.raises(Rejection) as refused:
            decide_append(chat.head, fenced)
        assert line.code == refused.value.code
    else:
        assert decide(chat.head, command) == decide_append(chat.head, fenced).events


@pytest.mark.spec("2.9")
@pytest.mark.parametrize("situation", [situation for situation in SITUATIONS if situation.owned], ids=str)
@pytest.mark.parametrize("elsewhere", ELSEWHERE)
def test_a_fence_is_stale_as_soon_as_anything_in_it_has_moved(
    situation: Situation, elsewhere: Callable[[Fence], Fence]
) -> None:
    """A fence taken from a head that differs in runner, history, attempt or status refuses whatever is asked."""
    chat = reach(situation)
    fence = elsewhere(Fence.of(chat.current))

    for key in CommandKey:
        with pytest.raises(StaleFence, match="has moved on"):
            decide_append(chat.head, Append(commands=(standard_command(key, chat),), fence=fence))


@pytest.mark.spec("2.9")
@pytest.mark.parametrize("situation", [situation for situation in SITUATIONS if not situation.owned], ids=str)
def test_nobody_has_a_fence_for_a_chat_without_a_runner(situation: Situation) -> None:
    """A fence is taken from an owned head, and an old one does not fit a chat that was given up."""
    chat = reach(situation)
    if chat.head is None:
        return
    with pytest.raises(StaleFence):
        Fence.of(chat.head)
    old = Fence(
        runner_id=RunnerId("runner-2"),
        history_version=chat.head.history_version,
        generation_attempt=chat.head.generation_attempt,
        status=chat.head.status,
    )
    with pytest.raises(StaleFence):
        decide_append(chat.head, Append(commands=(standard_command(CommandKey.SEND_QUEUE, chat),), fence=old))
