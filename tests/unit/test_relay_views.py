"""Views of chats that another replica works on, with a relay between the replicas, on a virtual clock (C6, C7)."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Final

import anyio
import pytest
import trio.testing
from attrs import define

from chatcore.adapters.memory import MemoryStore
from chatcore.app.relay_reader import relaying
from chatcore.app.view import View, ViewerLagged
from chatcore.app.view_settings import ViewSettings
from chatcore.app.watching import Watching
from chatcore.domain.chat import commands as c
from chatcore.domain.chat.states import ClientStatus
from chatcore.domain.content.parts import TextPart
from chatcore.domain.ids import ChatId
from chatcore.domain.limits import RELAY_BATCH_PARTS_MAX
from chatcore.domain.live.view_events import PartShown
from chatcore.ports.relay import RelayConnection, RelayedGap, RelayedParts
from chatcore.ports.store_errors import StoreUnavailable
from chatcore.ports.store_values import Journal
from chatcore.testing.clocks import ManualClock
from chatcore.testing.relay_stage import HERE, B, C, RelayCluster
from chatcore.testing.situations import send, words
from chatcore.testing.view_client import ViewClient
from chatcore.testing.view_stage import Process, said

pytestmark = pytest.mark.anyio

OFF: Final = ViewSettings(journal_poll=None)
ON: Final = ViewSettings(journal_poll=timedelta(milliseconds=100))


@pytest.fixture
def anyio_backend() -> tuple[str, Mapping[str, object]]:
    """Trio on a clock that jumps to whatever comes next."""
    return "trio", {"clock": trio.testing.MockClock(autojump_threshold=0)}


@define(slots=False)
class TroubledStore(MemoryStore):
    """A memory store that counts reads of the journal and may be out of reach."""

    def __init__(self) -> None:
        super().__init__(clock=ManualClock())
        self.journal_reads = 0
        self.out_of_reach = False

    async def journal_read(self, chat_id: ChatId, *, after: int = 0) -> Journal | None:
        self.journal_reads += 1
        if self.out_of_reach:
            raise StoreUnavailable("out of reach; try again")
        return await super().journal_read(chat_id, after=after)


def texts(shown: Sequence[PartShown]) -> list[str]:
    """The words of parts."""
    return [each.part.text for each in shown if isinstance(each.part, TextPart)]


async def until(view: View, client: ViewClient, *expected: str) -> None:
    """Take what comes until the preview says this."""
    with anyio.fail_after(60):
        while texts(client.parts) != list(expected):
            client.take(await anext(view))


async def nothing_for(view: View, client: ViewClient, seconds: float) -> None:
    """Nothing comes for so long."""
    with anyio.move_on_after(seconds) as scope:
        client.take(await anext(view))
    assert scope.cancelled_caught


@pytest.mark.spec("C7.1", "architecture-7")
async def test_what_was_made_before_comes_first() -> None:
    """Nothing is written to the journal: all of it comes by relay, each part once, and at once."""
    cluster, client = await RelayCluster.running(OFF), ViewClient()
    cluster.say(cluster.far, "a", "b")
    async with cluster.watched(client, token="mine") as view:
        await until(view, client, "a", "b")
        cluster.say(cluster.far, "c")
        began = anyio.current_time()
        await until(view, client, "a", "b", "c")
        assert anyio.current_time() == began
    assert cluster.relay.dials == [(B, 0.0)]
    assert cluster.relay.tokens == {"mine"}
    assert (cluster.relay.open, len(cluster.buffer)) == (0, 1)


@pytest.mark.spec("C7.2", "C6.c")
async def test_a_first_dial_that_fails_is_tried_again() -> None:
    """After 100 ms, 200 ms, 400 ms; meanwhile everything that lasts is shown as ever."""
    cluster, client = await RelayCluster.running(OFF), ViewClient()
    cluster.relay.answer(B, 503)
    cluster.say(cluster.far, "a")
    async with cluster.watched(client) as view:
        await nothing_for(view, client, 0.65)
        assert [at for _, at in cluster.relay.dials] == pytest.approx([0, 0.1, 0.3])
        await cluster.stage.do(send("waits"))
        client.take(await anext(view))
        assert len(client.queued) == 1
        cluster.relay.answer(B, None)
        await until(view, client, "a")
        assert [at for _, at in cluster.relay.dials] == pytest.approx([0, 0.1, 0.3, 0.7])


@pytest.mark.spec("C7.3", "6.6.8")
async def test_a_slow_dial_to_the_old_worker_is_ignored() -> None:
    """B would answer after a second; C has the chat by then, and only its parts are seen."""
    cluster, client = await RelayCluster.running(OFF), ViewClient()
    cluster.relay.takes_s[B] = 1.0
    cluster.say(cluster.far, "from b")
    async with cluster.watched(client) as view:
        await nothing_for(view, client, 0.5)
        await cluster.take_over(C)
        cluster.say(cluster.farther, "from c")
        await until(view, client, "from c")
        await nothing_for(view, client, 2)
        assert cluster.dialled == [B, C]
        assert cluster.relay.open == 1
    assert client.previews == []


@pytest.mark.spec("C7.4", "C6.c")
async def test_a_connection_that_ends_is_made_again() -> None:
    """One dial 100 ms later; what was shown is not shown again, and what came meanwhile is."""
    cluster, client = await RelayCluster.running(OFF), ViewClient()
    cluster.say(cluster.far, "a")
    async with cluster.watched(client) as view:
        await until(view, client, "a")
        await nothing_for(view, client, 5)
        dropped_at = anyio.current_time()
        cluster.relay.drop(B)
        cluster.say(cluster.far, "b")
        await nothing_for(view, client, 0.09)
        await until(view, client, "a", "b")
        assert [at for _, at in cluster.relay.dials] == pytest.approx([0, dropped_at + 0.1])


@pytest.mark.spec("C6.10", "architecture-7")
@pytest.mark.parametrize("told", [False, True])
async def test_parts_that_got_lost_are_asked_for_again(told: bool) -> None:
    """Over the same connection; the viewer sees every part once. A loss that nobody tells shows with the next part."""
    cluster, client = await RelayCluster.running(OFF), ViewClient()
    cluster.say(cluster.far, "a")
    async with cluster.watched(client) as view:
        await until(view, client, "a")
        cluster.say(cluster.far, "b", "c")
        cluster.relay.lose(B, told=told)
        if not told:
            await nothing_for(view, client, 5)
            cluster.say(cluster.far, "d")
        await until(view, client, *(("a", "b", "c") if told else ("a", "b", "c", "d")))
    assert cluster.dialled == [B]


@pytest.mark.spec("C7.4", "C6.c")
async def test_a_connection_that_breaks_is_made_again() -> None:
    """An error on the way is nothing that the viewer sees; the new connection serves the next episode, too."""
    cluster, client = await RelayCluster.running(OFF), ViewClient()
    cluster.say(cluster.far, "a")
    async with cluster.watched(client) as view:
        await until(view, client, "a")
        cluster.relay.drop(B, broken=True)
        await nothing_for(view, client, 1)
        await cluster.stage.do(c.CommitAnswer(content=words("a")))
        cluster.say(cluster.far, "b")
        await until(view, client, "b")
    assert cluster.dialled == [B, B]


@pytest.mark.spec("C7.5")
async def test_nobody_is_dialled_for_a_chat_that_came_to_rest() -> None:
    """The dial failed, and the chat waits for its user before it is time for the next."""
    cluster, client = await RelayCluster.running(OFF), ViewClient()
    cluster.relay.answer(B, 502)
    async with cluster.watched(client) as view:
        await nothing_for(view, client, 0.05)
        await cluster.stage.do(c.CommitAnswer(content=words("four")), c.FinishTurn())
        client.take(await anext(view))
        assert client.status is ClientStatus.WAITING
        await nothing_for(view, client, 60)
    assert cluster.dialled == [B]


@pytest.mark.spec("C7.6")
async def test_a_store_that_cannot_be_read_delays_a_dial_but_does_not_forget_it() -> None:
    """The reads fail at the time of the retry; once they work the worker is dialled again."""
    store, client = TroubledStore(), ViewClient()
    cluster = await RelayCluster.running(ON, store)
    cluster.relay.answer(B, 502)
    async with cluster.watched(client) as view:
        store.out_of_reach = True
        await nothing_for(view, client, 0.05)
        cluster.relay.answer(B, None)
        cluster.say(cluster.far, "a")
        await nothing_for(view, client, 0.5)
        store.out_of_reach = False
        await until(view, client, "a")
    assert cluster.dialled == [B, B]


@pytest.mark.spec("C7.7")
async def test_a_chat_at_rest_ends_the_relay() -> None:
    """The connection is closed; what the worker might still show is not seen."""
    cluster, client = await RelayCluster.running(OFF), ViewClient()
    episode = cluster.stage.episode
    cluster.say(cluster.far, "a")
    async with cluster.watched(client) as view:
        await until(view, client, "a")
        await cluster.stage.do(c.CommitAnswer(content=words("a")), c.FinishTurn())
        client.take(await anext(view))
        await nothing_for(view, client, 1)
        assert cluster.relay.open == 0
        cluster.far.publish(episode, said("late"))
        await nothing_for(view, client, 60)
    assert (texts(client.previews[0]), client.parts) == (["a"], [])


@pytest.mark.spec("C7.8")
async def test_a_chat_that_comes_here_is_read_here() -> None:
    """The relay is closed, and the parts come from this process's buffer."""
    cluster, client = await RelayCluster.running(OFF), ViewClient()
    cluster.say(cluster.far, "there")
    async with cluster.watched(client) as view:
        await until(view, client, "there")
        await cluster.take_over(HERE)
        cluster.stage.say("here")
        await until(view, client, "here")
        await nothing_for(view, client, 1)
        assert (cluster.dialled, cluster.relay.open) == ([B], 0)


