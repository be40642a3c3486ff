"""Convergence through the real views: any chat, any moment of joining, any speed, any loss (architecture 7)."""

from contextlib import suppress
from typing import Final

import anyio
import pytest
import trio.testing
from attrs import evolve, frozen
from hypothesis import given
from hypothesis import strategies as st

from chatcore.app.view import View, ViewerLagged
from chatcore.app.view_settings import ViewSettings
from chatcore.domain.chat.append import Decided
from chatcore.domain.chat.evolve import fold
from chatcore.domain.chat.states import client_status
from chatcore.domain.chat.values import Status
from chatcore.domain.content.client_parts import client_content
from chatcore.domain.content.parts import TextPart
from chatcore.domain.ids import Seq
from chatcore.domain.live.journal import Episode
from chatcore.ports.actor import SYSTEM
from chatcore.testing.chat_log import ChatLog
from chatcore.testing.strategies.logs import chat_logs
from chatcore.testing.view_client import ViewClient
from chatcore.testing.view_stage import Stage

SECONDS: Final = st.sampled_from([0.0, 0.0, 0.05, 0.2, 1.0, 5.0])


@frozen
class Step:
    """One append, what of the reply is shown before it, where, and how long it all takes."""

    decided: Decided
    words: int
    here: bool
    pause: float
    rest: float


@frozen
class Visitor:
    """Somebody who watches: from when, how fast, for how many batches at a time, and how they come back."""

    joins: float
    pauses: tuple[float, ...]
    batches: tuple[int, ...]
    by_message: bool
    """Comes back with the id of the last message, for want of anything better."""


@st.composite
def plays(draw: st.DrawFn) -> tuple[ChatLog, list[Step]]:
    """A legal chat, and how it came about."""
    chat = draw(chat_logs().filter(lambda log: log.head is not None))
    begun = [0, *chat.ends[:-1]]
    steps: list[Step] = []
    for first, last in zip(begun, chat.ends, strict=True):
        head = fold(chat.events[:last])
        assert head is not None
        decided = Decided(events=tuple(chat.events[first:last]), head=head)
        steps.append(Step(decided, draw(st.integers(0, 4)), draw(st.booleans()), draw(SECONDS), draw(SECONDS)))
    return chat, steps


def visitors() -> st.SearchStrategy[list[Visitor]]:
    """A few people with good and bad connections."""
    visitor = st.builds(
        Visitor,
        joins=SECONDS,
        pauses=st.lists(st.sampled_from([0.0, 0.0, 0.1, 3.0, 12.0]), min_size=1, max_size=4).map(tuple),
        batches=st.lists(st.integers(1, 6), min_size=1, max_size=3).map(tuple),
        by_message=st.booleans(),
    )
    return st.lists(visitor, min_size=1, max_size=3)


async def act(stage: Stage, steps: list[Step], begun: anyio.Event) -> None:
    """Let it all happen. An episode is made in one process, wherever its first part is."""
    makers: dict[Episode, bool] = {}
    said: dict[Episode, int] = {}
    for step in steps:
        head = stage.head
        if head is not None and head.owned and head.status is Status.RUNNING:
            episode = stage.episode
            here = makers.setdefault(episode, step.here)
            for _ in range(step.words):
                number = said[episode] = said.get(episode, -1) + 1
                await _say(stage, f"{head.history_version}.{head.generation_attempt} {number} ", here=here)
                await anyio.sleep(step.pause)
        await stage.play(step.decided)
        begun.set()
        await anyio.sleep(step.rest)


async def _say(stage: Stage, text: str, *, here: bool) -> None:
    if here:
        stage.say(text)
    else:
        await stage.say_there(text)


async def watch(view: View, client: ViewClient, visitor: Visitor, turn: int, over: anyio.Event) -> None:
    """Take a few batches at the visitor's speed; in the end, all that there are."""
    batches = visitor.batches[turn % len(visitor.batches)]
    while batches or over.is_set():
        batches -= 1
        await anyio.sleep(0 if over.is_set() else visitor.pauses[turn % len(visitor.pauses)])
        with anyio.move_on_after(11) as silence:
            client.take(await anext(view))
        if silence.cancelled_caught and over.is_set():
            return


async def visit(stage: Stage, visitor: Visitor, client: ViewClient, *, begun: anyio.Event, over: anyio.Event) -> Seq:
    """Watch as this visitor does, until everything has happened and the screen shows the end of the log.

    Returns: where the log ended when they joined, or last began anew.
    """
    await anyio.sleep(visitor.joins)
    await begun.wait()
    assert stage.head is not None
    joined, cursor, turn = stage.head.seq, None, 0
    while not over.is_set() or cursor != stage.head.seq or client.status is not client_status(stage.head):
        client.connected(anew=cursor is None)
        joined = stage.head.seq if cursor is None else joined
        async with stage.here.watching.watch_batches(stage.chat_id, actor=SYSTEM, after=cursor) as view:
            with suppress(ViewerLagged):
                await watch(view, client, visitor, turn, over)
            cursor = view.cursor
            if visitor.by_message and client.messages and not over.is_set():
                cursor = client.messages[-1].id
        turn += 1
        # Virtual time goes by only while nobody has anything to do.
        await anyio.sleep(0.02)
    return joined


@pytest.mark.spec(
    "architecture-7", "6.3", "6.6.1", "6.6.2", "6.6.3", "6.6.4", "6.6.5", "6.6.6", "C6.2", "C6.4", "C6.12"
)
@given(plays(), visitors(), st.booleans(), st.integers(1, 8))
def test_every_viewer_ends_with_the_transcript(
    play: tuple[ChatLog, list[Step]], people: list[Visitor], deaf: bool, page: int
) -> None:
    """A viewer who joins at any moment, loses its connection any number of times and reads at any speed ends with
    exactly the transcript that the log gives, each part shown at most once, in order, and never of a reply that is
    over; with hints or without any, with parts of this process or another one's.
    """
    chat, steps = play
    settings = ViewSettings(page_messages=page, page_events=page, batch_max=page)
    stage = Stage(chat_id=chat.chat_id, settings=settings, deaf=deaf)
    clients = [ViewClient() for _ in people]

    async def main() -> list[Seq]:
        begun, over, joined = anyio.Event(), anyio.Event(), [0] * len(people)

        async def come(number: int) -> None:
            joined[number] = await visit(stage, people[number], clients[number], begun=begun, over=over)

        with anyio.fail_after(3600):
            async with anyio.create_task_group() as tasks:
                for number in range(len(people)):
                    tasks.start_soon(come, number)
                await act(stage, steps, begun)
                over.set()
        return joined

    clock = trio.testing.MockClock(autojump_threshold=0)
    joined = anyio.run(main, backend="trio", backend_options={"clock": clock})

    for client, since in zip(clients, joined, strict=True):
        check(client, chat, since)


def check(client: ViewClient, chat: ChatLog, joined: Seq) -> None:
    """The screen shows the end of the transcript, all of it that came since, and the state of the chat."""
    shown = [
        evolve(message, content=client_content(message.content))
        for message in chat.transcript()
        if message.visibility.to_reader and client_content(message.content)
    ]
    assert client.messages == shown[len(shown) - len(client.messages) :]
    assert len(client.messages) >= sum(message.id > joined for message in shown)
    assert client.status is client_status(chat.current)
    assert [message.id for message in client.queued] == [row.id for row in chat.current.queue]
    for preview in [*client.previews, client.parts]:
        for part in preview:
            text = f"{part.history_version}.{part.generation_attempt} {part.number - 1} "
            assert part.part == TextPart(text=text)
