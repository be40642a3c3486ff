"""The contract of the pubsub port: subclass `PubSubContract`, override `open_pubsub`, and pytest does the rest.

Hints may be dropped, repeated and reordered; so nothing here counts them. What is promised: a hint that is sent while a
subscriber keeps reading arrives, nobody is told of what is not theirs, and nobody waits for a slow reader.
"""

from collections.abc import AsyncGenerator, AsyncIterator, Callable, Sequence
from contextlib import AbstractAsyncContextManager
from typing import TypeAlias

import anyio
import pytest

from chatcore.domain.chat.values import Status
from chatcore.domain.ids import ChatId, RunnerId, Seq, WorkerId
from chatcore.domain.limits import HINTS_WAITING_MAX
from chatcore.ports.pubsub import ChatChanged, Hint, Lagged, PubSub, WorkWanted

OpenPubSub: TypeAlias = Callable[[], AbstractAsyncContextManager[PubSub]]
"""Opens a pubsub that nobody uses yet and closes it in the end."""

PATIENCE_S = 10.0
"""How long a hint may take."""
MANY = 4 * HINTS_WAITING_MAX

CHAT, OTHER = ChatId("chat"), ChatId("other")


def changed(chat_id: ChatId, seq: Seq) -> ChatChanged:
    """A hint that a chat's log has grown."""
    return ChatChanged(
        chat_id=chat_id,
        seq=seq,
        worker_id=WorkerId("worker"),
        runner_id=RunnerId("runner"),
        history_version=seq,
        queue_version=0,
        retry_version=0,
        generation_attempt=1,
        status=Status.RUNNING,
        archived=False,
    )