@pytest.mark.spec("C7.9", "C6.6")
async def test_only_parts_are_relayed() -> None:
    """Messages, statuses and queue come from the log, whatever happens at the other end of the relay."""
    cluster = await RelayCluster.running(OFF)
    arrived: list[RelayedParts | RelayedGap] = []

    async def listen(connection: RelayConnection) -> None:
        arrived.extend([each async for each in connection])

    async with (
        anyio.create_task_group() as tasks,
        cluster.relay.dial(B, cluster.stage.chat_id) as connection,
    ):
        await connection.select(cluster.stage.episode)
        tasks.start_soon(listen, connection)
        cluster.say(cluster.far, "a")
        await anyio.sleep(1)
        await cluster.stage.do(send("waits"))
        await cluster.stage.do(c.CommitAnswer(content=words("a")))
        await anyio.sleep(1)
        cluster.relay.drop(B)
    assert [type(each) for each in arrived] == [RelayedParts]


@pytest.mark.spec("C7.10", "C1.6")
async def test_without_a_relay_what_lasts_is_shown_all_the_same() -> None:
    """A chat of another replica, nothing to dial with, and no journal: no parts, but every message and status."""
    cluster, client = await RelayCluster.running(OFF), ViewClient()
    stage = cluster.stage
    watching = Watching(stage.store, stage.pubsub, stage.here.live, OFF)
    cluster.say(cluster.far, "a")
    async with watching.watch_batches(stage.chat_id, actor=stage.owner) as view:
        client.take(await anext(view))
        await nothing_for(view, client, 5)
        await stage.do(c.CommitAnswer(content=words("a")), c.FinishTurn())
        client.take(await anext(view))
    assert (len(client.messages), client.status) == (2, ClientStatus.WAITING)
    assert (client.parts, client.previews) == ([], [])


