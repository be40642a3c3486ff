"""What one streamed delta costs, with the part journal and without it."""

import time
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Final

import anyio
from benchmarks.result import Result

import chatcore
from chatcore.domain.live.batching import JournalMode, JournalSettings
from chatcore.testing import ScriptedModel

_ROUNDS: Final = 5


def run(*, quick: bool) -> list[Result]:
    """Medians of interleaved rounds of one long reply each."""
    with TemporaryDirectory(prefix="chatcore-bench-", dir=Path.cwd()) as directory:
        return anyio.run(_run, Path(directory), 1_000 if quick else 5_000)


async def _run(directory: Path, deltas: int) -> list[Result]:
    took: dict[JournalMode, list[float]] = {mode: [] for mode in JournalMode}
    scripted = [await _scripted_us(deltas) for _ in range(_ROUNDS)]
    for number in range(_ROUNDS):
        for mode in JournalMode:
            took[mode].append(await _delta_us(directory / f"{mode}-{number}.db", mode, deltas))
    alone = median(scripted)
    return [
        Result.at_most(f"a delta, journal={mode}", median(took[mode]), "us", "the scripted model alone", alone)
        for mode in JournalMode
    ]


async def _delta_us(path: Path, mode: JournalMode, deltas: int) -> float:
    settings = chatcore.ServiceSettings(journal=JournalSettings(mode=mode))
    async with chatcore.open(f"sqlite:///{path}", model=_model(deltas), settings=settings) as chats:
        began = time.perf_counter()
        chat = await chats.create("Tell me much.", owner="ada")
        await chat.rest()
        return 1e6 * (time.perf_counter() - began) / deltas


async def _scripted_us(deltas: int) -> float:
    from chatcore.ports.model import ModelRequest

    began = time.perf_counter()
    async with _model(deltas).stream(ModelRequest(model_id="m", messages=())) as events:
        async for _ in events:
            pass
    return 1e6 * (time.perf_counter() - began) / deltas


def _model(deltas: int) -> ScriptedModel:
    return ScriptedModel(lambda _: ["word " * deltas], words_per_delta=1)
