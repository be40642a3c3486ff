"""A worker process is killed with SIGKILL at a hundred seeded moments of a turn with tools (architecture 6, 7).

Another one takes the chat over. Nothing that was said or done is lost, nothing is done twice, and of what viewers saw
at most one unflushed batch is missing; with `journal=before_show` nothing at all.
"""

import json
import random
import subprocess
import sys
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager
from itertools import groupby
from pathlib import Path
from typing import Final, TypeVar

import anyio
import anyio.abc
import pytest
from anyio.streams.buffered import BufferedByteReceiveStream
from attrs import asdict, define, evolve, field, frozen

import chatcore
from chatcore.app.tool_step import UNKNOWN_OUTCOME
from chatcore.app.verifying import verify_chat
from chatcore.compose.store_urls import Opened
from chatcore.domain.chat.envelope import StoredEvent
from chatcore.domain.chat.events import Acquired, MessageAdded
from chatcore.domain.chat.states import ClientStatus
from chatcore.domain.chat.values import Status
from chatcore.domain.content.messages import Role
from chatcore.domain.content.parts import Part, TextPart, ToolCallPart, ToolResultPart
from chatcore.domain.limits import JOURNAL_BATCH_BYTES, JOURNAL_INTERVAL_MS
from chatcore.domain.live.batching import JournalMode
from chatcore.domain.live.view_events import PartShown, PreviewReset, StatusShown, ViewEvent
from chatcore.ports.actor import SYSTEM
from chatcore.testing.deeds import spoken
from chatcore.testing.killed_worker import Report, Request, lines, model, settings, store_url, tools
from chatcore.testing.view_client import ViewClient

pytestmark = pytest.mark.anyio
MOMENTS: Final = 50
DELTA_BYTES_MAX: Final = 200
SLACK_S: Final = 0.5
"""What a busy machine may add to the interval of the journal."""

P = TypeVar("P", ToolCallPart, ToolResultPart)


@pytest.fixture
def anyio_backend() -> str:
    """The workers run on asyncio; so does what watches them."""
    return "asyncio"


@frozen(kw_only=True)
class Recorded:
    """A part that the viewer beside the dead worker was shown."""

    history_version: int
    number: int
    text: str | None
    call_id: str | None
    result: str | None
    whole: bool
    at: float
    cursor: int | None


@define
class Supervisor:
    """The process that starts workers and kills them."""

    process: anyio.abc.Process
    answers: BufferedByteReceiveStream
    one_at_a_time: anyio.Lock = field(factory=anyio.Lock)

    async def kill(self, request: Request) -> Report:
        """Have a worker killed as requested."""
        assert self.process.stdin is not None
        async with self.one_at_a_time:
            await self.process.stdin.send(f"{json.dumps(asdict(request))}\n".encode())
            return Report(**json.loads(await self.answers.receive_until(b"\n", 1_000)))


@asynccontextmanager
async def supervisor() -> AsyncIterator[Supervisor]:
    """A supervisor that ends with the context."""
    command = [sys.executable, "-m", "chatcore.testing.killed_worker"]
    async with await anyio.open_process(command, stderr=subprocess.DEVNULL) as process:
        assert process.stdout is not None
        assert process.stdin is not None
        yield Supervisor(process, BufferedByteReceiveStream(process.stdout))
        await process.stdin.aclose()


