"""What a simulated model says, and how it misbehaves: a script drawn from the seed, request by request."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from chatcore.adapters.scripted import Call, CutOff, Fail, Pause, Report, Say, Saying, Think, latest_results
from chatcore.domain.json_text import JsonValue, dump_json
from chatcore.domain.turn.tools import ToolChoice, ToolDefinition
from chatcore.ports.model import ModelRequest
from chatcore.testing.simulation.faults import Faults
from chatcore.testing.simulation.own_tools import OwnTools
from chatcore.testing.simulation.profile import Fault
from chatcore.testing.simulation.simulated_tools import ASK_PERSON

WORDS: Final = (
    "the",
    "lamp",
    "was",
    "low",
    "and",
    "nobody",
    "said",
    "what",
    "had",
    "become",
    "of",
    "that",
    "letter",
    "from",
)
"""What answers are made of."""

_CALLS_MANY: Final = 20
_FAILURES: Final = (
    Fail("overloaded", status=529),
    Fail("rate limit", status=429, retry_after_ms=3_000),
    Fail("internal server error", status=500),
    Fail("connection reset by peer"),
    Fail("invalid api key", status=401),
    Fail("insufficient quota", status=403),
    Fail("no such model", status=404),
)


class ModelTalk:
    """The script of the model of one replica, `place`; `own` are the tools of whoever simulates, if they have any."""

    def __init__(self, place: str, faults: Faults, own: OwnTools | None = None) -> None:
        self._place = place
        self._talk = faults.draws.of("talk", place)
        self._faults = faults
        self._own = own
        self._answers = 0

    def script(self, request: ModelRequest) -> Iterator[Saying]:
        """The answer to a request."""
        self._answers += 1
        # Drawn before the first event, so that a request that is cut short takes as much of the stream as any other.
        sayings = self._broken(self._odd(request, self._ordinary(request)))
        pauses = [Pause(self._faults.profile.word.draw(self._talk)) for _ in sayings]
        return (each for pair in zip(pauses, sayings, strict=True) for each in pair)

    def _ordinary(self, request: ModelRequest) -> list[Saying]:
        if request.tool_choice is ToolChoice.NONE:
            return [Say(f"Summary {self._answers}: {self._words(6)}")]
        tools = [tool for tool in request.tools if isinstance(tool, ToolDefinition)]
        sayings: list[Saying] = []
        if self._chance(0.2):
            signature = dump_json({"signature": "s"}) if self._chance(0.5) else None
            sayings.append(Think(self._words(4), signature))
        # When the faults have stopped all comes to rest: a model that goes on asking its client would wait and wait.
        wants_tools = self._chance(0.3 if latest_results(request) else 0.5) and bool(tools) and not self._faults.stopped
        if not wants_tools or self._chance(0.4):
            sayings += [Say(f"Answer {self._answers}. {self._words(5)} ")]
            sayings += [Say(self._words(6)) for _ in range(self._talk.randrange(3))]
        if wants_tools:
            sayings += [self._call(tools) for _ in range(1 + self._talk.randrange(3))]
        if self._chance(0.5):
            sayings.append(Report(input_tokens=100 * len(request.messages), output_tokens=20))
        return sayings

    def _odd(self, request: ModelRequest, sayings: list[Saying]) -> list[Saying]:
        tools = [tool for tool in request.tools if isinstance(tool, ToolDefinition)]
        if not tools:
            return [] if self._strikes(Fault.MODEL_SAYS_NOTHING) else sayings
        first = tools[0]
        if self._strikes(Fault.MODEL_UNKNOWN_TOOL):
            sayings = [*sayings, Call("consult_oracle", {"n": self._answers})]
        if self._strikes(Fault.MODEL_MANY_CALLS):
            sayings = [*sayings, *(Call(first.name, self._args(first, {"n": number})) for number in range(_CALLS_MANY))]
        if self._strikes(Fault.MODEL_SAME_ID):
            calls = [Call(first.name, self._args(first, {"n": number}), call_id="same") for number in range(3)]
            sayings = [*sayings, *calls]
        if self._strikes(Fault.MODEL_BAD_ARGUMENTS):
            sayings = [*sayings, Call(first.name, '{"n": ')]
        return [] if self._strikes(Fault.MODEL_SAYS_NOTHING) else sayings

    def _broken(self, sayings: list[Saying]) -> list[Saying]:
        """The answer with what ends it early, if anything does: at its beginning or behind one of its sayings."""
        where = self._talk.randrange(len(sayings) + 1)
        failure = self._talk.choice(_FAILURES)
        if self._strikes(Fault.MODEL_FAILS_BEFORE):
            return [failure]
        if self._strikes(Fault.MODEL_FAILS_MIDWAY):
            return [*sayings[:where], failure]
        if self._strikes(Fault.MODEL_HAS_NO_END):
            begun = sayings[where] if where < len(sayings) else None
            return [*sayings[:where], CutOff(begun if isinstance(begun, Say | Think | Call) else None)]
        if self._strikes(Fault.MODEL_STALLS):
            seconds = self._faults.seconds(self._faults.profile.stall, Fault.MODEL_STALLS, self._place)
            return [*sayings[:where], Pause(seconds), *sayings[where:]]
        return sayings

    def _call(self, tools: Sequence[ToolDefinition]) -> Call:
        # The newest offer is the client's own tool, where it has one: it is called as often as all others together.
        tool = tools[-1] if self._chance(0.4) else self._talk.choice(tools)
        return Call(tool.name, self._args(tool, {"n": self._answers, "why": self._words(1)}))

    def _args(self, tool: ToolDefinition, simulated: Mapping[str, JsonValue]) -> Mapping[str, JsonValue]:
        """What a tool is asked: the simulated ones and the client's take the given arguments."""
        if self._own is None or tool.name == ASK_PERSON.name:
            return simulated
        return self._own.arguments(tool, self._faults.draws.of("arguments", self._place))

    def _words(self, count: int) -> str:
        return " ".join(self._talk.choice(WORDS) for _ in range(count))

    def _chance(self, chance: float) -> bool:
        return self._talk.random() < chance

    def _strikes(self, fault: Fault) -> bool:
        return self._faults.strikes(fault, self._place)
