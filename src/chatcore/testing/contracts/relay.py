"""The contract of the relay port: subclass `RelayContract`, override `open_relay`, and pytest does the rest.

What travels may be cut into batches as the adapter likes, and of an episode that was selected before another one some
parts may still come. What is promised is what the relay machine needs: every selection begins with part 1, parts of one
selection follow each other, and whatever goes wrong is one of the port's errors or the end of the iteration.
"""

from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AbstractAsyncContextManager, suppress
from typing import Final, TypeAlias

import anyio
import pytest
from attrs import frozen

from chatcore.app.live_parts import LiveParts
from chatcore.domain.content.messages import Role
from chatcore.domain.content.parts import TextPart
from chatcore.domain.ids import ChatId, WorkerId
from chatcore.domain.live.journal import Episode
from chatcore.domain.live.part_buffer import PartBuffer
from chatcore.domain.turn.answer import Published
from chatcore.ports.relay import (
    Relay,
    RelayBroken,
    RelayConnection,
    RelayedGap,
    RelayedParts,
    RelayRefused,
    RelayUnreachable,
)

PATIENCE_S: Final = 10.0
"""How long anything may take that is to come."""
SILENCE_S: Final = 0.05
"""How long nothing comes where nothing is to come."""

CHAT, OTHER = ChatId("chat"), ChatId("other")
NOBODY: Final = WorkerId("0198c6e0-0000-7000-8000-00000000dead")
TOKEN: Final = "the-token-of-a-viewer"


@frozen(kw_only=True)
class FarReplica:
    """A replica to be dialled, with the parts that are made in its process.

    Serve them so that dialling with TOKEN is let in.
    """

    worker_id: WorkerId
    live: LiveParts
    buffer: PartBuffer
    """That of `live`."""


@frozen(kw_only=True)
class RelayStage:
    """A relay and two replicas that it reaches."""

    relay: Relay
    far: FarReplica
    farther: FarReplica
    answer: Callable[[int], Awaitable[None]]
    """From now on `far` answers every dial with this HTTP status."""
    stop: Callable[[], Awaitable[None]]
    """`far` stops: its connections end and it cannot be dialled any more."""


OpenRelay: TypeAlias = Callable[[], AbstractAsyncContextManager[RelayStage]]
"""Opens a relay with replicas that make nothing yet, and closes it in the end."""


def episode(history: int, *, chat_id: ChatId = CHAT, attempt: int = 1) -> Episode:
    """An episode of a chat."""
    return Episode(chat_id=chat_id, history_version=history, generation_attempt=attempt)


def say(replica: FarReplica, of: Episode, *texts: str, hidden: bool = False) -> None:
    """The worker of the replica shows words, in an episode that it begins if need be."""
    replica.live.open(of)
    for text in texts:
        said = Published(role=Role.ASSISTANT, part=TextPart(text=text))
        assert replica.live.publish(of, said, hidden=hidden) is not None, "a test fits into its episode"