@pytest.mark.spec("C6.c", "C6.6")
async def test_another_episode_comes_over_the_same_connection() -> None:
    """A step is committed and the next one made; the worker is the same, and so is the connection."""
    cluster, client = await RelayCluster.running(OFF), ViewClient()
    async with cluster.watched(client) as view:
        for number in range(5):
            cluster.say(cluster.far, f"{number}a", f"{number}b")
            await until(view, client, f"{number}a", f"{number}b")
            await cluster.stage.do(c.CommitAnswer(content=words("step")))
            client.take(await anext(view))
            assert client.parts == []
        assert (cluster.dialled, cluster.relay.open) == ([B], 1)


@pytest.mark.spec("C5.3", "C6.9")
async def test_a_viewer_that_is_refused_sees_the_journal() -> None:
    """One dial; the parts come a little later, as they do without a relay. The next episode may be dialled again."""
    cluster, client = await RelayCluster.running(ON), ViewClient()
    stage = cluster.stage
    cluster.relay.answer(B, 403)
    async with cluster.watched(client) as view:
        await stage.say_there("a", "b")
        await until(view, client, "a", "b")
        await nothing_for(view, client, 60)
        assert cluster.dialled == [B]
        cluster.relay.answer(B, None)
        await stage.do(c.CommitAnswer(content=words("ab")))
        client.take(await anext(view))
        cluster.say(cluster.far, "c")
        await until(view, client, "c")
    assert cluster.dialled == [B, B]


