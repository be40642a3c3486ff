"""Views of a chat, through the store, the hints and the live parts, on both event loops (chat-core 6)."""

from collections.abc import AsyncIterator, Sequence

import anyio
import anyio.abc
import anyio.lowlevel
import pytest

from chatcore.app.view import CursorAhead
from chatcore.app.view_settings import ViewSettings
from chatcore.domain.chat import commands as c
from chatcore.domain.chat.rejections import ChatNotFound
from chatcore.domain.chat.states import ClientStatus
from chatcore.domain.chat.values import Status
from chatcore.domain.content.messages import Role, Visibility
from chatcore.domain.content.parts import TextPart
from chatcore.domain.ids import ChatId, UserId
from chatcore.domain.live.view_events import (
    HistoryReset,
    MessageShown,
    PartShown,
    PreviewReset,
    QueueShown,
    StatusShown,
    ViewEvent,
)
from chatcore.ports.actor import Actor
from chatcore.testing.situations import FAILURE, OWNER, acquire, create, send, words
from chatcore.testing.view_client import ViewClient
from chatcore.testing.view_stage import Stage

pytestmark = pytest.mark.anyio


def told(events: Sequence[ViewEvent]) -> list[str]:
    """Events in short: their kind, and the words they bring."""
    return [_told(event) for event in events]


def _told(event: ViewEvent) -> str:
    match event:
        case MessageShown(message=message):
            return "".join(part.text for part in message.content if isinstance(part, TextPart))
        case PartShown(part=TextPart(text=text), number=number):
            return f"{number}:{text}"
        case StatusShown(status=status):
            return f"<{status}>"
        case QueueShown(queued=queued):
            return f"<{len(queued)} queued>"
        case HistoryReset():
            return "<reset>"
        case PreviewReset():
            return "<preview>"
        case _:
            return f"<{type(event).__name__}>"


async def some(view: AsyncIterator[ViewEvent], count: int) -> list[str]:
    """The next events in short."""
    with anyio.fail_after(5):
        return told([await anext(view) for _ in range(count)])


async def running() -> Stage:
    """A chat whose first answer is being made by nobody yet."""
    stage = Stage()
    await stage.do(create())
    await stage.do(acquire())
    return stage


@pytest.mark.spec("6.6.1", "6.3")
async def test_the_first_event_of_a_running_chat_is_the_status() -> None:
    """Status, messages, preview_reset, then the parts so far: a client that gates parts by status sees them all."""
    stage = await running()
    stage.say("It is ", "four.")
    async with stage.here.watching.watch(stage.chat_id, actor=stage.owner) as view:
        assert await some(view, 5) == ["<running>", "question", "<preview>", "1:It is ", "2:four."]


@pytest.mark.spec("6.6.2")
async def test_buffered_parts_appear_once() -> None:
    """Whatever wakes the view, a part that was shown is not shown again."""
    stage = await running()
    stage.say("one")
    async with stage.here.watching.watch(stage.chat_id, actor=stage.owner) as view:
        await some(view, 4)
        await stage.do(send("wait"))
        stage.say("two")
        assert sorted(await some(view, 2)) == ["2:two", "<1 queued>"]


@pytest.mark.spec("6.6.3", "6.3")
async def test_with_a_cursor_only_newer_messages_come() -> None:
    """Status first, then what followed the cursor, then how things stand."""
    stage = await running()
    stage.say("four")
    await stage.do(c.CommitAnswer(content=words("four")), c.FinishTurn())
    question = (await stage.log()).transcript()[1]
    async with stage.here.watching.watch(stage.chat_id, actor=stage.owner, after=question.id) as view:
        assert await some(view, 3) == ["<waiting>", "four", "<preview>"]
    assert stage.head is not None
    async with stage.here.watching.watch(stage.chat_id, actor=stage.owner, after=stage.head.seq) as view:
        assert await some(view, 2) == ["<waiting>", "<preview>"]


@pytest.mark.spec("6.6.4")
async def test_a_committed_step_shows_no_part_to_who_joins_later() -> None:
    """The message says it all; the step after it begins with part 1."""
    stage = await running()
    stage.say("Let me see.")
    await stage.do(c.CommitAnswer(content=words("Let me see.")))
    async with stage.here.watching.watch(stage.chat_id, actor=stage.owner) as view:
        assert await some(view, 4) == ["<running>", "question", "Let me see.", "<preview>"]
        stage.say("It is four.")
        assert await some(view, 1) == ["1:It is four."]