@pytest.mark.anyio
class RelayContract:
    """What every relay promises. Runs on each backend of pytest's anyio plugin."""

    @pytest.fixture
    def open_relay(self) -> OpenRelay:
        """Override: give a way to open a relay with two replicas."""
        raise NotImplementedError("a subclass of RelayContract overrides the fixture open_relay")

    @pytest.fixture
    async def stage(self, open_relay: OpenRelay) -> AsyncGenerator[RelayStage, None]:
        """A relay and replicas that make nothing yet."""
        async with open_relay() as stage:
            yield stage

    @pytest.mark.spec("C6.6", "C7.1")
    async def test_what_was_made_before_comes_first_and_then_the_rest(self, stage: RelayStage) -> None:
        """Each part once, with its number, its role and what it says."""
        say(stage.far, episode(1), "a", "b")
        async with _dialled(stage, stage.far) as connection:
            await connection.select(episode(1))
            assert await _texts(connection, episode(1), 2) == ["a", "b"]
            say(stage.far, episode(1), "c")
            assert await _texts(connection, episode(1), 1, after=2) == ["c"]

    @pytest.mark.spec("C6.7", "C6.5")
    async def test_an_episode_that_is_still_to_come_is_waited_for(self, stage: RelayStage) -> None:
        """Selecting it is no error, whether or not the replica works on the chat; nothing comes until it begins."""
        async with _dialled(stage, stage.far) as connection:
            await connection.select(episode(7))
            say(stage.far, episode(6), "too early")
            await _silent(connection)
        async with _dialled(stage, stage.far) as connection:
            await connection.select(episode(7))
            say(stage.far, episode(7), "at last")
            assert await _texts(connection, episode(7), 1) == ["at last"]

    @pytest.mark.spec("C6.6")
    async def test_another_episode_is_selected_on_the_same_connection(self, stage: RelayStage) -> None:
        """Its parts come from number 1 on; of the one before nothing comes behind them."""
        say(stage.far, episode(1), "old")
        async with _dialled(stage, stage.far) as connection:
            await connection.select(episode(1))
            assert await _texts(connection, episode(1), 1) == ["old"]
            say(stage.far, episode(2), "new", "er")
            await connection.select(episode(2))
            assert await _texts(connection, episode(2), 2) == ["new", "er"]
            say(stage.far, episode(2), "est")
            assert await _texts(connection, episode(2), 1, after=2) == ["est"]

    @pytest.mark.spec("C6.10")
    async def test_selecting_again_begins_anew(self, stage: RelayStage) -> None:
        """That is how parts that got lost are had after all; also of an episode that has ended meanwhile."""
        say(stage.far, episode(1), "a", "b", "c")
        async with _dialled(stage, stage.far) as connection:
            for _ in range(3):
                await connection.select(episode(1))
                assert await _texts(connection, episode(1), 3) == ["a", "b", "c"]
                stage.far.live.close(CHAT)

    async def test_a_selection_can_be_made_while_somebody_listens(self, stage: RelayStage) -> None:
        """The one who waits gets what is selected meanwhile."""
        say(stage.far, episode(1), "a")
        heard: list[str] = []

        async def listen(connection: RelayConnection) -> None:
            heard.extend(await _texts(connection, episode(1), 1))

        async with _dialled(stage, stage.far) as connection, anyio.create_task_group() as tasks:
            tasks.start_soon(listen, connection)
            await anyio.sleep(SILENCE_S)
            await connection.select(episode(1))
        assert heard == ["a"]

    async def test_parts_that_are_not_shown_yet_are_not_relayed(self, stage: RelayStage) -> None:
        """What waits to be written first is seen when it is revealed, here as there."""
        say(stage.far, episode(1), "shown")
        say(stage.far, episode(1), "hidden", hidden=True)
        async with _dialled(stage, stage.far) as connection:
            await connection.select(episode(1))
            assert await _texts(connection, episode(1), 1) == ["shown"]
            stage.far.live.reveal(episode(1), 2)
            assert await _texts(connection, episode(1), 1, after=1) == ["hidden"]

    @pytest.mark.spec("C6.4")
    async def test_connections_do_not_disturb_each_other(self, stage: RelayStage) -> None:
        """Two to one replica, one to another, one for another chat: each gets what it selected, at its own pace."""
        say(stage.far, episode(1), "a", "b")
        say(stage.far, episode(1, chat_id=OTHER), "other chat")
        say(stage.farther, episode(1), "other replica")
        async with (
            _dialled(stage, stage.far) as first,
            _dialled(stage, stage.far) as second,
            _dialled(stage, stage.farther) as third,
            stage.relay.dial(stage.far.worker_id, OTHER, session_token=TOKEN) as fourth,
        ):
            for connection in (first, second, third):
                await connection.select(episode(1))
            await fourth.select(episode(1, chat_id=OTHER))
            assert await _texts(second, episode(1), 2) == ["a", "b"]
            assert await _texts(third, episode(1), 1) == ["other replica"]
            assert await _texts(fourth, episode(1, chat_id=OTHER), 1) == ["other chat"]
            assert await _texts(first, episode(1), 2) == ["a", "b"]

    async def test_a_long_episode_arrives_whole(self, stage: RelayStage) -> None:
        """However many batches it takes."""
        texts = [f"{number} " for number in range(1, 1_001)]
        say(stage.far, episode(1), *texts)
        async with _dialled(stage, stage.far) as connection:
            await connection.select(episode(1))
            assert await _texts(connection, episode(1), len(texts)) == texts

    @pytest.mark.spec("C6.8")
    async def test_an_unknown_replica_is_unreachable(self, stage: RelayStage) -> None:
        """The error has no status, and another try may succeed: replicas come and go."""
        with pytest.raises(RelayUnreachable) as caught:
            async with stage.relay.dial(NOBODY, CHAT, session_token=TOKEN):
                raise AssertionError("nobody is there")
        assert (caught.value.worker_id, caught.value.status, caught.value.retryable) == (NOBODY, None, True)

    @pytest.mark.spec("C5.3", "C6.9")
    @pytest.mark.parametrize("status", [401, 403])
    async def test_a_refusal_is_told_apart(self, stage: RelayStage, status: int) -> None:
        """Trying again is no use; the error carries the status, and the token is in no text."""
        await stage.answer(status)
        with pytest.raises(RelayRefused) as caught:
            async with _dialled(stage, stage.far):
                raise AssertionError("nobody is let in")
        assert (caught.value.worker_id, caught.value.status, caught.value.retryable) == (
            stage.far.worker_id,
            status,
            False,
        )
        assert f"authentication failed with status {status}" in str(caught.value)
        assert TOKEN not in f"{caught.value} {caught.value!r}"

    @pytest.mark.spec("C5.3", "C6.9")
    @pytest.mark.parametrize("status", [404, 500, 502])
    async def test_any_other_answer_may_be_otherwise_next_time(self, stage: RelayStage, status: int) -> None:
        """The error carries the status."""
        await stage.answer(status)
        with pytest.raises(RelayUnreachable) as caught:
            async with _dialled(stage, stage.far):
                raise AssertionError("it did not work")
        assert (caught.value.status, caught.value.retryable) == (status, True)
        assert TOKEN not in f"{caught.value} {caught.value!r}"

    async def test_a_replica_that_stops_ends_its_connections(self, stage: RelayStage) -> None:
        """Also one that waits; selecting on it or dialling again fails with an error that says to try later."""
        say(stage.far, episode(1), "a")
        async with _dialled(stage, stage.far) as connection:
            await connection.select(episode(1))
            assert await _texts(connection, episode(1), 1) == ["a"]
            async with anyio.create_task_group() as tasks:
                tasks.start_soon(_ends, connection)
                await anyio.sleep(SILENCE_S)
                await stage.stop()
            await _ends(connection)
            with pytest.raises(RelayBroken) as broken:
                await connection.select(episode(1))
            assert broken.value.retryable
        with pytest.raises(RelayUnreachable):
            async with _dialled(stage, stage.far):
                raise AssertionError("nobody is there")

    @pytest.mark.spec("C2.2", "C6.3")
    async def test_who_hangs_up_leaves_nothing_behind(self, stage: RelayStage) -> None:
        """In order, by an error, or cancelled while waiting: the far replica keeps no place for the reader."""
        async with _dialled(stage, stage.far) as connection:
            await connection.select(episode(1))
            await _silent(connection)
        with pytest.raises(RelayBroken):
            await connection.select(episode(1))
        with pytest.raises(ZeroDivisionError):
            await _fail(stage)
        with anyio.move_on_after(SILENCE_S):
            async with _dialled(stage, stage.far) as connection:
                await connection.select(episode(3))
                await anyio.sleep_forever()
        with anyio.fail_after(PATIENCE_S):
            while len(stage.far.buffer):  # noqa: ASYNC110  # the buffer of another process tells nobody
                await anyio.sleep(SILENCE_S)

    async def test_a_dial_can_be_given_up_at_once(self, stage: RelayStage) -> None:
        """A cancelled dial brings no connection, and the next one works."""
        say(stage.far, episode(1), "a")
        with anyio.CancelScope() as scope:
            scope.cancel()
            async with _dialled(stage, stage.far):
                raise AssertionError("the dial was cancelled")
        async with _dialled(stage, stage.far) as connection:
            await connection.select(episode(1))
            assert await _texts(connection, episode(1), 1) == ["a"]


