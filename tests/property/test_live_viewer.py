"""The viewer machine: whatever happens, a viewer ends with what the log says (architecture 7, chat-core 6.3)."""

from itertools import pairwise

import pytest
from attrs import evolve, frozen
from hypothesis import given
from hypothesis import strategies as st

from chatcore.domain.chat.commands import ChangeTitle
from chatcore.domain.chat.events import HistoryTruncated, MessageAdded, MessageQueued
from chatcore.domain.chat.evolve import fold
from chatcore.domain.chat.head import ChatHead
from chatcore.domain.chat.states import client_status
from chatcore.domain.chat.values import Status
from chatcore.domain.content.client_parts import client_content
from chatcore.domain.content.messages import Message, Role
from chatcore.domain.content.parts import TextPart
from chatcore.domain.errors import Corrupt
from chatcore.domain.ids import ChatId, RunnerId, Seq, UserId
from chatcore.domain.live.journal import Episode, JournalPart
from chatcore.domain.live.shown import queued_message
from chatcore.domain.live.view_events import (
    ActionShown,
    ErrorShown,
    HistoryReset,
    MessageShown,
    PreviewReset,
    QueuedMessage,
    QueueShown,
    RetryShown,
    StatusShown,
)
from chatcore.domain.live.viewer import (
    PartsMissing,
    PartSource,
    Rows,
    Shown,
    Viewer,
    after_append,
    after_parts,
    begin,
    looking,
)
from chatcore.testing.chat_log import ChatLog
from chatcore.testing.situations import SITUATIONS, Situation, reach
from chatcore.testing.strategies.logs import chat_logs
from chatcore.testing.view_client import ViewClient

CHAT, OWNER, RUNNER = ChatId("chat"), UserId("owner"), RunnerId("runner")
ORDER = (
    HistoryReset,
    MessageShown,
    QueueShown,
    StatusShown,
    ErrorShown,
    ActionShown,
    RetryShown,
    PreviewReset,
)


def chats() -> st.SearchStrategy[ChatLog]:
    """Legal chats that exist."""
    return chat_logs().filter(lambda chat: chat.head is not None)


def head_at(chat: ChatLog, seq: Seq) -> ChatHead:
    """The chat's head as it was at the end of an append."""
    head = fold(chat.events[:seq])
    assert head is not None
    return head


def appends(chat: ChatLog, after: Seq = 0) -> list[Rows]:
    """The rows of the appends after a seq."""
    ends = [0, *chat.ends]
    return [chat.rows()[begun:end] for begun, end in pairwise(ends) if begun >= after]


def looking_at(chat: ChatLog, seq: Seq) -> Viewer:
    """A viewer of the chat as it was, with the words that the head lacks taken from the log."""
    head = head_at(chat, seq)
    asked = None if head.pending_seq is None else chat.events[head.pending_seq - 1]
    return looking(
        chat.chat_id,
        head,
        queued=queue_of(chat, head),
        asked=asked if isinstance(asked, MessageAdded) else None,
    )


def queue_of(chat: ChatLog, head: ChatHead) -> tuple[QueuedMessage, ...]:
    """The messages that wait, as the log has them."""
    rows = [(row.id, chat.events[row.id - 1]) for row in head.queue]
    return tuple(queued_message(seq, event) for seq, event in rows if isinstance(event, MessageQueued))


def visible(chat: ChatLog, seq: Seq | None = None) -> list[Message]:
    """What readers may see of the transcript, at a seq or now: said plainly, without the machine's own helpers."""
    transcript = chat.transcript() if seq is None else ChatLog(chat.chat_id, chat.events[:seq]).transcript()
    shown = [
        evolve(message, content=client_content(message.content))
        for message in transcript
        if message.visibility.to_reader
    ]
    return [message for message in shown if message.content]


