"""What views do as time goes by, on a virtual clock: polls, slow readers, other processes, stores that fail."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import timedelta

import anyio
import pytest
import trio.testing
from attrs import define

from chatcore.adapters.memory import MemoryStore
from chatcore.app.live_parts import LiveParts
from chatcore.app.view import ViewerLagged
from chatcore.app.view_settings import ViewSettings
from chatcore.app.watching import Watching
from chatcore.domain.chat import commands as c
from chatcore.domain.chat.states import ClientStatus
from chatcore.domain.chat.values import Status
from chatcore.domain.content.parts import TextPart
from chatcore.domain.ids import ChatId, Seq
from chatcore.domain.limits import VIEW_RETRIES_MAX
from chatcore.domain.live.part_buffer import PartBuffer
from chatcore.domain.live.view_events import PartShown
from chatcore.domain.turn.retry import backoff_ms
from chatcore.ports.actor import Actor
from chatcore.ports.store_errors import StoreReadOnly, StoreUnavailable
from chatcore.ports.store_values import EventPage, Journal
from chatcore.testing.clocks import ManualClock
from chatcore.testing.situations import acquire, create, send, words
from chatcore.testing.view_client import ViewClient
from chatcore.testing.view_stage import Process, Stage

pytestmark = pytest.mark.anyio


@pytest.fixture
def anyio_backend() -> tuple[str, Mapping[str, object]]:
    """Trio on a clock that jumps to whatever comes next."""
    return "trio", {"clock": trio.testing.MockClock(autojump_threshold=0)}


async def running(stage: Stage) -> Stage:
    """A chat whose first answer is being made."""
    await stage.do(create())
    await stage.do(acquire())
    return stage


def texts(parts: Sequence[PartShown]) -> list[str]:
    """The words of parts."""
    return [shown.part.text for shown in parts if isinstance(shown.part, TextPart)]


@pytest.mark.spec("C6.12", "6.3", "architecture-7")
async def test_a_lost_hint_costs_one_poll() -> None:
    """No hint ever comes: everything is shown within ten seconds of its append all the same."""
    stage = await running(Stage(deaf=True))
    client = ViewClient()
    async with stage.here.watching.watch_batches(stage.chat_id, actor=stage.owner) as view:
        client.take(await anext(view))
        began = anyio.current_time()
        await stage.do(c.CommitAnswer(content=words("four")), c.FinishTurn())
        while client.status is not ClientStatus.WAITING:
            client.take(await anext(view))
        assert 0 < anyio.current_time() - began <= 10
        assert len(client.messages) == 2
        quiet = anyio.current_time()
        with anyio.move_on_after(25):
            client.take(await anext(view))
        assert anyio.current_time() - quiet == 25


@pytest.mark.spec("C6.12")
async def test_a_poll_that_was_cancelled_is_made_up_for_at_once() -> None:
    """Who gives up in the middle of the read does not wait for the next poll."""
    store = CountingStore()
    stage = await running(Stage(store=store, deaf=True))
    client = ViewClient()
    async with stage.here.watching.watch_batches(stage.chat_id, actor=stage.owner) as view:
        client.take(await anext(view))
        await stage.do(c.CommitAnswer(content=words("four")), c.FinishTurn())
        store.takes = 2
        with anyio.move_on_after(11):
            client.take(await anext(view))
        began = anyio.current_time()
        client.take(await anext(view))
        assert anyio.current_time() - began <= 2
    assert client.status is ClientStatus.WAITING


@pytest.mark.spec("C6.12")
async def test_one_poll_brings_all_that_was_appended() -> None:
    """However many pages it takes: they are read one after the other, not one for each poll."""
    stage = await running(Stage(deaf=True, settings=ViewSettings(page_events=2, batch_max=1)))
    client = ViewClient()
    async with stage.here.watching.watch_batches(stage.chat_id, actor=stage.owner) as view:
        began = anyio.current_time()
        for number in range(20):
            await stage.do(c.CommitAnswer(content=words(f"step {number}")))
        await stage.do(c.FinishTurn())
        while client.status is not ClientStatus.WAITING:
            client.take(await anext(view))
        assert anyio.current_time() - began <= 10
    assert client.messages[1:] == list((await stage.log()).transcript())[2:]


@pytest.mark.spec("6.6.3", "architecture-7")
async def test_what_happens_while_a_view_is_opened_is_shown_once() -> None:
    """An append between reading the head and reading what followed the cursor comes as an append of its own."""
    store = CountingStore()
    stage = await running(Stage(store=store))
    for after in (None, 0):
        client = ViewClient()

        async def meanwhile() -> None:
            await stage.do(c.CommitAnswer(content=words("meanwhile")), c.FinishTurn())
            await stage.do(send("And now?"))
            await stage.do(acquire())

        store.meanwhile = meanwhile
        async with stage.here.watching.watch_batches(stage.chat_id, actor=stage.owner, after=after) as view:
            while len(client.messages) < len(shown := list((await stage.log()).transcript())[1:]):
                client.take(await anext(view))
            with anyio.move_on_after(30):
                client.take(await anext(view))
        assert client.messages == shown


@pytest.mark.spec("architecture-8", "C6.12")
async def test_lost_hints_cost_one_read() -> None:
    """When the subscription breaks the view reads once, then polls; parts are shown without reading the log."""
    store = CountingStore()
    stage = await running(Stage(store=store))
    client = ViewClient()
    async with stage.here.watching.watch_batches(stage.chat_id, actor=stage.owner) as view:
        client.take(await anext(view))
        before = store.reads
        await stage.pubsub.aclose()
        for number in range(50):
            stage.say(f"{number}")
            client.take(await anext(view))
            await anyio.sleep(0.01)
        assert store.reads == before + 1
        await stage.do(c.CommitAnswer(content=words("fifty")), c.FinishTurn())
        began = anyio.current_time()
        client.take(await anext(view))
        assert anyio.current_time() - began <= 10
    assert client.status is ClientStatus.WAITING


@pytest.mark.spec("6.3")
async def test_rest_polls_as_well() -> None:
    """Whoever waits for a chat to rest learns of it without a hint."""
    stage = await running(Stage(deaf=True))
    heads = []

    async def wait() -> None:
        heads.append(await stage.here.watching.rest(stage.chat_id, actor=stage.owner))

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(wait)
        await anyio.sleep(1)
        await stage.do(c.CommitAnswer(content=words("four")), c.FinishTurn())
        await anyio.sleep(8)
        assert heads == []
        await anyio.sleep(2)
        assert [head.status for head in heads] == [Status.WAITING]


@pytest.mark.spec("C6.2", "6.6.6")
async def test_a_reader_that_takes_nothing_for_ten_seconds_is_cut_off_and_told() -> None:
    """Its next question is refused, with the cursor from which it can go on without a loss."""
    stage = await running(Stage())
    client = ViewClient()
    async with stage.here.watching.watch_batches(stage.chat_id, actor=stage.owner) as view:
        client.take(await anext(view))
        await anyio.sleep(60)
        stage.say("still ", "there")
        client.take(await anext(view))
        assert texts(client.parts) == ["still ", "there"]
        stage.say("?")
        await anyio.sleep(10.5)
        await stage.do(c.CommitAnswer(content=words("still there?")), c.FinishTurn())
        with pytest.raises(ViewerLagged):
            await anext(view)
        with pytest.raises(ViewerLagged, match=f"after {view.cursor}"):
            await anext(view)
        cursor = view.cursor
    client.connected(anew=False)
    async with stage.here.watching.watch_batches(stage.chat_id, actor=stage.owner, after=cursor) as view:
        client.take(await anext(view))
    assert client.status is ClientStatus.WAITING
    assert client.messages[1:] == list((await stage.log()).transcript())[2:]


@pytest.mark.spec("C6.2")
async def test_a_reader_that_takes_something_now_and_then_is_not_cut_off() -> None:
    """Each event taken counts, however many wait; and one that asks while nothing is there may wait for ever."""
    stage = await running(Stage())
    stage.say(*map(str, range(10)))
    client = ViewClient()
    async with stage.here.watching.watch(stage.chat_id, actor=stage.owner) as view:
        for _ in range(13):
            client.take([await anext(view)])
            await anyio.sleep(9)
        assert len(client.parts) == 10
        with anyio.move_on_after(1000):
            await anext(view)
        stage.say("11")
        client.take([await anext(view)])
    assert len(client.parts) == 11


@pytest.mark.spec("C6.2")
async def test_giving_up_a_long_wait_is_no_absence() -> None:
    """A reader that asked in vain for a minute, and was cancelled in the middle of a read, is not cut off."""
    store = CountingStore()
    stage = await running(Stage(store=store))
    client = ViewClient()

    async def send_at(seconds: float) -> None:
        await anyio.sleep(seconds)
        store.journal_takes = 30.0
        await stage.do(send("wait"))

    async with stage.here.watching.watch_batches(stage.chat_id, actor=stage.owner) as view:
        client.take(await anext(view))
        with anyio.move_on_after(60) as scope:
            async with anyio.create_task_group() as tasks:
                tasks.start_soon(send_at, 58)
                await anext(view)
        assert scope.cancelled_caught
        client.take(await anext(view))
    assert client.queued


@pytest.mark.spec("C6.2")
async def test_waiting_for_ever_can_be_allowed() -> None:
    """An embedding service may bear with readers that stay away."""
    stage = await running(Stage(settings=ViewSettings(idle_max=None)))
    async with stage.here.watching.watch(stage.chat_id, actor=stage.owner) as view:
        await anext(view)
        await anyio.sleep(10_000)
        await anext(view)


@pytest.mark.spec("C6.3")
async def test_nothing_is_kept_of_chats_that_nobody_works_on_or_watches() -> None:
    """An ended episode is dropped 15 s later at the next occasion; a reader keeps the one it reads."""
    stage, buffer = await running(Stage()), PartBuffer()
    live = LiveParts(buffer)
    stage.here = Process(live, Watching(stage.store, stage.pubsub, live))
    async with stage.here.watching.watch_batches(stage.chat_id, actor=stage.owner) as view:
        await anext(view)
        stage.say("one")
        await anext(view)
        live.close(stage.chat_id)
        await anyio.sleep(60)
        live.sweep()
        assert len(buffer) == 1
    assert len(buffer) == 0

    stage.say("again")
    live.close(stage.chat_id)
    await anyio.sleep(14)
    live.sweep()
    assert len(buffer) == 1
    await anyio.sleep(1)
    live.sweep()
    assert len(buffer) == 0


@pytest.mark.spec("architecture-7")
async def test_parts_of_another_process_come_from_the_journal() -> None:
    """Its parts are shown within a tenth of a second of their write, once, in order, and before their message."""
    stage = await running(Stage())
    client = ViewClient()
    async with stage.here.watching.watch_batches(stage.chat_id, actor=stage.owner) as view:
        client.take(await anext(view))
        for batch in (["It ", "is "], ["four"], ["."]):
            await stage.say_there(*batch)
            began = anyio.current_time()
            while texts(client.parts)[-1:] != batch[-1:]:
                client.take(await anext(view))
            assert anyio.current_time() - began <= 0.1
        await stage.do(c.CommitAnswer(content=words("It is four.")), c.FinishTurn())
        client.take(await anext(view))
    assert [texts(preview) for preview in client.previews] == [["It ", "is ", "four", "."]]


@pytest.mark.spec("architecture-7")
async def test_changing_the_source_repeats_nothing() -> None:
    """A reply that was seen in the journal goes on from the local buffer, and the other way round."""
    stage = await running(Stage())
    client = ViewClient()
    async with stage.here.watching.watch_batches(stage.chat_id, actor=stage.owner) as view:
        client.take(await anext(view))
        await stage.say_there("a", "b")
        client.take(await anext(view))
        stage.say("a", "b", "c")
        client.take(await anext(view))
    assert texts(client.parts) == ["a", "b", "c"]


@define(slots=False)
class CountingStore(MemoryStore):
    """A memory store that counts reads, takes its time, and can be out of reach."""

    def __init__(self) -> None:
        super().__init__(clock=ManualClock())
        self.reads = 0
        self.journal_reads = 0
        self.journal_takes = 0.0
        self.meanwhile: Callable[[], Awaitable[object]] | None = None
        self.takes = 0.0
        self.fails = 0
        self.error: Exception = StoreUnavailable("out of reach; try again")

    async def journal_read(self, chat_id: ChatId, *, after: int = 0) -> Journal | None:
        self.journal_reads += 1
        await anyio.sleep(self.journal_takes)
        return await super().journal_read(chat_id, after=after)

    async def events(
        self,
        chat_id: ChatId,
        *,
        actor: Actor,
        after: Seq = 0,
        types: frozenset[str] | None = None,
        limit: int = 500,
    ) -> EventPage:
        self.reads += 1
        await anyio.sleep(self.takes)
        meanwhile, self.meanwhile = self.meanwhile, None
        if meanwhile is not None:
            await meanwhile()
        if self.fails:
            self.fails -= 1
            raise self.error
        return await super().events(chat_id, actor=actor, after=after, types=types, limit=limit)


@pytest.mark.parametrize("kept", [True, False])
async def test_the_journal_is_polled_only_while_another_process_makes_a_reply(kept: bool) -> None:
    """Not at rest, not for parts of one's own, and never where no journal is kept."""
    store = CountingStore()
    settings = ViewSettings(journal_poll=timedelta(milliseconds=100) if kept else None)
    stage = Stage(store=store, settings=settings)
    await running(stage)

    async with stage.here.watching.watch_batches(stage.chat_id, actor=stage.owner) as view:

        async def reads_within(seconds: float) -> int:
            before = store.journal_reads
            with anyio.move_on_after(seconds):
                while True:
                    await anext(view)
            return store.journal_reads - before

        assert await reads_within(10) in (range(95, 105) if kept else range(1))
        stage.say("mine")
        assert await reads_within(10) <= 2
        await stage.do(c.CommitAnswer(content=words("mine")), c.FinishTurn())
        assert await reads_within(100) == 0


