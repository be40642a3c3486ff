"""Showing parts and writing them to the journal, in each mode, on a virtual clock (architecture 7)."""

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager

import anyio
import anyio.lowlevel
import pytest
import trio.testing
from attrs import define

from chatcore.adapters.memory import MemoryStore
from chatcore.app.journal_writer import JournalWriter
from chatcore.app.live_parts import LiveParts
from chatcore.domain.chat import commands as c
from chatcore.domain.chat.evidence import Promotion
from chatcore.domain.chat.fence import Fence
from chatcore.domain.content.messages import Role
from chatcore.domain.content.parts import TextPart
from chatcore.domain.ids import ChatId
from chatcore.domain.json_text import JsonText
from chatcore.domain.live.batching import JournalMode, JournalSettings
from chatcore.domain.live.journal import Episode, JournalPart
from chatcore.domain.live.part_buffer import PartBuffer
from chatcore.domain.live.salvage import salvaged
from chatcore.domain.turn.answer import Published
from chatcore.ports.store_errors import StoreReadOnly, StoreUnavailable
from chatcore.testing.clocks import ManualClock
from chatcore.testing.situations import acquire, create, send, words
from chatcore.testing.view_client import ViewClient
from chatcore.testing.view_stage import Stage, said

pytestmark = pytest.mark.anyio

MODES = [JournalMode.OFF, JournalMode.BATCHED, JournalMode.BEFORE_SHOW]


@pytest.fixture
def anyio_backend() -> tuple[str, Mapping[str, object]]:
    """Trio on a clock that jumps to whatever comes next."""
    return "trio", {"clock": trio.testing.MockClock(autojump_threshold=0)}


@define(slots=False)
class SlowStore(MemoryStore):
    """A memory store whose journal takes its time, and may be out of reach."""

    def __init__(self) -> None:
        super().__init__(clock=ManualClock())
        self.takes = 0.0
        self.errors: list[Exception] = []
        self.batches: list[int] = []
        """How many parts each write held that landed."""

    async def journal_write(
        self, chat_id: ChatId, *, fence: Fence, episode: Episode, parts: Sequence[JournalPart]
    ) -> None:
        await anyio.sleep(self.takes)
        if self.errors:
            raise self.errors.pop(0)
        await super().journal_write(chat_id, fence=fence, episode=episode, parts=parts)
        self.batches.append(len(parts))


@define
class Scene:
    """A chat whose answer is being made, and the sink for it."""

    stage: Stage
    store: SlowStore
    sink: JournalWriter

    def shown(self) -> list[str]:
        """What viewers of this process could see by now."""
        return texts(self.stage.here.live.after(self.stage.episode, 0))

    async def kept(self) -> list[str]:
        """What the journal holds by now."""
        journal = await self.store.journal_read(self.stage.chat_id)
        return [] if journal is None else texts(journal.parts)


def texts(parts: Sequence[JournalPart]) -> list[str]:
    """The words of parts."""
    return [each.part.text for each in parts if isinstance(each.part, TextPart)]


@asynccontextmanager
async def scene(mode: JournalMode = JournalMode.BATCHED) -> AsyncIterator[Scene]:
    """A running chat, and a sink whose writer runs beside the test."""
    store = SlowStore()
    stage = Stage(store=store)
    await stage.do(create())
    sink = stage.sink(JournalSettings(mode=mode))
    sink.open(await stage.do(acquire()))
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(sink.run)
        yield Scene(stage, store, sink)
        tasks.cancel_scope.cancel()


@pytest.mark.parametrize("mode", MODES)
async def test_what_is_shown_and_kept_in_each_mode(mode: JournalMode) -> None:
    """Off: shown, never kept. Batched: shown at once, kept a quarter of a second later. Before show: both then."""
    async with scene(mode) as on:
        for word in ("It ", "is ", "four."):
            on.sink.show(said(word))
        at_once = (on.shown(), await on.kept())
        await anyio.sleep(0.3)
        later = (on.shown(), await on.kept())

    everything = ["It ", "is ", "four."]
    assert at_once == ([] if mode is JournalMode.BEFORE_SHOW else everything, [])
    assert later == (everything, [] if mode is JournalMode.OFF else everything)