def check_screen(client: ViewClient, chat: ChatLog, messages: list[Message]) -> None:
    """The screen shows these messages and the state of the chat."""
    head = chat.current
    assert client.messages == messages
    assert client.status is client_status(head)
    assert client.queued == queue_of(chat, head)
    if head.status is Status.ERROR:
        assert client.error == head.last_error
    if head.status is Status.REQUIRES_ACTION:
        assert client.action is not None
        assert {call.tool_call_id for call in client.action.calls} == {call.call_id for call in head.pending}
        assert client.action.deadline_at == head.deadline_at
    if head.retry is not None:
        assert client.retry is not None
        assert (client.retry.attempt, client.retry.error) == (head.retry.attempt, head.retry.error)


@pytest.mark.spec("6.3", "6.6.1", "6.6.3", "6.6.5", "architecture-7")
@given(chats(), st.data())
def test_whoever_joins_and_comes_back_whenever_sees_the_transcript(chat: ChatLog, data: st.DataObject) -> None:
    """Joining at any append, losing the connection at any of them and coming back with a cursor: the screen is right.

    The cursor is the last message's id where a client has nothing better, or the seq of the last append.
    """
    client = ViewClient()
    position = data.draw(st.sampled_from(chat.ends), label="joins at")
    client.connected()
    shown = begin(looking_at(chat, position), chat.rows()[:position])
    client.take(shown.events)
    for rows in appends(chat, position):
        if data.draw(st.booleans(), label="loses the connection"):
            continue
        if rows[0][0] != shown.viewer.head.seq + 1:
            known = client.messages[-1].id if client.messages else 0
            after = data.draw(st.sampled_from([known, shown.viewer.head.seq]), label="cursor")
            seq = rows[0][0] - 1
            client.connected(anew=False)
            shown = begin(looking_at(chat, seq), chat.rows()[after:seq], after=after)
            client.take(shown.events)
        shown = after_append(shown.viewer, rows)
        client.take(shown.events)
    client.connected(anew=False)
    client.take(begin(looking_at(chat, chat.current.seq), chat.rows()[shown.viewer.head.seq :], after=0).events)

    check_screen(client, chat, visible(chat))


@pytest.mark.spec("6.3", "architecture-7")
@given(chats(), st.data())
def test_a_viewer_of_the_newest_page_sees_the_end_of_the_transcript(chat: ChatLog, data: st.DataObject) -> None:
    """With only the newest page to begin with, the screen is the transcript from the page's first message on.

    An edit may cut more than the page holds; then what replaced it is there, and what is before the page is not.
    """
    joined = data.draw(st.sampled_from(chat.ends), label="joins at")
    types = (MessageAdded, HistoryTruncated)
    page = [row for row in chat.rows()[:joined] if isinstance(row[1], types)]
    page = page[data.draw(st.integers(0, len(page)), label="page begins") :]
    client = ViewClient()
    shown = begin(looking_at(chat, joined), page)
    client.take(shown.events)
    for rows in appends(chat, joined):
        shown = after_append(shown.viewer, rows)
        client.take(shown.events)

    first = page[0][0] if page else joined + 1
    check_screen(client, chat, [message for message in visible(chat) if message.id >= first])
    assert shown.viewer == evolve(
        looking_at(chat, chat.current.seq),
        error_version=shown.viewer.error_version,
        action_version=shown.viewer.action_version,
    )


@pytest.mark.spec("6.3", "6.6.1")
@given(chats(), st.data())
def test_a_first_batch_begins_with_the_status_and_keeps_the_order(chat: ChatLog, data: st.DataObject) -> None:
    """Status, messages, queue if there is one, error, action, retry, preview_reset; nothing twice."""
    seq = data.draw(st.sampled_from(chat.ends))
    head = head_at(chat, seq)

    events = begin(looking_at(chat, seq), chat.rows()[:seq]).events

    assert events[0] == StatusShown(status=client_status(head))
    ranks = [ORDER.index(type(event)) for event in events[1:]]
    assert ranks == sorted(ranks)
    kinds = [type(event) for event in events if not isinstance(event, MessageShown)]
    expected = [
        StatusShown,
        *([QueueShown] if head.queue else []),
        *([ErrorShown] if head.status is Status.ERROR else []),
        *([ActionShown] if head.status is Status.REQUIRES_ACTION else []),
        *([RetryShown] if head.retry is not None else []),
        PreviewReset,
    ]
    assert kinds == expected
    assert [event.message for event in events if isinstance(event, MessageShown)] == visible(chat, seq)