@pytest.mark.spec("6.6.5", "architecture-12")
async def test_an_edit_resets_what_it_cut_and_shows_what_replaces_it() -> None:
    """history_reset names the first message that is gone; what was before it is not sent again."""
    stage = await running()
    await stage.do(c.CommitAnswer(content=words("answer one")), c.FinishTurn())
    await stage.do(send("question two"))
    log = await stage.log()
    edited = log.transcript()[-1].id
    async with stage.here.watching.watch(stage.chat_id, actor=stage.owner) as view:
        await some(view, 5)
        target = log.edit_target(edited)
        await stage.do(c.EditMessage(message_id=edited, content=words("better"), created_by=OWNER, target=target))
        with anyio.fail_after(5):
            assert await anext(view) == HistoryReset(from_id=edited)
        assert await some(view, 2) == ["better", "<preview>"]


@pytest.mark.spec("6.3", "architecture-7")
async def test_parts_come_before_the_message_that_they_become() -> None:
    """A viewer that reads late still sees the reply grow, then the message, then the reset of the preview."""
    stage = await running()
    async with stage.here.watching.watch(stage.chat_id, actor=stage.owner) as view:
        await some(view, 3)
        stage.say("It is ", "four.")
        await stage.do(c.CommitAnswer(content=words("It is four.")), c.FinishTurn())
        stage.here.live.close(stage.chat_id)
        expected = ["1:It is ", "2:four.", "It is four.", "<waiting>", "<preview>"]
        assert await some(view, 5) == expected


@pytest.mark.spec("6.6.6", "C6.4")
async def test_a_reader_that_stands_still_delays_nobody() -> None:
    """One reads nothing; the writer and the other reader go on, and in the end the first sees the same."""
    stage = await running()
    slow, quick = ViewClient(), ViewClient()
    async with (
        stage.here.watching.watch_batches(stage.chat_id, actor=stage.owner) as standing,
        stage.here.watching.watch_batches(stage.chat_id, actor=stage.owner) as reading,
    ):
        for step in range(20):
            stage.say(f"step {step}")
            await stage.do(c.CommitAnswer(content=words(f"step {step}")))
            with anyio.fail_after(5):
                while not quick.messages or f"step {step}" not in _text(quick):
                    quick.take(await anext(reading))
        with anyio.fail_after(5):
            while slow.messages != quick.messages:
                slow.take(await anext(standing))


def _text(client: ViewClient) -> str:
    return "".join(part.text for part in client.messages[-1].content if isinstance(part, TextPart))


@pytest.mark.spec("6.6.7")
async def test_an_interrupt_elsewhere_is_seen_here() -> None:
    """Stopping is running for clients; the end of the turn, wherever it was written, shows as waiting."""
    stage = await running()
    async with stage.here.watching.watch(stage.chat_id, actor=stage.owner) as view:
        await some(view, 3)
        await stage.do(c.Interrupt())
        await stage.do(c.FinishInterruption(partial=words("It is")))
        assert await some(view, 3) == ["It is", "<waiting>", "<preview>"]


@pytest.mark.spec("architecture-8")
async def test_nobody_watches_another_owners_chat() -> None:
    """A chat of somebody else and one that does not exist are the same answer, before anything is shown."""
    stage = await running()
    watching = stage.here.watching
    for chat_id, actor in ((stage.chat_id, Actor.owner(UserId("eve"))), (ChatId("none"), stage.owner)):
        for after in (None, 0):
            with pytest.raises(ChatNotFound):
                async with watching.watch(chat_id, actor=actor, after=after):
                    raise AssertionError("nothing may be shown")
        with pytest.raises(ChatNotFound):
            await watching.rest(chat_id, actor=actor)


async def test_a_cursor_from_the_future_is_refused() -> None:
    """A client that claims to know more than there is must begin anew: perhaps the store was restored."""
    stage = await running()
    with pytest.raises(CursorAhead) as refused:
        async with stage.here.watching.watch(stage.chat_id, actor=stage.owner, after=99):
            raise AssertionError("nothing may be shown")
    assert refused.value.after == 99


@pytest.mark.spec("1.2", "R1.2b")
async def test_messages_for_the_model_alone_are_not_shown() -> None:
    """Neither in the first batch nor later; of the others, internal fields are missing."""
    stage = await running()
    await stage.do(c.CommitAnswer(content=words("answer")), c.FinishTurn())
    await stage.do(c.ClearContext(call_id="chat_cleared_1"))
    client = ViewClient()
    async with stage.here.watching.watch_batches(stage.chat_id, actor=stage.owner, after=0) as view:
        client.take(await anext(view))
    hidden = [message for message in (await stage.log()).transcript() if message.visibility is Visibility.MODEL]
    assert len(hidden) == 2
    assert [message.role for message in client.messages] == [Role.USER, Role.ASSISTANT, Role.ASSISTANT, Role.TOOL]