@pytest.mark.spec("architecture-7")
async def test_a_stream_is_written_four_times_a_second_at_most() -> None:
    """A hundred small parts within a second are few writes, one at a time, with all parts in order."""
    async with scene() as on:
        on.store.takes = 0.1
        for number in range(100):
            on.sink.show(said(f"{number} "))
            await anyio.sleep(0.01)
        await anyio.sleep(1)
        kept = await on.kept()

    assert kept == [f"{number} " for number in range(100)]
    assert 3 <= len(on.store.batches) <= 5


@pytest.mark.spec("architecture-7")
async def test_much_text_is_written_at_once() -> None:
    """Four kilobytes do not wait for the interval."""
    async with scene() as on:
        on.sink.show(said("x" * 4096))
        await anyio.sleep(0.01)
        assert await on.kept() == ["x" * 4096]


@pytest.mark.spec("architecture-7")
async def test_what_was_shown_before_show_survives_the_worker() -> None:
    """Whenever the worker dies, the journal holds all that any viewer saw."""
    async with scene(JournalMode.BEFORE_SHOW) as on:
        for number in range(50):
            on.sink.show(said(f"{number} "))
            await on.sink.room()
            await anyio.sleep(0.04)
            shown, kept = on.shown(), await on.kept()
            assert kept[: len(shown)] == shown
        assert len(on.shown()) > 40


async def test_only_before_show_makes_the_stream_wait() -> None:
    """A slow store holds a batched stream up by nothing, however much waits; a stream that is kept first, it does."""
    for mode, waits in ((JournalMode.OFF, False), (JournalMode.BATCHED, False), (JournalMode.BEFORE_SHOW, True)):
        async with scene(mode) as on:
            on.store.takes = 5.0
            began = anyio.current_time()
            for _ in range(3):
                on.sink.show(said("x" * 4096))
                await on.sink.room()
                await anyio.lowlevel.checkpoint()
            assert (anyio.current_time() > began) == waits
            await on.sink.flush()
            assert len(on.shown()) == 3


async def test_flush_waits_until_everything_is_shown() -> None:
    """It writes at once what would have waited for the interval."""
    async with scene(JournalMode.BEFORE_SHOW) as on:
        on.sink.show(said("four"))
        began = anyio.current_time()
        await on.sink.flush()
        assert on.shown() == ["four"]
        assert anyio.current_time() == began
        await on.sink.flush()


@pytest.mark.spec("architecture-7", "2.9")
async def test_a_stale_fence_ends_the_journal_of_the_episode() -> None:
    """After an interrupt nothing more is written; the next episode is, from part 1."""
    async with scene() as on:
        on.sink.show(said("It "))
        await anyio.sleep(0.3)
        await on.stage.do(c.Interrupt())
        on.sink.show(said("is "))
        await anyio.sleep(1)
        assert await on.kept() == ["It "]
        assert on.shown() == ["It ", "is "]
        await on.stage.do(send("And now?"))
        head = await on.stage.do(c.FinishInterruption(partial=words("It is"), promotion=await first(on.stage)))
        on.sink.open(head)
        on.sink.show(said("Now "))
        await anyio.sleep(0.3)
        assert await on.kept() == ["Now "]


@pytest.mark.spec("architecture-7", "2.9")
async def test_nobody_waits_for_a_journal_that_ended() -> None:
    """What cannot be written any more is not shown either, where that depends on it, and holds nobody up."""
    async with scene(JournalMode.BEFORE_SHOW) as on:
        on.sink.show(said("It "))
        await on.sink.flush()
        await on.stage.do(c.Interrupt())
        on.sink.show(said("x" * 5000))
        with anyio.fail_after(10):
            await on.sink.room()
            await on.sink.flush()
        assert on.shown() == ["It "]


async def first(stage: Stage) -> Promotion | None:
    """The waiting message."""
    return (await stage.log()).first_promotion()


