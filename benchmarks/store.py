"""Appends of the SQLite store, beside the same rows written by hand."""

import time
from collections.abc import Awaitable, Callable
from contextlib import aclosing
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Final

import anyio
from benchmarks.floor import Floor, commits_per_second
from benchmarks.result import Result

from chatcore.adapters.sqlite import SqliteStore
from chatcore.adapters.system import SystemClock
from chatcore.domain.chat import commands as c
from chatcore.domain.chat.codec import Codec
from chatcore.domain.chat.head import ChatHead
from chatcore.domain.ids import ChatId
from chatcore.ports.actor import SYSTEM
from chatcore.ports.store_values import ChatAppend
from chatcore.testing.appends import acquired, append_of, created, words

ROUNDS: Final = 5
"""Store and floor take turns; the median of the rounds counts, so that a busy moment spoils one of them only."""
TOGETHER: Final = 100
WORDS: Final = "An everyday sentence of an answer, number {}. " * 5


def run(*, quick: bool) -> list[Result]:
    """All figures; `quick` with fewer repetitions."""
    with TemporaryDirectory(prefix="chatcore-bench-", dir=Path.cwd()) as directory:
        return anyio.run(_run, Path(directory), quick)


async def _run(directory: Path, quick: bool) -> list[Result]:
    commits = commits_per_second(directory / "calibration.db", seconds=0.3 if quick else 1.0)
    chat_ids = [ChatId(f"0190b2a0-0000-7000-8000-{number:012}") for number in range(TOGETHER)]
    async with aclosing(await SqliteStore.open(directory / "store.db", clock=SystemClock())) as store:
        heads = await _running(store, chat_ids)
        floor = _floor(directory / "floor.db", chat_ids, heads[chat_ids[0]])
        writing = _Writing(store, heads)
        one = await _against_floor(writing.one, lambda: floor.append(chat_ids[0]), 50 if quick else 300)
        many = await _against_floor(writing.together, lambda: floor.append(*chat_ids), 5 if quick else 20)
        floor.close()
    return [
        Result(name="raw durable commits", value=commits, unit="1/s"),
        Result.at_most("an append of one event", one[0], "ms", "by hand", one[1]),
        Result.at_most(f"{TOGETHER} appends at once", many[0], "ms", "by hand", many[1]),
    ]


class _Writing:
    """Appends of one event, made before they are timed."""

    def __init__(self, store: SqliteStore, heads: dict[ChatId, ChatHead]) -> None:
        self._store = store
        self._heads = heads
        self._number = 0

    async def one(self) -> float:
        """Seconds for an append to the first chat."""
        append = self._next(next(iter(self._heads)))
        begun = time.perf_counter()
        await self._store.append([append], actor=SYSTEM)
        return time.perf_counter() - begun

    async def together(self) -> float:
        """Seconds for an append to each chat, each in a task of its own."""
        appends = [self._next(chat_id) for chat_id in self._heads]
        begun = time.perf_counter()
        async with anyio.create_task_group() as tasks:
            for append in appends:
                tasks.start_soon(self._append, append)
        return time.perf_counter() - begun

    async def _append(self, append: ChatAppend) -> None:
        await self._store.append([append], actor=SYSTEM)

    def _next(self, chat_id: ChatId) -> ChatAppend:
        self._number += 1
        append = _said(chat_id, self._heads[chat_id], self._number)
        self._heads[chat_id] = append.head
        return append


async def _against_floor(
    store: Callable[[], Awaitable[float]], floor: Callable[[], None], repetitions: int
) -> tuple[float, float]:
    """Medians of the rounds' medians, in milliseconds."""
    of_store: list[float] = []
    of_floor: list[float] = []
    for _ in range(ROUNDS):
        of_store.append(median([await store() for _ in range(repetitions)]))
        of_floor.append(median([_timed(floor) for _ in range(repetitions)]))
    return median(of_store) * 1000, median(of_floor) * 1000


async def _running(store: SqliteStore, chat_ids: list[ChatId]) -> dict[ChatId, ChatHead]:
    heads: dict[ChatId, ChatHead] = {}
    for chat_id in chat_ids:
        first = created(chat_id)
        taken = acquired(chat_id, first.head)
        for append in (first, taken):
            await store.append([append], actor=SYSTEM)
        heads[chat_id] = taken.head
    return heads


def _said(chat_id: ChatId, head: ChatHead, number: int) -> ChatAppend:
    """An append that writes what the floor writes: one event of some 300 bytes, and the chat's head."""
    return append_of(chat_id, head, c.CommitAnswer(content=words(WORDS.format(*[number] * 5))))


def _floor(path: Path, chat_ids: list[ChatId], head: ChatHead) -> Floor:
    codec = Codec()
    event = codec.encode_event(_said(chat_ids[0], head, 1).events[0])
    return Floor(path, list(chat_ids), type_name=event.type, payload=event.payload, head=codec.encode_head(head))


def _timed(action: Callable[[], None]) -> float:
    begun = time.perf_counter()
    action()
    return time.perf_counter() - begun
