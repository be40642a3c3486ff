"""Convergence of views whose parts are relayed: whatever happens, goes wrong, or takes long (architecture 7)."""

from typing import Final

import anyio
import pytest
import trio.testing
from attrs import frozen
from hypothesis import given
from hypothesis import strategies as st

from chatcore.app.view import View
from chatcore.app.view_settings import ViewSettings
from chatcore.domain.chat import commands as c
from chatcore.domain.content.parts import TextPart
from chatcore.domain.ids import WorkerId
from chatcore.testing.relay_stage import HERE, B, C, RelayCluster
from chatcore.testing.situations import words
from chatcore.testing.view_client import ViewClient

SECONDS: Final = st.sampled_from([0.0, 0.0, 0.05, 0.2, 1.0, 5.0])
LAST_COUNT: Final = 3


@frozen
class Deed:
    """Something that happens, and how long it takes."""

    what: str
    worker: WorkerId
    count: int
    pause: float


def deeds() -> st.SearchStrategy[list[Deed]]:
    """Workers that talk and take the chat from each other, and a relay that fails now and then."""
    what = st.sampled_from(
        ["say"] * 5 + ["commit", "take", "end", "cut", "lose", "miss", "break", "refuse", "mend", "slow"]
    )
    deed = st.builds(Deed, what=what, worker=st.sampled_from([B, B, C, HERE]), count=st.integers(1, 3), pause=SECONDS)
    return st.lists(deed, min_size=3, max_size=20)


class Turn:
    """What the workers of a cluster do. Each part says its episode and which one of it it is."""

    def __init__(self, cluster: RelayCluster) -> None:
        self.cluster = cluster
        self._said = 0

    async def do(self, deed: Deed) -> None:
        """Let it happen."""
        relay, takes_s = self.cluster.relay, self.cluster.relay.takes_s
        far = deed.worker if deed.worker != HERE else B
        match deed.what:
            case "say":
                self.say(deed.count)
            case "commit":
                await self.cluster.stage.do(c.CommitAnswer(content=words("step")))
                self._said = 0
            case "take":
                await self.cluster.take_over(deed.worker)
                self._said = 0
            case "end" | "cut":
                relay.drop(far, broken=deed.what == "cut")
            case "lose" | "miss":
                self.say(deed.count)
                relay.lose(far, told=deed.what == "miss")
            case "slow":
                takes_s[far] = deed.pause
            case _:
                relay.answer(far, {"break": 503, "refuse": 401, "mend": None}[deed.what])
        await anyio.sleep(deed.pause)

    def say(self, count: int) -> None:
        """The worker that has the chat shows words."""
        head = self.cluster.stage.head
        assert head is not None
        lives = {B: self.cluster.far, C: self.cluster.farther}
        live = self.cluster.stage.here.live if head.worker_id in (None, HERE) else lives[head.worker_id]
        for _ in range(count):
            self.cluster.say(live, f"{head.history_version}.{head.generation_attempt} {self._said} ")
            self._said += 1

    async def end(self) -> None:
        """Nothing goes wrong any more, and C makes one last answer."""
        for worker_id in (B, C):
            self.cluster.relay.answer(worker_id, None)
        self.cluster.relay.takes_s.clear()
        await self.cluster.take_over(C)
        self._said = 0
        self.say(LAST_COUNT)


async def watch(view: View, client: ViewClient, pauses: list[float], over: anyio.Event) -> None:
    """Take batches at this speed; at the end, all that there are."""
    while True:
        for pause in pauses:
            await anyio.sleep(0 if over.is_set() else pause)
            with anyio.move_on_after(11) as silence:
                client.take(await anext(view))
            if silence.cancelled_caught and over.is_set():
                return


@pytest.mark.spec("architecture-7", "C6.c", "C6.10", "C7.1", "C7.3", "C7.4", "C7.7", "C7.8")
@given(deeds(), st.lists(st.sampled_from([0.0, 0.1, 3.0, 12.0]), min_size=1, max_size=4), st.integers(1, 4))
def test_a_relayed_view_ends_with_everything(script: list[Deed], pauses: list[float], batch: int) -> None:
    """Whatever the workers and the relay do: the viewer sees the transcript, each part at most once, in order, never
    of a reply that is over; and, with no journal to help, the whole reply that is being made in the end.
    """

    async def main() -> None:
        # A view that was cut off would begin anew, which shows nothing more here.
        cluster = await RelayCluster.running(ViewSettings(journal_poll=None, idle_max=None, batch_max=batch))
        turn, client, over = Turn(cluster), ViewClient(), anyio.Event()

        async def act() -> None:
            for deed in script:
                await turn.do(deed)
            await turn.end()
            over.set()

        with anyio.fail_after(3600):
            async with anyio.create_task_group() as tasks, cluster.watched(client) as view:
                tasks.start_soon(act)
                await watch(view, client, pauses, over)
        assert cluster.relay.open == 0
        assert client.messages == list((await cluster.stage.log()).transcript())[1:]
        for preview in [*client.previews, client.parts]:
            for shown in preview:
                text = f"{shown.history_version}.{shown.generation_attempt} {shown.number - 1} "
                assert shown.part == TextPart(text=text)
        episode = cluster.stage.episode
        of = [(shown.history_version, shown.generation_attempt) for shown in client.parts]
        assert of == [(episode.history_version, episode.generation_attempt)] * LAST_COUNT

    clock = trio.testing.MockClock(autojump_threshold=0)
    anyio.run(main, backend="trio", backend_options={"clock": clock})