@pytest.mark.anyio
class PubSubContract:
    """What every pubsub promises. Runs on each backend of pytest's anyio plugin."""

    @pytest.fixture
    def open_pubsub(self) -> OpenPubSub:
        """Override: give a way to open a pubsub."""
        raise NotImplementedError("a subclass of PubSubContract overrides the fixture open_pubsub")

    @pytest.fixture
    async def pubsub(self, open_pubsub: OpenPubSub) -> AsyncGenerator[PubSub, None]:
        """A pubsub that nobody uses yet."""
        async with open_pubsub() as pubsub:
            yield pubsub

    @pytest.mark.spec("2.10")
    async def test_a_hint_arrives_as_it_was_sent(self, pubsub: PubSub) -> None:
        """From the moment the context is entered: what is sent right after that is not missed."""
        hint = changed(CHAT, 3)
        async with pubsub.watch_chat(CHAT) as hints:
            await pubsub.publish([hint])

            assert await _until(hints, hint) == [hint]

    @pytest.mark.spec("2.10")
    async def test_work_is_told_to_those_who_look_for_work(self, pubsub: PubSub) -> None:
        """Whichever chat it is."""
        async with pubsub.watch_work() as hints:
            await pubsub.publish([WorkWanted(chat_id=CHAT, seq=1), WorkWanted(chat_id=OTHER, seq=2)])

            told = await _until(hints, WorkWanted(chat_id=OTHER, seq=2))
            assert WorkWanted(chat_id=CHAT, seq=1) in told

    async def test_nobody_is_told_what_is_not_theirs(self, pubsub: PubSub) -> None:
        """A watcher of a chat gets that chat's changes; one that looks for work gets work."""
        async with pubsub.watch_chat(CHAT) as chat, pubsub.watch_work() as work:
            await pubsub.publish([changed(OTHER, 1), WorkWanted(chat_id=CHAT, seq=1), changed(CHAT, 2)])
            await pubsub.publish([WorkWanted(chat_id=OTHER, seq=9), changed(CHAT, 9)])

            assert set(await _until(chat, changed(CHAT, 9))) <= {changed(CHAT, 2), changed(CHAT, 9)}
            assert all(isinstance(hint, WorkWanted) for hint in await _until(work, WorkWanted(chat_id=OTHER, seq=9)))

    async def test_everybody_who_watches_is_told(self, pubsub: PubSub) -> None:
        """Several subscribers of one chat all get its hint, also those that waited before it came."""
        told: list[Hint | Lagged] = []
        ready = [anyio.Event() for _ in range(3)]

        async def watch(entered: anyio.Event) -> None:
            async with pubsub.watch_chat(CHAT) as hints:
                entered.set()
                told.extend((await _until(hints, changed(CHAT, 1)))[-1:])

        with anyio.fail_after(PATIENCE_S):
            async with anyio.create_task_group() as tasks:
                for entered in ready:
                    tasks.start_soon(watch, entered)
                for entered in ready:
                    await entered.wait()
                await pubsub.publish([changed(CHAT, 1)])

        assert told == [changed(CHAT, 1)] * 3

    async def test_a_slow_reader_is_told_that_it_lags(self, pubsub: PubSub) -> None:
        """Nobody waits for it; it gets word that hints were lost, and new ones from then on."""
        async with pubsub.watch_chat(CHAT) as slow, pubsub.watch_work() as work:
            with anyio.fail_after(PATIENCE_S):
                for seq in range(1, MANY):
                    await pubsub.publish([changed(CHAT, seq), WorkWanted(chat_id=CHAT, seq=seq)])

            assert Lagged() in await _until(slow, changed(CHAT, MANY - 1))
            assert Lagged() in await _until(work, WorkWanted(chat_id=CHAT, seq=MANY - 1))
            await pubsub.publish([changed(CHAT, MANY)])
            assert (await _until(slow, changed(CHAT, MANY)))[-1] == changed(CHAT, MANY)

    async def test_hints_without_subscribers_are_no_error(self, pubsub: PubSub) -> None:
        """Nor is an empty list of hints."""
        await pubsub.publish([changed(CHAT, 1), WorkWanted(chat_id=CHAT, seq=1)])
        await pubsub.publish([])

    async def test_a_cancelled_reader_loses_nothing(self, pubsub: PubSub) -> None:
        """Waiting can be given up and taken up again; others go on waiting meanwhile."""
        hint = changed(CHAT, 1)
        async with pubsub.watch_chat(CHAT) as first, pubsub.watch_chat(CHAT) as second:
            for hints in (first, second):
                with anyio.move_on_after(0.01) as scope:
                    await anext(hints)
                assert scope.cancelled_caught
            await pubsub.publish([hint])

            assert await _until(first, hint) == [hint]
            assert await _until(second, hint) == [hint]

    async def test_who_leaves_is_forgotten(self, pubsub: PubSub) -> None:
        """A subscriber that left, even by an error, is in nobody's way."""
        with pytest.raises(ZeroDivisionError):
            async with pubsub.watch_chat(CHAT):
                raise ZeroDivisionError

        async with pubsub.watch_chat(CHAT) as hints:
            await pubsub.publish([changed(CHAT, 2)])
            assert await _until(hints, changed(CHAT, 2)) == [changed(CHAT, 2)]

    async def test_closing_ends_every_subscription(self, pubsub: PubSub) -> None:
        """Those that wait, those that do not, and those that are still to come; closing twice is allowed."""
        ended: list[int] = []
        entered = anyio.Event()

        async def watch() -> None:
            async with pubsub.watch_work() as hints:
                entered.set()
                ended.append(len([hint async for hint in hints]))

        with anyio.fail_after(PATIENCE_S):
            async with pubsub.watch_chat(CHAT) as idle:
                async with anyio.create_task_group() as tasks:
                    tasks.start_soon(watch)
                    await entered.wait()
                    await pubsub.aclose()
                    await pubsub.aclose()
                assert [hint async for hint in idle if not isinstance(hint, Lagged)] == []
            async with pubsub.watch_chat(CHAT) as late:
                assert [hint async for hint in late if not isinstance(hint, Lagged)] == []

        assert ended == [0]

    async def test_publishing_after_the_end_is_no_error(self, pubsub: PubSub) -> None:
        """A failure to send is not an error."""
        await pubsub.aclose()

        await pubsub.publish([changed(CHAT, 1)])


async def _until(hints: AsyncIterator[Hint | Lagged], last: Hint) -> Sequence[Hint | Lagged]:
    """Everything up to this hint."""
    told: list[Hint | Lagged] = []
    with anyio.fail_after(PATIENCE_S):
        while last not in told:
            told.append(await anext(hints))
    return told
