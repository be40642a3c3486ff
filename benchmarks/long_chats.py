"""A turn of a long chat beside one of a new chat: what lies behind a compaction costs nothing."""

import time
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Final

import anyio
from benchmarks.result import Result

import chatcore
from chatcore.compose.chats import Chat, Chats
from chatcore.domain.chat.append import Append, decide_append
from chatcore.domain.chat.commands import Acquire, CommitAnswer, FinishTurn, SendMessage
from chatcore.domain.chat.fence import Fence
from chatcore.domain.content.parts import TextPart
from chatcore.domain.ids import RunnerId, UserId, WorkerId
from chatcore.ports.actor import SYSTEM
from chatcore.ports.store_values import ChatAppend
from chatcore.testing import ScriptedModel

TARGET: Final = 1.15
_ROUNDS: Final = 5
_ANSWER: Final = (TextPart(text="An everyday answer. " * 4),)
_RUNNER: Final = RunnerId("0190b2a0-0000-7000-8000-000000000000")
_TURNS_PER_APPEND: Final = 100


def run(*, quick: bool) -> list[Result]:
    """Medians of interleaved rounds."""
    with TemporaryDirectory(prefix="chatcore-bench-", dir=Path.cwd()) as directory:
        return anyio.run(_run, Path(directory), quick)


async def _run(directory: Path, quick: bool) -> list[Result]:
    lengths = (0, 200, 2_000) if quick else (0, 1_000, 100_000)
    url, model = f"sqlite:///{directory / 'chats.db'}", ScriptedModel(lambda _: _ANSWER[0].text.split("|"))
    async with chatcore.open(url, model=model) as chats:
        behind = {length: await _compacted(chats, length) for length in lengths}
        inside = {length: await _grown(chats, length) for length in (10, 1_000)}
        turns = await _turn_ms({**behind}, 4 if quick else 20)
        slopes = await _turn_ms({**inside}, 4 if quick else 20)
    results = [
        Result.at_most(f"a turn, {length:,} messages behind a compaction", turns[length], "ms", "new", turns[0], TARGET)
        for length in lengths[1:]
    ]
    per_message = 1000 * (slopes[1_000] - slopes[10]) / 990
    return [*results, Result(name="each message in the prompt adds", value=per_message, unit="us")]


async def _turn_ms(chats: dict[int, Chat], count: int) -> dict[int, float]:
    rounds: dict[int, list[float]] = {length: [] for length in chats}
    for _ in range(_ROUNDS):
        for length, chat in chats.items():
            began = time.perf_counter()
            for _ in range(count):
                await chat.send("Go on.")
                await chat.rest()
            rounds[length].append(1000 * (time.perf_counter() - began) / count)
    return {length: median(each) for length, each in rounds.items()}


async def _compacted(chats: Chats, length: int) -> Chat:
    chat = await _grown(chats, length)
    await chats.service.request_compaction(chat.id, actor=chat.actor)
    await chat.rest()
    return chat


async def _grown(chats: Chats, length: int) -> Chat:
    """A chat with so many messages, appended by the decider a hundred turns at a time."""
    chat = await chats.create("Hello.", owner="ada")
    head = await chat.rest()
    for _ in range(0, length // 2, _TURNS_PER_APPEND):
        before, events = head, []
        for _ in range(min(_TURNS_PER_APPEND, length // 2)):
            send = SendMessage(content=(TextPart(text="Go on."),), created_by=UserId("ada"))
            started = decide_append(head, Append(commands=(send, Acquire(worker_id=WorkerId("w"), runner_id=_RUNNER))))
            answer = Append(commands=(CommitAnswer(content=_ANSWER), FinishTurn()), fence=Fence.of(started.head))
            finished = decide_append(started.head, answer)
            events += [*started.events, *finished.events]
            head = finished.head
        append = ChatAppend(chat_id=chat.id, before=before, events=tuple(events), head=head)
        await chats.store.append([append], actor=SYSTEM)
    return chat
