"""Reading the head of a long chat for its next command, beside that of a short one: one row, whatever the length."""

import time
from contextlib import aclosing
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Final

import anyio
from benchmarks.result import Result

from chatcore.adapters.sqlite import SqliteStore
from chatcore.adapters.system import SystemClock
from chatcore.domain.ids import ChatId
from chatcore.ports.actor import SYSTEM
from chatcore.testing.appends import created, many_titles

TARGET: Final = 1.15
_SHORT: Final = 100
_LONG: Final = 100_000
_LONG_QUICK: Final = 10_000
_ROUNDS: Final = 5
_READS: Final = 200
"""Reads of one round."""
_APPEND: Final = 1_000
"""Events of one append while a chat is made."""


def run(*, quick: bool) -> list[Result]:
    """Medians of interleaved rounds."""
    with TemporaryDirectory(prefix="chatcore-bench-", dir=Path.cwd()) as directory:
        return anyio.run(_run, Path(directory), _LONG_QUICK if quick else _LONG)


async def _run(directory: Path, long: int) -> list[Result]:
    chats = {length: ChatId(f"chat-of-{length}") for length in (_SHORT, long)}
    rounds: dict[int, list[float]] = {length: [] for length in chats}
    async with aclosing(await SqliteStore.open(directory / "store.db", clock=SystemClock())) as store:
        for length, chat_id in chats.items():
            await _grow(store, chat_id, length)
        for _ in range(_ROUNDS):
            for length, chat_id in chats.items():
                rounds[length].append(median([await _read_ms(store, chat_id) for _ in range(_READS)]))
    short_ms, long_ms = median(rounds[_SHORT]), median(rounds[long])
    return [Result.at_most(f"the head of {long:,} events", long_ms, "ms", f"of {_SHORT}", short_ms, TARGET)]


async def _grow(store: SqliteStore, chat_id: ChatId, length: int) -> None:
    append = created(chat_id)
    await store.append([append], actor=SYSTEM)
    while (seq := append.head.seq) < length:
        append = many_titles(chat_id, append.head, min(_APPEND, length - seq))
        await store.append([append], actor=SYSTEM)


async def _read_ms(store: SqliteStore, chat_id: ChatId) -> float:
    began = time.perf_counter()
    await store.head(chat_id, actor=SYSTEM)
    return 1000 * (time.perf_counter() - began)
