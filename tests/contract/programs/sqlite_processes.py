"""Several processes on one SQLite store. Run as `sqlite_processes.py <mode> <path> [seed]`; prints one JSON object.

The processes are forked from this one, which imports everything first, so that they begin at nearly the same moment.
"""

import json
import os
import random
import resource
import signal
import sys
import time
from collections.abc import Awaitable, Callable
from contextlib import aclosing
from pathlib import Path

import anyio

from chatcore.adapters.sqlite import Durability, SqliteSettings, SqliteStore
from chatcore.adapters.system import SystemClock
from chatcore.domain.chat import commands as c
from chatcore.domain.chat.details import fold_details
from chatcore.domain.chat.envelope import StoredEvent
from chatcore.domain.chat.events import TitleChanged
from chatcore.domain.chat.evolve import fold
from chatcore.domain.chat.head import ChatHead
from chatcore.domain.content.messages import NewMessage, Role
from chatcore.domain.ids import ChatId, UserId
from chatcore.ports.actor import SYSTEM
from chatcore.ports.store_errors import Conflict, StoreFull
from chatcore.ports.store_values import ChatAppend, FeedCursor
from chatcore.testing.appends import append_of, created, many_titles, titled, words

SHARED = ChatId("shared")
FAST = SqliteSettings(durability=Durability.NORMAL)


def race(path: Path, _seed: int) -> dict[str, object]:
    """Four processes append to the same chat, each its own titles; those that come too late decide again."""
    appends = 30

    async def write(number: int) -> dict[str, object]:
        conflicts = 0
        acknowledged: list[int] = []
        async with aclosing(await SqliteStore.open(path, clock=SystemClock(), settings=FAST)) as store:
            head = await store.head(SHARED, actor=SYSTEM)
            while len(acknowledged) < appends:
                append = titled(SHARED, head, f"{number}-{len(acknowledged)}")
                try:
                    await store.append([append], actor=SYSTEM)
                    acknowledged.append(append.head.seq)
                    head = append.head
                except Conflict:
                    conflicts += 1
                    head = await store.head(SHARED, actor=SYSTEM)
        return {"conflicts": conflicts, "acknowledged": acknowledged}

    anyio.run(_create, path, [SHARED])
    results = _in_processes(4, write, path)
    events = anyio.run(_events, path, SHARED)
    return {
        "results": results,
        "titles": [event.event.title for event in events if isinstance(event.event, TitleChanged)],
        "sound": anyio.run(_sound, path),
    }


def migrate(path: Path, _seed: int) -> dict[str, object]:
    """Four processes open a file that does not exist yet, and append."""

    async def write(number: int) -> dict[str, object]:
        async with aclosing(await SqliteStore.open(path, clock=SystemClock())) as store:
            await store.append([created(ChatId(f"chat-{number}"))], actor=SYSTEM)
        return {}

    _in_processes(4, write, path)
    return {"chats": anyio.run(_chat_ids, path), "sound": anyio.run(_sound, path)}


def feed(path: Path, _seed: int) -> dict[str, object]:
    """Eight processes write, to a chat of their own and to a shared one, while this one follows the feed."""
    writers, appends = 8, 25

    async def write(number: int) -> dict[str, object]:
        async with aclosing(await SqliteStore.open(path, clock=SystemClock(), settings=FAST)) as store:
            own = created(ChatId(f"chat-{number}"))
            await store.append([own], actor=SYSTEM)
            head = own.head
            for size in range(appends):
                append = many_titles(own.chat_id, head, 1 + size % 3)
                await store.append([append], actor=SYSTEM)
                head = append.head
                await _insist(store, SHARED, f"{number}-{size}")
        return {}

    async def follow(children: list[int]) -> list[StoredEvent]:
        seen: list[StoredEvent] = []
        cursor: FeedCursor | None = None
        async with aclosing(await SqliteStore.open(path, clock=SystemClock())) as store:
            while True:
                finished = not _running(children)
                page = await store.feed(cursor, limit=7)
                seen += page.events
                cursor = page.cursor
                if finished and not page.events:
                    return seen
                await anyio.sleep(0.001)

    anyio.run(_create, path, [SHARED])
    children = _fork(writers, write, path)
    seen = anyio.run(follow, children)
    _results(writers, path)
    logs = {chat_id: anyio.run(_events, path, ChatId(chat_id)) for chat_id in anyio.run(_chat_ids, path)}
    wrong = [chat_id for chat_id, log in logs.items() if tuple(e for e in seen if e.chat_id == chat_id) != log]
    return {"seen": len(seen), "stored": sum(map(len, logs.values())), "wrong": wrong, "sound": anyio.run(_sound, path)}


def crash(path: Path, seed: int) -> dict[str, object]:
    """A process that appends to several chats is killed again and again, at any moment; what it was told is kept."""
    moments = random.Random(seed)
    lost: list[tuple[str, str]] = []
    acknowledged_in_all = 0
    sound = True
    for number in range(25):
        reading, writing = os.pipe()
        child = os.fork()
        if child == 0:
            os.close(reading)
            anyio.run(_append_for_ever, path, number, writing)
        os.close(writing)
        # At least one append is acknowledged, then death comes at any moment: a commit takes 0.1 to some milliseconds.
        acknowledged = os.read(reading, 64)
        time.sleep(moments.random() * 0.02)
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        while more := os.read(reading, 65536):
            acknowledged += more
        os.close(reading)
        claims = [line.split() for line in acknowledged.decode().splitlines(keepends=True) if line.endswith("\n")]
        acknowledged_in_all += len(claims)
        for chat_id, seq in claims:
            if len(anyio.run(_events, path, ChatId(chat_id))) < int(seq):
                lost.append((chat_id, seq))
        sound = sound and anyio.run(_sound, path)
    return {"lost": lost, "acknowledged": acknowledged_in_all, "sound": sound}