def _dialled(stage: RelayStage, replica: FarReplica) -> AbstractAsyncContextManager[RelayConnection]:
    return stage.relay.dial(replica.worker_id, CHAT, session_token=TOKEN)


async def _texts(connection: RelayConnection, of: Episode, count: int, *, after: int = 0) -> Sequence[str]:
    """The words of so many parts of an episode, whose numbers follow the one given."""
    texts: list[str] = []
    with anyio.fail_after(PATIENCE_S):
        while len(texts) < count:
            arrived = await anext(_iterated(connection))
            assert isinstance(arrived, RelayedParts), "nothing was dropped"
            assert arrived.parts
            if arrived.episode != of:
                assert not texts, "nothing of another episode comes behind the first part"
                continue
            for part in arrived.parts:
                assert part.number == after + len(texts) + 1
                assert part.role is Role.ASSISTANT
                assert isinstance(part.part, TextPart)
                texts.append(part.part.text)
    return texts


async def _silent(connection: RelayConnection) -> None:
    with anyio.move_on_after(SILENCE_S) as scope:
        arrived = await anext(_iterated(connection))
        raise AssertionError(f"{arrived} came")
    assert scope.cancelled_caught


async def _ends(connection: RelayConnection) -> None:
    """Nothing more comes but the end, in order or as an error that says to try again."""
    with anyio.fail_after(PATIENCE_S):
        with suppress(RelayBroken):
            assert [arrived async for arrived in connection] == []


async def _fail(stage: RelayStage) -> None:
    async with _dialled(stage, stage.far) as connection:
        await connection.select(episode(2))
        raise ZeroDivisionError


def _iterated(connection: RelayConnection) -> AsyncIterator[RelayedParts | RelayedGap]:
    return aiter(connection)