@pytest.mark.spec("architecture-7")
@pytest.mark.parametrize("mode", [JournalMode.BATCHED, JournalMode.BEFORE_SHOW])
async def test_a_store_out_of_reach_is_asked_again(mode: JournalMode) -> None:
    """What could not be written is written later, once, before what came after it."""
    async with scene(mode) as on:
        on.store.errors = [StoreUnavailable("try again"), StoreUnavailable("try again")]
        on.sink.show(said("It "))
        await anyio.sleep(0.4)
        on.sink.show(said("is "))
        await on.sink.flush()
        await anyio.sleep(2)
        assert await on.kept() == on.shown() == ["It ", "is "]


async def test_a_store_that_refuses_for_good_is_left_alone() -> None:
    """The turn goes on, and its viewers see it; where showing depends on keeping, nobody waits for ever."""
    for mode in (JournalMode.BATCHED, JournalMode.BEFORE_SHOW):
        async with scene(mode) as on:
            on.store.errors = [StoreReadOnly("no writing here")]
            on.sink.show(said("It "))
            await on.sink.flush()
            await anyio.sleep(1)
            on.sink.show(said("is "))
            await on.sink.room()
            await on.sink.flush()
            assert await on.kept() == []
            assert on.shown() == (["It ", "is "] if mode is JournalMode.BATCHED else [])


@pytest.mark.spec("architecture-7")
async def test_a_takeover_finds_the_words_of_the_dead_worker() -> None:
    """A new runner takes the chat; the journal, read after that, still holds the reply, and it becomes content."""
    async with scene() as on:
        on.sink.show(said("It "))
        on.sink.show(said("is"))
        await anyio.sleep(0.3)
    stage = on.stage
    await stage.do(acquire("runner-2"))
    journal = await on.store.journal_read(stage.chat_id)
    assert journal is not None
    assert salvaged(journal.parts) == words("It is")
    client = ViewClient()
    async with stage.here.watching.watch_batches(stage.chat_id, actor=stage.owner) as view:
        client.take(await anext(view))
        await stage.do(c.CommitSalvage(content=salvaged(journal.parts)))
        client.take(await anext(view))
    assert client.messages[-1].content == words("It is")
    assert await on.store.journal_read(stage.chat_id) is None


@pytest.mark.spec("architecture-7", "1.3")
async def test_the_journal_keeps_what_viewers_must_not_see() -> None:
    """A provider's own data is needed to go on with the reply; no source of parts shows it to a client."""
    secret = TextPart(text="It ", provider_metadata=JsonText('{"signature":"c2ln"}'))
    async with scene() as on:
        on.sink.show(Published(role=Role.ASSISTANT, part=secret))
        await anyio.sleep(0.3)
        journal = await on.store.journal_read(on.stage.chat_id)
        assert journal is not None
        assert [each.part for each in journal.parts] == [secret]
        for process in (on.stage.here, on.stage.there):
            client = ViewClient()
            async with process.watching.watch_batches(on.stage.chat_id, actor=on.stage.owner) as view:
                while not client.parts:
                    client.take(await anext(view))
            assert client.preview == words("It ")


async def test_a_full_episode_shows_a_beginning_without_a_hole() -> None:
    """Once a part did not fit, nothing of the episode is shown or kept any more; the next one is as usual."""
    async with scene() as on:
        live = LiveParts(PartBuffer(episode_bytes_max=200))
        sink = JournalWriter(on.stage.chat_id, on.store, live, JournalSettings())
        assert on.stage.head is not None
        sink.open(on.stage.head)
        for word in ("It ", "x" * 300, "is"):
            sink.show(said(word))
        assert texts(live.after(on.stage.episode, 0)) == ["It "]
        sink.open(await on.stage.do(c.CommitAnswer(content=words("It …"))))
        sink.show(said("Next"))
        assert texts(live.after(on.stage.episode, 0)) == ["Next"]
        sink.close()
        sink.show(said("Nobody hears this"))
        assert texts(live.after(on.stage.episode, 0)) == ["Next"]