def newborn(path: Path, seed: int) -> dict[str, object]:
    """A process is killed at any moment while it makes a store; the next one can use the file all the same."""
    moments = random.Random(seed)
    sound, unfinished = True, 0
    for number in range(25):
        file = Path(f"{path}-{number}")
        child = os.fork()
        if child == 0:
            anyio.run(_create, file, [SHARED])
            os._exit(0)
        time.sleep(moments.random() * 0.05)
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        unfinished += not anyio.run(_chat_ids, file)
        anyio.run(_create, file, [ChatId("next")])
        sound = sound and anyio.run(_sound, file)
    return {"unfinished": unfinished, "sound": sound}


def full(path: Path, _seed: int) -> dict[str, object]:
    """The largest file that the process may write is reached, then raised: nothing is half-written, and all goes on."""

    async def fill() -> dict[str, object]:
        _, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
        landed, refused, after = 0, 0, 0
        async with aclosing(await SqliteStore.open(path, clock=SystemClock(), settings=FAST)) as store:
            resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, hard))
            for number in range(100):
                try:
                    await store.append([_large(ChatId(f"chat-{number}"))], actor=SYSTEM)
                    landed += 1
                except StoreFull:
                    refused += 1
            known = len(await store.chat_ids())
            resource.setrlimit(resource.RLIMIT_FSIZE, (hard, hard))
            await store.append([_large(ChatId("after"))], actor=SYSTEM)
            after = len(await store.chat_ids())
        return {"landed": landed, "refused": refused, "known": known, "after": after}

    return {**anyio.run(fill), "sound": anyio.run(_sound, path)}


async def _append_for_ever(path: Path, number: int, acknowledgements: int) -> None:
    async def write(store: SqliteStore, chat_id: ChatId) -> None:
        first = created(chat_id)
        await store.append([first], actor=SYSTEM)
        head: ChatHead = first.head
        size = 0
        while True:
            os.write(acknowledgements, f"{chat_id} {head.seq}\n".encode())
            size = size % 4 + 1
            append = many_titles(chat_id, head, size)
            await store.append([append], actor=SYSTEM)
            head = append.head

    store = await SqliteStore.open(path, clock=SystemClock())
    async with anyio.create_task_group() as tasks:
        for task in range(3):
            tasks.start_soon(write, store, ChatId(f"chat-{number}-{task}"))


async def _insist(store: SqliteStore, chat_id: ChatId, title: str) -> None:
    while True:
        head = await store.head(chat_id, actor=SYSTEM)
        try:
            await store.append([titled(chat_id, head, title)], actor=SYSTEM)
            return
        except Conflict:
            continue


def _large(chat_id: ChatId) -> ChatAppend:
    message = NewMessage(role=Role.USER, content=words("words " * 2000))
    return append_of(chat_id, None, c.Create(owner_id=UserId("owner"), messages=(message,)))


async def _create(path: Path, chat_ids: list[ChatId]) -> None:
    async with aclosing(await SqliteStore.open(path, clock=SystemClock())) as store:
        await store.append([created(chat_id) for chat_id in chat_ids], actor=SYSTEM)


async def _chat_ids(path: Path) -> list[str]:
    async with aclosing(await SqliteStore.open(path, clock=SystemClock())) as store:
        return list(await store.chat_ids())


async def _events(path: Path, chat_id: ChatId) -> tuple[StoredEvent, ...]:
    async with aclosing(await SqliteStore.open(path, clock=SystemClock())) as store:
        return (await store.events(chat_id, actor=SYSTEM, limit=100_000)).events


async def _sound(path: Path) -> bool:
    """Whether every log is contiguous, ends with an append, and its stored head and details are its folds."""
    async with aclosing(await SqliteStore.open(path, clock=SystemClock())) as store:
        for chat_id in await store.chat_ids(limit=100_000):
            log = (await store.events(chat_id, actor=SYSTEM, limit=100_000)).events
            row = await store.row(chat_id, actor=SYSTEM)
            events = [stored.event for stored in log]
            if [stored.seq for stored in log] != list(range(1, len(log) + 1)) or log[-1].upto != len(log):
                return False
            if (row.head, row.details) != (fold(events), fold_details(events)):
                return False
    return True


def _in_processes(count: int, work: Callable[[int], Awaitable[dict[str, object]]], path: Path) -> list[object]:
    for child in _fork(count, work, path):
        os.waitpid(child, 0)
    return _results(count, path)


def _fork(count: int, work: Callable[[int], Awaitable[dict[str, object]]], path: Path) -> list[int]:
    children: list[int] = []
    for number in range(count):
        child = os.fork()
        if child == 0:
            result = anyio.run(work, number)
            Path(f"{path}.{number}.json").write_text(json.dumps(result))
            os._exit(0)
        children.append(child)
    return children


def _results(count: int, path: Path) -> list[object]:
    """What each process wrote at its end; missing if it failed."""
    return [json.loads(Path(f"{path}.{number}.json").read_text()) for number in range(count)]


def _running(children: list[int]) -> bool:
    for child in list(children):
        if os.waitpid(child, os.WNOHANG) != (0, 0):
            children.remove(child)
    return bool(children)


MODES = {"race": race, "migrate": migrate, "feed": feed, "crash": crash, "newborn": newborn, "full": full}

if __name__ == "__main__":
    mode, name, *rest = sys.argv[1:]
    print(json.dumps(MODES[mode](Path(name), int(rest[0]) if rest else 0)))