@pytest.mark.spec("architecture-7")
async def test_the_journal_is_left_alone_while_the_relay_delivers() -> None:
    """It is looked into at polls only; as soon as the relay is down it is the source again, and nothing repeats."""
    store, client = TroubledStore(), ViewClient()
    cluster = await RelayCluster.running(ON, store)
    cluster.stage.there = Process(cluster.far, cluster.stage.there.watching)
    await cluster.stage.say_there("a")
    async with cluster.watched(client) as view:
        await until(view, client, "a")
        await nothing_for(view, client, 1)
        before = store.journal_reads
        await nothing_for(view, client, 58)
        assert store.journal_reads - before <= 6
        cluster.relay.stop(B)
        await cluster.stage.say_there("b")
        began = anyio.current_time()
        await until(view, client, "a", "b")
        assert anyio.current_time() - began <= 0.1
        cluster.relay.serve(B, cluster.far)
        await nothing_for(view, client, 6)
        cluster.say(cluster.far, "c")
        await until(view, client, "a", "b", "c")


@pytest.mark.spec("C6.2")
async def test_a_reader_that_stands_still_is_cut_off_and_hangs_up() -> None:
    """What waits for it is one batch, however much the worker makes; nobody is dialled for it any more."""
    cluster, client = await RelayCluster.running(OFF), ViewClient()
    async with cluster.watched(client) as view:
        cluster.say(cluster.far, "a")
        await until(view, client, "a")
        cluster.say(cluster.far, *[f"{number} " for number in range(1_000)])
        await anyio.sleep(11)
        with pytest.raises(ViewerLagged):
            await anext(view)
        await anyio.sleep(1)
        assert cluster.relay.open == 0
    async with cluster.watched(client := ViewClient()) as view:
        await until(view, client, "a", *[f"{number} " for number in range(1_000)])


@pytest.mark.spec("C6.2", "C6.4")
async def test_what_waits_for_a_reader_is_one_batch() -> None:
    """However much the other replica has: the rest stays there until the reader comes."""
    cluster, wakes = await RelayCluster.running(OFF), list[float]()
    stage = cluster.stage
    cluster.say(cluster.far, *["word "] * 1_000)
    taken: list[int] = []
    async with relaying(
        cluster.relay,
        stage.chat_id,
        own=HERE,
        wake=lambda: wakes.append(anyio.current_time()),
        session_token="",
    ) as reader:
        assert reader is not None
        reader.follow(B, stage.episode)
        while sum(taken) < 1_000:
            await anyio.sleep(1)
            assert reader.waiting
            taken.append(sum(len(each.parts) for each in reader.take()))
            assert not reader.waiting
    assert max(taken) <= RELAY_BATCH_PARTS_MAX
    assert len(wakes) >= len(taken)


@pytest.mark.spec("C7.1")
@pytest.mark.parametrize("after", [None, 0])
async def test_the_dial_begins_with_the_view(after: int | None) -> None:
    """Not only when its reader asks for more than the first batch."""
    cluster = await RelayCluster.running(OFF)
    stage = cluster.stage
    cluster.relay.takes_s[B] = 1.0
    async with stage.here.watching.watch_batches(stage.chat_id, actor=stage.owner, after=after):
        await anyio.sleep(2)
        assert (cluster.dialled, cluster.relay.open) == ([B], 1)