@pytest.mark.spec("6.3", "C6.11", "6.6.5")
@given(chats())
def test_an_append_tells_exactly_what_it_changed_in_order(chat: ChatLog) -> None:
    """Each kind of event comes if and only if the append changed what it tells of, and in the order of 6.3."""
    viewer = looking_at(chat, chat.ends[0])
    for rows in appends(chat, chat.ends[0]):
        before = viewer.head
        shown = after_append(viewer, rows)
        viewer, head = shown.viewer, shown.viewer.head
        kinds = [type(event) for event in shown.events]
        ranks = [ORDER.index(kind) for kind in kinds]
        cuts = [event.from_seq for _, event in rows if isinstance(event, HistoryTruncated)]

        assert head == head_at(chat, rows[-1][0])
        assert ranks == sorted(ranks)
        assert all(kinds.count(kind) <= 1 for kind in ORDER if kind is not MessageShown)
        resets = [event.from_id for event in shown.events if isinstance(event, HistoryReset)]
        assert resets == ([min(cuts)] if cuts else [])
        assert [event.message for event in shown.events if isinstance(event, MessageShown)] == [
            message for message in visible(chat, head.seq) if message.id > before.seq
        ]
        assert (QueueShown in kinds) == (head.queue_version != before.queue_version)
        assert (StatusShown in kinds) == (client_status(head) != client_status(before))
        assert (RetryShown in kinds) == (head.retry is not None and head.retry_version != before.retry_version)
        moved = head.history_version != before.history_version
        again = head.generation_attempt != before.generation_attempt and head.generation_attempt != 0
        assert (PreviewReset in kinds) == (moved or again)


@pytest.mark.spec("6.3")
@given(chats())
def test_an_error_and_a_wish_for_action_are_told_once(chat: ChatLog) -> None:
    """Entering the state tells it; what happens while the chat stays in it does not tell it again."""
    viewer = looking_at(chat, chat.ends[0])
    told: dict[Status, Seq] = {}
    for rows in appends(chat, chat.ends[0]):
        shown = after_append(viewer, rows)
        before, viewer = viewer, shown.viewer
        for status, kind in ((Status.ERROR, ErrorShown), (Status.REQUIRES_ACTION, ActionShown)):
            come = any(isinstance(event, kind) for event in shown.events)
            if come:
                assert told.get(status) != viewer.head.history_version
                told[status] = viewer.head.history_version
            if before.head.status is not status and viewer.head.status is status:
                assert come


@pytest.mark.spec("6.3")
@pytest.mark.parametrize("situation", [each for each in SITUATIONS if each.state.value[0] not in "NX"], ids=str)
def test_what_concerns_no_viewer_tells_nothing(situation: Situation) -> None:
    """A change of the title, in whatever state: no status, error or wish for action is told again."""
    chat = reach(situation)
    viewer = looking_at(chat, chat.ends[0])
    for rows in appends(chat, chat.ends[0]):
        viewer = after_append(viewer, rows).viewer
    end = chat.current.seq
    chat.do(ChangeTitle(title="another"))

    shown = after_append(viewer, chat.rows()[end:])

    assert shown == Shown(viewer=evolve(viewer, head=chat.current))


@given(chats(), st.data())
def test_an_append_out_of_turn_is_refused(chat: ChatLog, data: st.DataObject) -> None:
    """A log with a gap, or one told twice, is no log: nothing is shown of it."""
    seq = data.draw(st.sampled_from(chat.ends))
    viewer = looking_at(chat, seq)
    for rows in appends(chat):
        if rows[0][0] != seq + 1:
            with pytest.raises(Corrupt):
                after_append(viewer, rows)


@frozen
class Delivery:
    """Some parts, as a source may deliver them: a stretch of an episode, or of another one."""

    first: int
    last: int
    attempt: int = 1
    version: int = 0


