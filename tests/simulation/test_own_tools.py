"""Tools of one's own in a simulated cluster: a planted bug is found, and everything around them goes wrong."""

import json
from collections.abc import Callable, Iterable, Mapping
from random import Random
from typing import ClassVar, Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatcore import Repeat, Tool, ToolContext, ToolDefinition, ToolFailed, ToolText, object_schema
from chatcore.domain.content.tool_results import ToolOutcome
from chatcore.domain.ids import ChatId
from chatcore.domain.json_text import JsonValue, dump_json
from chatcore.testing.simulation import Checker, Fault, Noted, Profile, Run, simulate
from chatcore.testing.simulation.checkers import CHECKERS, EffectsOnce
from chatcore.testing.simulation.drawn_arguments import arguments_for
from chatcore.testing.simulation.happenings import FaultStruck, ModelAsked, ToolActed
from chatcore.testing.simulation.simulated_tools import ASK_PERSON

LIMIT: Final = 100
SEEDS_FEW: Final = 6
REFUND: Final = ToolDefinition(
    name="refund",
    description="Give money back.",
    input_schema=object_schema({"amount": {"type": "integer", "minimum": 10, "maximum": 60}}, ["amount"]),
)


class Books:
    """What was given back in each chat, by the keys of the calls."""

    def __init__(self) -> None:
        self._given: dict[ChatId, dict[str, int]] = {}

    def allow(self, context: ToolContext, amount: int) -> bool:
        """Whether so much more may be given back; if so, it is."""
        given = self._given.setdefault(context.chat_id, {})
        if context.idempotency_key not in given and sum(given.values()) + amount > LIMIT:
            return False
        given[context.idempotency_key] = amount
        return True


def refund(books: Books, *, repeat: Repeat = Repeat.NEVER) -> Tool:
    """The tool, which keeps to the limit as far as its books tell."""

    async def handle(context: ToolContext, args: Mapping[str, JsonValue]) -> ToolOutcome:
        amount = args["amount"]
        assert isinstance(amount, int), "the arguments fit the schema"
        if not books.allow(context, amount):
            return ToolFailed(error="ask a person")
        return ToolText(text=f"gave back {amount}")

    return Tool(definition=REFUND, handler=handle, repeat=repeat)


class KeepsToTheLimit(Checker):
    """A checker as its user writes it."""

    name: ClassVar = "keeps_to_the_limit"
    sentence: ClassVar = "No chat gives back more than a hundred."

    def __init__(self) -> None:
        self._given: dict[ChatId | None, dict[str, int]] = {}

    def see(self, noted: Noted) -> None:
        """Add up what was given back, each call once."""
        match noted.what:
            case ToolActed(tool="refund", chat_id=chat_id, key=key, args=str(args)):
                given = self._given.setdefault(chat_id, {})
                given[key] = json.loads(args)["amount"]
                if sum(given.values()) > LIMIT:
                    raise self.fail(f"{sum(given.values())} were given back", chat_id)
            case _:
                return


def runs(tools: Callable[[], Callable[[], Iterable[Tool]]], *checkers: type[Checker]) -> list[Run]:
    """Some hostile days, each with a world of its own."""
    return [simulate(seed, tools=tools(), checkers=checkers) for seed in range(SEEDS_FEW)]


def test_a_tool_that_counts_in_the_memory_of_its_worker_is_found_out() -> None:
    """The next worker counts from nothing; the user's own checker sees it, and the seed shows it again."""
    found = runs(lambda: lambda: [refund(Books())], KeepsToTheLimit)
    bad = next(run for run in found if run.violation is not None)
    again = simulate(bad.seed, tools=lambda: [refund(Books())], checkers=[KeepsToTheLimit])

    assert bad.violation is not None
    assert bad.violation.invariant == "keeps_to_the_limit"
    assert "the tool refund takes effect" in bad.story()
    assert (str(bad.violation), bad.digest) == (str(again.violation), again.digest)


def test_a_tool_whose_world_remembers_keeps_all_promises() -> None:
    """The same tool over books that outlive the workers."""

    def careful() -> Callable[[], Iterable[Tool]]:
        books = Books()
        return lambda: [refund(books, repeat=Repeat.IDEMPOTENT)]

    for run in runs(careful, KeepsToTheLimit, *CHECKERS):
        assert run.violation is None, f"{run}\n{run.story()}"
        assert run.counts.tool_effects