@pytest.mark.spec("6.1")
async def test_batches_hold_what_is_there_and_never_more_than_allowed() -> None:
    """A long snapshot is cut; what is live comes together; nothing is lost or repeated between batches."""
    stage = Stage(settings=ViewSettings(batch_max=4, page_events=3))
    await stage.do(create())
    await stage.do(acquire())
    for number in range(20):
        await stage.do(c.CommitAnswer(content=words(f"step {number}")))
    await stage.do(c.FinishTurn())
    client, sizes = ViewClient(), list[int]()
    async with stage.here.watching.watch_batches(stage.chat_id, actor=stage.owner, after=0) as view:
        with anyio.fail_after(5):
            while len(client.messages) < 21 or client.previews or not sizes[-1]:
                batch = await anext(view)
                sizes.append(len(batch))
                client.take(batch)
    assert max(sizes) == 4
    assert sizes[0] == 4
    assert client.messages[1:] == list((await stage.log()).transcript())[2:]


@pytest.mark.spec("architecture-7", "6.3")
async def test_the_cursor_of_a_view_goes_on_where_its_reader_stopped() -> None:
    """Leaving in the middle of a long catch-up and coming back with the cursor loses nothing."""
    stage = Stage(settings=ViewSettings(batch_max=3, page_events=4))
    await stage.do(create())
    await stage.do(acquire())
    for number in range(15):
        await stage.do(c.CommitAnswer(content=words(f"step {number}")))
    client, cursor = ViewClient(), 0
    for visit in range(12):
        client.connected(anew=False)
        async with stage.here.watching.watch_batches(stage.chat_id, actor=stage.owner, after=cursor) as view:
            with anyio.move_on_after(0.5):
                for _ in range(visit % 3 + 1):
                    client.take(await anext(view))
            assert view.cursor is not None
            cursor = view.cursor
    assert stage.head is not None
    assert (cursor, client.status) == (stage.head.seq, ClientStatus.RUNNING)
    assert client.messages[1:] == list((await stage.log()).transcript())[2:]


async def test_cancelling_a_wait_loses_nothing() -> None:
    """A reader that gives up waiting at any moment, and asks again, sees every event once."""
    stage = await running()
    client = ViewClient()

    async def make() -> None:
        for number in range(10):
            stage.say(f"a{number}", f"b{number}")
            await anyio.lowlevel.checkpoint()
            await stage.do(c.CommitAnswer(content=words(f"a{number}b{number}")))
        await stage.do(c.FinishTurn())

    async with (
        anyio.create_task_group() as tasks,
        stage.here.watching.watch_batches(stage.chat_id, actor=stage.owner) as view,
    ):
        tasks.start_soon(make)
        with anyio.fail_after(20):
            while client.status is not ClientStatus.WAITING:
                with anyio.CancelScope() as scope:
                    tasks.start_soon(_cancel_soon, scope)
                    client.take(await anext(view))
    assert client.messages[1:] == list((await stage.log()).transcript())[2:]
    assert [_joined(preview) for preview in client.previews] == [f"a{n}b{n}" for n in range(10)][
        -len(client.previews) :
    ]


async def _cancel_soon(scope: anyio.CancelScope) -> None:
    await anyio.lowlevel.checkpoint()
    await anyio.lowlevel.checkpoint()
    scope.cancel()


def _joined(parts: Sequence[PartShown]) -> str:
    return "".join(shown.part.text for shown in parts if isinstance(shown.part, TextPart))


async def test_rest_waits_for_the_end_of_the_turn() -> None:
    """A chat at rest is answered at once; a running one when its turn ends, and not when it waits for a client."""
    stage = await running()
    heads: list[Status] = []

    async def wait() -> None:
        heads.append((await stage.here.watching.rest(stage.chat_id, actor=stage.owner)).status)

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(wait)
        await anyio.wait_all_tasks_blocked()
        await stage.do(c.CommitAnswer(content=words("Let me see.")))
        await anyio.wait_all_tasks_blocked()
        assert heads == []
        await stage.do(c.FinishError(error=FAILURE))
    await wait()
    assert heads == [Status.ERROR, Status.ERROR]


async def test_an_error_inside_the_view_comes_out_as_it_is() -> None:
    """What its user raises is not wrapped, and what the store raises neither."""
    stage = await running()
    with pytest.raises(KeyError, match="mine"):
        async with stage.here.watching.watch(stage.chat_id, actor=stage.owner):
            raise KeyError("mine")