@define
class Moment:
    """One worker, killed once, and what became of its chat."""

    folder: str
    mode: JournalMode
    log: tuple[StoredEvent, ...]
    shown: tuple[Recorded, ...]
    report: Report

    @property
    def messages(self) -> list[tuple[int, MessageAdded]]:
        """The messages of the final log."""
        return [(event.seq, event.event) for event in self.log if isinstance(event.event, MessageAdded)]

    @property
    def acquisitions(self) -> int:
        """How often a worker took the chat."""
        return sum(isinstance(event.event, Acquired) for event in self.log)

    @property
    def partials(self) -> int:
        """How many replies were cut short."""
        return sum(message.partial for _, message in self.messages)

    def check_viewers(self, surviving: ViewClient, returning: list[ViewEvent]) -> None:
        """One that lived on saw nothing that is lost; one that comes back is told before it is shown anything new."""
        said = [_text(message.content) for _, message in self.messages if message.role is Role.ASSISTANT]
        for preview in surviving.previews:
            words = _text([each.part for each in preview])
            assert any(text.startswith(words) for text in said), "what was shown is lost"
        assert isinstance(returning[0], StatusShown)
        kinds = [type(event) for event in returning]
        assert PreviewReset in kinds
        assert PartShown not in kinds[: kinds.index(PreviewReset)]

    def check(self) -> None:
        """Nothing lost, nothing twice."""
        self._check_messages()
        self._check_deeds()
        for _, group in groupby(self.shown, key=lambda part: part.history_version):
            self._check_shown(tuple(group))

    def _check_messages(self) -> None:
        asked = [_text(message.content) for _, message in self.messages if message.role is Role.USER]
        assert ["Go.", "And?"] == [text for text in asked if text in ("Go.", "And?")]
        calls = [part.tool_call_id for part in self._parts(ToolCallPart)]
        answered = [part.tool_call_id for part in self._parts(ToolResultPart)]
        assert sorted(calls) == sorted(answered)

    def _check_deeds(self) -> None:
        deeds = lines(f"{self.folder}/deeds")
        assert len(deeds) == len(set(deeds)), f"something was done twice: {deeds}"
        done = {line.split(" ")[1] for line in deeds}
        told = [part for part in self._parts(ToolResultPart) if not part.is_error]
        keys = {json.loads(part.result or "{}")["output"].split(" ")[1] for part in told}
        assert keys <= done, "a result tells of something that was not done"
        unknown = [part for part in self._parts(ToolResultPart) if UNKNOWN_OUTCOME in (part.result or "")]
        assert len(done) <= len(keys) + len(unknown), "something was done and nobody told of it"

    def _check_shown(self, parts: tuple[Recorded, ...]) -> None:
        """What was shown of one episode is in the log, but for what was not written down yet."""
        after = [message for seq, message in self.messages if seq > parts[0].history_version]
        kept = _text(next((each.content for each in after if each.role is Role.ASSISTANT), ()))
        words = "".join(part.text or "" for part in parts)
        results = {part.result for part in self._parts(ToolResultPart)}
        calls = {part.tool_call_id for part in self._parts(ToolCallPart)}
        lost = [part for part in parts if part.result is not None and part.result not in results]
        if parts[0].result is None:
            lost += [part for part in parts if part.call_id and part.whole and part.call_id not in calls]
        length = 0
        for part in parts:
            length += len(part.text or "")
            if part.text and not kept.startswith(words[:length]):
                lost.append(part)
        if self.mode is JournalMode.BEFORE_SHOW:
            assert not lost, f"what was shown is lost: {lost[0]}"
        sizes = [len(part.text or part.result or part.call_id or "") for part in lost]
        assert sum(sizes) <= JOURNAL_BATCH_BYTES + 2 * DELTA_BYTES_MAX
        if lost:
            waited_s = self.report.at - min(part.at for part in lost)
            assert waited_s <= JOURNAL_INTERVAL_MS / 1000 + SLACK_S, "a batch waited too long to be written"

    def _parts(self, kind: type[P]) -> list[P]:
        return [part for _, message in self.messages for part in message.content if isinstance(part, kind)]


def _text(content: Iterable[Part]) -> str:
    return "".join(part.text for part in content if isinstance(part, TextPart))


