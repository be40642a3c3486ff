"""Whole turns on SQLite, durable at every commit, beside the same rows written by hand."""

import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

import anyio
from benchmarks.alternately import Pair, alternately, assert_kept
from benchmarks.floor import commits_per_second
from benchmarks.result import Result
from benchmarks.slow_disk import slow_disk
from benchmarks.turn_floor import TurnFloor

import chatcore
from chatcore.compose.chats import Chats
from chatcore.domain.json_text import JsonValue
from chatcore.ports.model import ModelRequest
from chatcore.testing import Call, Saying, ScriptedModel, latest_results

TEXT_TARGET: Final = 1.8
TOOLS_TARGET: Final = 1.4
TOGETHER_TARGET: Final = 1.3
BYTES_TARGET: Final = 1.5
SLOW_COMMIT_MS: Final = 3.0
"""What a commit takes on many a disk that really writes before it answers, or on one of a network."""
TOOL_STEPS: Final = 10
TOGETHER: Final = 100


def run(*, quick: bool) -> list[Result]:
    """All figures; `quick` with fewer repetitions."""
    with TemporaryDirectory(prefix="chatcore-bench-", dir=Path.cwd()) as directory:
        return anyio.run(_run, Path(directory), quick)


async def _run(directory: Path, quick: bool) -> list[Result]:
    commits = commits_per_second(directory / "calibration.db", seconds=0.3 if quick else 1.0)
    here = await _turns(directory, quick, "", commit_ms=1000 / commits)
    with slow_disk(SLOW_COMMIT_MS):
        slow = directory / "slow"
        slow.mkdir()
        there = await _turns(slow, quick, f", commits {SLOW_COMMIT_MS:g} ms slower", commit_ms=None)
    return [Result(name="raw durable commits", value=commits, unit="1/s"), *here, *there]


async def _turns(directory: Path, quick: bool, where: str, *, commit_ms: float | None) -> list[Result]:
    text = await _text_turns(directory, 60 if quick else 300)
    tools = await _tool_turns(directory, 10 if quick else 60)
    together = await _many_chats(directory, 200 if quick else 1_000)
    calls = f"a turn of {TOOL_STEPS} calls{where}"
    results = [
        Result.at_most(f"a text turn{where}", text.ours_ms, "ms", "by hand, 2 commits", text.floor_ms, TEXT_TARGET),
        Result.at_most(calls, tools.ours_ms, "ms", "by hand, 22 commits", tools.floor_ms, TOOLS_TARGET),
        Result.at_least(
            f"turns/s, {TOGETHER} chats at once{where}",
            together[0],
            "1/s",
            "by hand, one by one",
            together[1],
            TOGETHER_TARGET,
        ),
    ]
    if commit_ms is not None:
        text_from = text.holds_from("a text turn", commits=2, target=TEXT_TARGET, commit_ms=commit_ms)
        tools_from = tools.holds_from("ten calls", commits=2 * TOOL_STEPS + 2, target=TOOLS_TARGET, commit_ms=commit_ms)
        results += [text_from, tools_from, *tools.written("bytes written by a turn of ten calls", BYTES_TARGET)]
    return results


async def _text_turns(directory: Path, turns: int) -> Pair:
    """Turns of one chat that grows."""
    floor = TurnFloor(directory / "text-floor.db")
    model = ScriptedModel(lambda _: ["An everyday answer. " * 4], words_per_delta=20)
    async with chatcore.open(_url(directory, "text.db"), model=model) as chats:
        chat = await chats.create("Hello.", owner="ada")
        await chat.rest()

        async def turn() -> None:
            await chat.send("Go on.")
            await chat.rest()

        key = floor.create()
        return await alternately(turn, lambda: floor.text_turn(key), turns)


async def _tool_turns(directory: Path, turns: int) -> Pair:
    """Turns of new chats. While the sixth tool runs, what led to it is looked for on another connection."""
    floor = TurnFloor(directory / "tools-floor.db")
    path = directory / "tools.db"

    def script(request: ModelRequest) -> Iterator[Saying]:
        done = len(request.messages) - 1 - max(i for i, m in enumerate(request.messages) if m.role == "user")
        if done < 2 * TOOL_STEPS:
            yield Call("note", {"step": done // 2 + 1})
        else:
            yield f"Done: {len(latest_results(request))}"

    async def note(context: chatcore.ToolContext, args: Mapping[str, JsonValue]) -> chatcore.ToolText:
        if args["step"] == 6:
            assert_kept(path, context.chat_id, calls=6, results=5)
        return chatcore.ToolText(text='{"ok":true}')

    definition = chatcore.ToolDefinition(name="note", description="n", input_schema=chatcore.object_schema({}))
    tool = chatcore.Tool(definition=definition, handler=note)
    async with chatcore.open(f"sqlite:///{path}", model=ScriptedModel(script), tools=[tool]) as chats:

        async def turn() -> None:
            chat = await chats.create("Note ten things.", owner="ada")
            await chat.rest()

        return await alternately(turn, lambda: floor.new_tool_turn(TOOL_STEPS), turns)


async def _many_chats(directory: Path, count: int) -> tuple[float, float]:
    """Turns per second: new chats, so many at once, beside the floor's turns one after the other."""
    floor = TurnFloor(directory / "many-floor.db")
    settings = chatcore.ServiceSettings(work=chatcore.WorkSettings(chats_max=2 * TOGETHER))
    model = ScriptedModel(lambda _: ["An everyday answer. " * 4], words_per_delta=20)
    async with chatcore.open(_url(directory, "many.db"), model=model, settings=settings) as chats:
        places = anyio.CapacityLimiter(TOGETHER)
        began = time.perf_counter()
        async with anyio.create_task_group() as tasks:
            for _ in range(count):
                tasks.start_soon(_one_chat, chats, places)
        rate = count / (time.perf_counter() - began)
    began = time.perf_counter()
    for _ in range(count):
        floor.new_text_turn()
    return rate, count / (time.perf_counter() - began)


async def _one_chat(chats: Chats, places: anyio.CapacityLimiter) -> None:
    async with places:
        chat = await chats.create("Hello.", owner="ada")
        await chat.rest()


def _url(directory: Path, name: str) -> str:
    return f"sqlite:///{directory / name}"
