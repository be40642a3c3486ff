"""Whole turns on SQLite, durable at every commit, beside the same rows written by hand."""

import time
from collections.abc import Awaitable, Callable, Iterator, Mapping
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Final

import anyio
from benchmarks.floor import commits_per_second
from benchmarks.result import Result
from benchmarks.turn_floor import TurnFloor

import chatcore
from chatcore.compose.chats import Chats
from chatcore.domain.json_text import JsonValue
from chatcore.ports.model import ModelRequest
from chatcore.testing import Call, Saying, ScriptedModel, latest_results

TEXT_TARGET: Final = 1.8
TOOLS_TARGET: Final = 1.4
TOGETHER_TARGET: Final = 1.3
TOOL_STEPS: Final = 10
TOGETHER: Final = 100
_ROUNDS: Final = 5


def run(*, quick: bool) -> list[Result]:
    """All figures; `quick` with fewer repetitions."""
    with TemporaryDirectory(prefix="chatcore-bench-", dir=Path.cwd()) as directory:
        return anyio.run(_run, Path(directory), quick)


async def _run(directory: Path, quick: bool) -> list[Result]:
    commits = commits_per_second(directory / "calibration.db", seconds=0.3 if quick else 1.0)
    text = await _text_turns(directory, 60 if quick else 300)
    tools = await _tool_turns(directory, 10 if quick else 60)
    together = await _many_chats(directory, 200 if quick else 1_000)
    return [
        Result(name="raw durable commits", value=commits, unit="1/s"),
        Result.at_most("a text turn", text[0], "ms", "by hand, 2 commits", text[1], TEXT_TARGET),
        Result.at_most(f"a turn of {TOOL_STEPS} tool calls", tools[0], "ms", "by hand", tools[1], TOOLS_TARGET),
        Result.at_least(
            f"turns/s, {TOGETHER} chats at once",
            together[0],
            "1/s",
            "by hand, one by one",
            together[1],
            TOGETHER_TARGET,
        ),
    ]


async def _text_turns(directory: Path, turns: int) -> tuple[float, float]:
    """Milliseconds of a turn, by chatcore and by hand."""
    floor = TurnFloor(directory / "text-floor.db", 1)
    model = ScriptedModel(lambda _: ["An everyday answer. " * 4], words_per_delta=20)
    async with chatcore.open(_url(directory, "text.db"), model=model) as chats:
        chat = await chats.create("Hello.", owner="ada")
        await chat.rest()

        async def turn() -> None:
            await chat.send("Go on.")
            await chat.rest()

        return await _interleaved(turn, lambda: floor.text_turn(0), turns)


async def _tool_turns(directory: Path, turns: int) -> tuple[float, float]:
    floor = TurnFloor(directory / "tools-floor.db", 1)

    def script(request: ModelRequest) -> Iterator[Saying]:
        steps = len(request.messages) - 1 - max(i for i, m in enumerate(request.messages) if m.role == "user")
        if steps < 2 * TOOL_STEPS:
            yield Call("note", {"step": steps})
        else:
            yield f"Done: {len(latest_results(request))}"

    async def note(_: chatcore.ToolContext, __: Mapping[str, JsonValue]) -> chatcore.ToolText:
        return chatcore.ToolText(text='{"ok":true}')

    definition = chatcore.ToolDefinition(name="note", description="n", input_schema=chatcore.object_schema({}))
    tool = chatcore.Tool(definition=definition, handler=note)
    async with chatcore.open(_url(directory, "tools.db"), model=ScriptedModel(script), tools=[tool]) as chats:

        async def turn() -> None:
            chat = await chats.create("Note ten things.", owner="ada")
            await chat.rest()

        return await _interleaved(turn, lambda: floor.tool_turn(0, TOOL_STEPS), turns)


async def _many_chats(directory: Path, count: int) -> tuple[float, float]:
    """Turns per second: new chats, so many at once, beside the floor's turns one after the other."""
    floor = TurnFloor(directory / "many-floor.db", count)
    settings = chatcore.ServiceSettings(work=chatcore.WorkSettings(chats_max=TOGETHER))
    model = ScriptedModel(lambda _: ["An everyday answer. " * 4], words_per_delta=20)
    async with chatcore.open(_url(directory, "many.db"), model=model, settings=settings) as chats:
        places = anyio.CapacityLimiter(TOGETHER)
        began = time.perf_counter()
        async with anyio.create_task_group() as tasks:
            for _ in range(count):
                tasks.start_soon(_one_chat, chats, places)
        rate = count / (time.perf_counter() - began)
    began = time.perf_counter()
    for number in range(count):
        floor.text_turn(number)
    return rate, count / (time.perf_counter() - began)


async def _one_chat(chats: Chats, places: anyio.CapacityLimiter) -> None:
    async with places:
        chat = await chats.create("Hello.", owner="ada")
        await chat.rest()


async def _interleaved(
    turn: Callable[[], Awaitable[None]], by_hand: Callable[[], None], count: int
) -> tuple[float, float]:
    """Medians of rounds that take turns, in milliseconds of one turn."""
    ours: list[float] = []
    theirs: list[float] = []
    for _ in range(_ROUNDS):
        began = time.perf_counter()
        for _ in range(count // _ROUNDS):
            await turn()
        between = time.perf_counter()
        for _ in range(count // _ROUNDS):
            by_hand()
        ours.append(between - began)
        theirs.append(time.perf_counter() - between)
    each = 1000 / (count // _ROUNDS)
    return median(ours) * each, median(theirs) * each


def _url(directory: Path, name: str) -> str:
    return f"sqlite:///{directory / name}"