async def live_through(supervisor: Supervisor, folder: str, request: Request, mode: JournalMode) -> Moment:
    """A chat is begun, its worker killed, and another worker brings it to rest."""
    surviving, returning = ViewClient(), ViewClient()
    events: list[ViewEvent] = []
    async with chatcore.open(store_url(folder), worker=False) as front:
        chat = await front.create("Go.", owner="ada")
        await chat.send("And?")
        async with anyio.create_task_group() as viewers:
            viewers.start_soon(watch, chat, surviving)
            report = await supervisor.kill(evolve(request, chat_id=chat.id))
            shown = tuple(Recorded(**json.loads(line)) for line in lines(f"{folder}/shown"))
            viewers.start_soon(watch, chat, returning, shown[-1].cursor if shown else None, events)
            await take_over(front, chat, folder, mode)
            transcript = list(await chat.transcript())
            await until(lambda: surviving.messages == transcript and returning.status is ClientStatus.WAITING)
            viewers.cancel_scope.cancel()
        head = await chat.head()
        assert (Status.WAITING, None) == (head.status, head.last_error)
        assert "assistant: That is all." == (await spoken(chat))[-1]
        assert () == (await verify_chat(front.store, chat.id)).faults
        log = (await front.store.events(chat.id, actor=SYSTEM, limit=10_000)).events
    moment = Moment(folder, mode, log, shown, report)
    moment.check()
    moment.check_viewers(surviving, events)
    return moment


async def take_over(front: chatcore.Chats, chat: chatcore.Chat, folder: str, mode: JournalMode) -> None:
    """Another worker works on the store until the chat rests."""
    opened = Opened(store=front.store, pubsub=front.pubsub)
    async with chatcore.open(store=opened, model=model("b"), tools=tools(folder), settings=settings(mode)):
        with anyio.fail_after(60):
            await chat.rest()


async def until(true: Callable[[], bool]) -> None:
    """Wait until something holds."""
    with anyio.fail_after(30):
        while not true():  # noqa: ASYNC110  # a screen sets no event
            await anyio.sleep(0.02)


async def watch(
    chat: chatcore.Chat, screen: ViewClient, after: int | None = None, seen: list[ViewEvent] | None = None
) -> None:
    """Show everything that happens in a chat."""
    async with chat.watch(after=after) as view:
        async for event in view:
            screen.take([event])
            if seen is not None:
                seen.append(event)


@pytest.mark.spec("architecture-7", "architecture-9.11", "2.6.M4", "7.2")
@pytest.mark.parametrize("mode", [JournalMode.BEFORE_SHOW, JournalMode.BATCHED])
async def test_a_killed_worker_loses_nothing(tmp_path: Path, mode: JournalMode) -> None:
    """Fifty kills in each mode: messages, results and side effects are all there, once; words as the mode promises."""
    rng = random.Random(f"killed {mode}")
    moments: list[Moment] = []
    async with supervisor() as left, supervisor() as right, anyio.create_task_group() as tasks:
        room = anyio.CapacityLimiter(6)

        async def go(number: int, request: Request) -> None:
            folder = tmp_path / str(number)
            folder.mkdir()
            request = evolve(request, folder=str(folder), mode=mode)
            async with room:
                hand = (left, right)[number % 2]
                moments.append(await live_through(hand, str(folder), request, mode))

        await go(0, Request(moment=-1))
        whole = moments[0].report
        for number in range(1, MOMENTS + 1):
            # Every other moment is one of a deed: parts are many, and what goes wrong goes wrong around deeds.
            deeds_only = number % 2 == 0
            moment = rng.randint(1, whole.deeds if deeds_only else whole.signs)
            delay_s = rng.choice([0.0, rng.uniform(0, 0.003)])
            tasks.start_soon(go, number, Request(moment=moment, deeds_only=deeds_only, delay_s=delay_s))

    taken_over = [moment for moment in moments if moment.acquisitions > 1]
    assert len(moments) == MOMENTS + 1
    assert len(taken_over) >= MOMENTS // 2, "most of the kills hit a turn"
    assert any(moment.partials for moment in moments), "some hit a reply"