def test_the_memory_of_a_worker_is_made_anew_for_each_of_its_lives() -> None:
    """The factory is called whenever a replica begins."""
    made: list[Books] = []

    def make() -> list[Tool]:
        made.append(Books())
        return [refund(made[-1])]

    run = simulate(1, tools=make)

    begun = sum("replica begins" in noted.line() for noted in run.trace.noted)
    assert 3 < begun == len(made)


def test_own_tools_are_offered_instead_of_the_simulated_ones() -> None:
    """The client's own tool stays, as clients are simulated."""
    run = simulate(1, tools=lambda: [refund(Books())])
    offered = {
        tool.name
        for noted in run.trace.noted
        if isinstance(noted.what, ModelAsked)
        for tool in noted.what.request.tools
    }

    assert {"refund", ASK_PERSON.name} == offered


@pytest.mark.parametrize("fault", [Fault.TOOL_CRASHES, Fault.TOOL_HANGS, Fault.TOOL_ANSWER_LOST])
def test_what_befalls_simulated_tools_befalls_own_ones(fault: Fault) -> None:
    """Each by its rate; one that always crashes takes no effect, one whose answers get lost does."""
    always = Profile(name="mine", rates={fault: 1.0}, deeds=6)
    run = simulate(1, profile=always, chats=4, tools=lambda: [refund(Books())])

    assert {fault} == set(run.counts.faults)
    assert run.violation is None
    struck = [noted.number for noted in run.trace.noted if isinstance(noted.what, FaultStruck)]
    acted = [noted.number for noted in run.trace.noted if isinstance(noted.what, ToolActed)]
    if fault is not Fault.TOOL_HANGS:
        assert any(number < struck[-1] for number in acted) is (fault is Fault.TOOL_ANSWER_LOST)


def test_a_tool_that_is_run_twice_is_noticed_by_its_effects() -> None:
    """`effects_once` sees own tools: one that raises after it acted counts as one that acted."""
    effects: list[str] = []

    async def handle(context: ToolContext, _: Mapping[str, JsonValue]) -> ToolOutcome:
        effects.append(context.idempotency_key)
        raise ConnectionError("did it, and cannot say so")

    run = simulate(1, tools=lambda: [Tool(definition=REFUND, handler=handle)], checkers=[EffectsOnce])
    acted = [noted.what.key for noted in run.trace.noted if isinstance(noted.what, ToolActed)]

    assert run.violation is None
    assert effects == acted
    assert len(effects) == len(set(effects)) > 0


def test_arguments_may_be_ones_own() -> None:
    """A callable says what the model asks; chance comes from the stream that it is given."""

    def small(tool: ToolDefinition, stream: Random) -> Mapping[str, JsonValue]:
        return {"amount": stream.choice((1, 2)), "of": tool.name}

    run = simulate(1, tools=lambda: [refund(Books())], arguments=small)
    asked = {noted.what.args for noted in run.trace.noted if isinstance(noted.what, ToolActed)}

    assert asked == {'{"amount":1,"of":"refund"}', '{"amount":2,"of":"refund"}'}


@given(st.integers(0, 1 << 30))
def test_arguments_fit_their_schema(seed: int) -> None:
    """Types, bounds, choices; what is required is there."""
    schema = object_schema(
        {
            "count": {"type": "integer", "minimum": 3, "maximum": 5},
            "share": {"type": "number", "maximum": 1},
            "kind": {"enum": ["a", "b", 7]},
            "fixed": {"const": True},
            "either": {"anyOf": [{"type": "null"}, {"type": "array", "items": {"type": "boolean"}}]},
            "person": {"type": "object", "properties": {"name": {"type": ["string", "null"]}}, "required": ["name"]},
            "anything": {},
        },
        ["count", "share", "kind", "fixed", "either", "person"],
    )
    drawn = arguments_for(ToolDefinition(name="t", description="", input_schema=schema), Random(seed))

    match drawn:
        case {
            "count": 3 | 4 | 5,
            "share": float(share),
            "kind": "a" | "b" | 7,
            "fixed": True,
            "either": None | [*_] as either,
            "person": {"name": None | str()},
        }:
            assert share <= 1
            assert all(isinstance(each, bool) for each in either or [])
        case _:
            raise AssertionError(f"{drawn} does not fit")
    assert isinstance(drawn.get("anything", ""), str)
    assert drawn == json.loads(dump_json(drawn))