def deliveries() -> st.SearchStrategy[list[Delivery]]:
    """Anything a relay may bring: repeated, late, with holes, of other episodes."""
    stretch = st.builds(
        Delivery,
        first=st.integers(1, 12),
        last=st.integers(1, 12),
        attempt=st.sampled_from([1, 1, 1, 2]),
        version=st.sampled_from([0, 0, 0, 1]),
    )
    return st.lists(stretch, max_size=12)


def parts_of(first: int, last: int) -> list[JournalPart]:
    """The parts of an episode with these numbers."""
    return [
        JournalPart(number=number, role=Role.ASSISTANT, part=TextPart(text=f"word {number}"))
        for number in range(first, last + 1)
    ]


def viewer_of_a_reply() -> Viewer:
    """A viewer of a chat whose first answer is being made."""
    head = ChatHead(owner_id=OWNER, seq=3, history_version=2, generation_attempt=1, runner_id=RUNNER)
    return looking(CHAT, head)


@pytest.mark.spec("C6.10", "6.3", "architecture-7")
@given(deliveries())
def test_parts_come_once_in_order_and_a_gap_heals_by_replay(script: list[Delivery]) -> None:
    """Whatever a relay delivers, numbers go up by one; `reselect` is said exactly when parts were left out."""
    viewer, client = viewer_of_a_reply(), ViewClient()
    client.take(begin(viewer, []).events)
    for delivery in script:
        episode = evolve(
            viewer.episode,
            generation_attempt=delivery.attempt,
            history_version=viewer.head.history_version + delivery.version,
        )
        before = viewer.number
        shown = after_parts(viewer, episode, parts_of(delivery.first, delivery.last), PartSource.ELSEWHERE)
        client.take(shown.events)
        viewer = shown.viewer
        own = episode == viewer.episode
        reaches = own and delivery.first <= before + 1
        assert viewer.number == (max(before, delivery.last) if reaches else before)
        assert shown.reselect == (own and before + 1 < delivery.first <= delivery.last)
    client.take(after_parts(viewer, viewer.episode, parts_of(1, 12), PartSource.OWN).events)

    assert client.preview == tuple(part.part for part in parts_of(1, 12))


@pytest.mark.spec("6.3", "C6.7")
@given(st.integers(0, 5), st.integers(2, 5))
def test_a_gap_in_ones_own_buffer_is_a_bug(number: int, ahead: int) -> None:
    """Our own buffer cannot lose parts; if it does, nobody must paper over it."""
    shown = after_parts(viewer_of_a_reply(), viewer_of_a_reply().episode, parts_of(1, number), PartSource.OWN)

    with pytest.raises(PartsMissing):
        after_parts(shown.viewer, shown.viewer.episode, parts_of(number + ahead, number + ahead), PartSource.OWN)


@pytest.mark.spec("6.3", "6.6.4", "architecture-7")
@given(chats(), st.data())
def test_parts_and_appends_in_any_interleaving(chat: ChatLog, data: st.DataObject) -> None:
    """Each episode's parts are shown at most once and in order, and none of an episode that is over."""
    client, viewer = ViewClient(), looking_at(chat, chat.ends[0])
    client.take(begin(viewer, chat.rows()[: chat.ends[0]]).events)
    episodes = [Episode.of(chat.chat_id, head_at(chat, end)) for end in chat.ends]
    for rows in appends(chat, chat.ends[0]):
        for _ in range(data.draw(st.integers(0, 3))):
            episode = data.draw(st.sampled_from(episodes))
            last = data.draw(st.integers(0, 6))
            shown = after_parts(viewer, episode, parts_of(1, last), PartSource.OWN)
            client.take(shown.events)
            if episode != viewer.episode:
                assert shown == Shown(viewer=viewer)
            viewer = shown.viewer
        shown = after_append(viewer, rows)
        viewer = shown.viewer
        client.take(shown.events)
        assert viewer.number == len(client.parts)

    check_screen(client, chat, visible(chat))
    seen = [(part.history_version, part.generation_attempt) for preview in client.previews for part in preview[:1]]
    assert len(seen) == len(set(seen))