@pytest.mark.spec("6.3")
async def test_a_store_that_is_out_of_reach_for_a_while_is_waited_for() -> None:
    """Reads are tried again, with growing waits; the viewer notices nothing but the delay."""
    store = CountingStore()
    stage = await running(Stage(store=store))
    client = ViewClient()
    async with stage.here.watching.watch_batches(stage.chat_id, actor=stage.owner) as view:
        client.take(await anext(view))
        await stage.do(c.CommitAnswer(content=words("four")), c.FinishTurn())
        store.fails = VIEW_RETRIES_MAX
        began = anyio.current_time()
        client.take(await anext(view))
        waited = anyio.current_time() - began
    assert client.status is ClientStatus.WAITING
    assert waited == sum(map(backoff_ms, range(VIEW_RETRIES_MAX))) / 1000


@pytest.mark.spec("6.3")
@pytest.mark.parametrize("retryable", [True, False])
async def test_a_store_that_fails_for_good_ends_the_view_with_its_error(retryable: bool) -> None:
    """After bounded retries, or at once if the error says that retrying is no use; a later question tries again."""
    store = CountingStore()
    stage = await running(Stage(store=store))
    client = ViewClient()
    async with stage.here.watching.watch_batches(stage.chat_id, actor=stage.owner) as view:
        client.take(await anext(view))
        await stage.do(c.CommitAnswer(content=words("four")), c.FinishTurn())
        store.error = StoreUnavailable("gone") if retryable else StoreReadOnly("not for you")
        store.fails = VIEW_RETRIES_MAX + 1 if retryable else 1
        with pytest.raises(type(store.error)):
            await anext(view)
        client.take(await anext(view))
    assert client.status is ClientStatus.WAITING
