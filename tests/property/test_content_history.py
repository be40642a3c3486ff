"""The chunked history against a plain tuple, and the fold of the transcript (spec stack 12, events.md)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatcore.domain.chat.events import ContextCleared, Event, HistoryTruncated, MessageAdded
from chatcore.domain.content.history import CHUNK_LENGTH, History, history_of
from chatcore.domain.content.messages import Message, Role
from chatcore.domain.content.parts import TextPart
from chatcore.domain.content.transcript import evolve_transcript, fold_transcript, message_of

LENGTHS = (0, 1, CHUNK_LENGTH - 1, CHUNK_LENGTH, CHUNK_LENGTH + 1, 2 * CHUNK_LENGTH, 2 * CHUNK_LENGTH + 9)

gaps = st.builds(
    lambda length, pattern: [pattern[place % len(pattern)] for place in range(length)],
    st.sampled_from(LENGTHS),
    st.lists(st.integers(1, 3), min_size=1, max_size=5),
)


def message(seq: int) -> Message:
    """A message that is told apart by its id."""
    return Message(id=seq, role=Role.USER, content=(TextPart(text=f"{seq}"),))


def messages_of(steps: list[int]) -> tuple[Message, ...]:
    """Messages whose ids ascend in these steps."""
    ids: list[int] = []
    for step in steps:
        ids.append(step + (ids[-1] if ids else 0))
    return tuple(message(seq) for seq in ids)


@given(gaps)
def test_a_history_is_the_sequence_of_its_messages(steps: list[int]) -> None:
    """Length, order both ways, places, slices and equality are those of a tuple."""
    expected = messages_of(steps)
    history = History()
    for added in expected:
        history = history.added(added)

    assert tuple(history) == expected
    assert tuple(reversed(history)) == expected[::-1]
    assert len(history) == len(expected)
    assert [history[place] for place in range(-len(expected), len(expected))] == [*expected, *expected]
    assert history[1:-1:2] == expected[1:-1:2]
    assert history == history_of(expected)
    assert hash(history) == hash(history_of(expected))
    assert history.newest_id == (expected[-1].id if expected else 0)
    with pytest.raises(IndexError):
        history[len(expected)]


@given(gaps, st.data())
def test_cutting_and_looking_up_by_id(steps: list[int], data: st.DataObject) -> None:
    """`before`, `after` and `find` agree with filters over all messages, for ids that are there and that are not."""
    expected = messages_of(steps)
    history = history_of(expected)
    borders = [seen.id + near for seen in (*expected[62:66], *expected[126:130]) for near in (-1, 0, 1)]
    cut = data.draw(st.integers(0, history.newest_id + 2) | st.sampled_from([0, *borders]))

    assert history.before(cut) == history_of(kept for kept in expected if kept.id < cut)
    assert tuple(history.after(cut)) == tuple(later for later in expected if later.id > cut)
    assert history.find(cut) == next((found for found in expected if found.id == cut), None)


@given(gaps, gaps)
def test_versions_do_not_disturb_each_other(steps: list[int], more: list[int]) -> None:
    """Two histories that grow out of one share nothing that can change."""
    trunk = history_of(messages_of(steps))
    before = tuple(trunk)
    left, right = trunk, trunk
    for step in more:
        left = left.added(message(left.newest_id + step))
        right = right.added(message(right.newest_id + step + 1))

    assert tuple(trunk) == before
    assert tuple(left)[: len(before)] == before == tuple(right)[: len(before)]


@st.composite
def logs(draw: st.DrawFn) -> list[tuple[int, Event]]:
    """Events that bring or cut messages, and one that does neither."""
    log: list[tuple[int, Event]] = []
    for seq, kind in enumerate(draw(st.lists(st.sampled_from("mmmmtx"), max_size=3 * CHUNK_LENGTH)), start=1):
        match kind:
            case "m":
                log.append(
                    (seq, MessageAdded(role=Role.USER, content=(TextPart(text=f"{seq}"),), partial=seq % 2 == 0))
                )
            case "t":
                log.append((seq, HistoryTruncated(from_seq=draw(st.integers(1, seq)))))
            case _:
                log.append((seq, ContextCleared()))
    return log


@pytest.mark.spec("1.2", "1.2d")
@given(logs())
def test_the_transcript_is_what_was_added_and_not_cut_off(log: list[tuple[int, Event]]) -> None:
    """A message is there if it was added and no later truncation reaches it; its id is its event's seq."""
    expected = [
        message_of(seq, event)
        for number, (seq, event) in enumerate(log)
        if isinstance(event, MessageAdded)
        and not any(isinstance(cut, HistoryTruncated) and cut.from_seq <= seq for _, cut in log[number + 1 :])
    ]
    assert list(fold_transcript(log)) == expected


@given(logs(), st.data())
def test_a_transcript_can_be_extended_from_any_point(log: list[tuple[int, Event]], data: st.DataObject) -> None:
    """Folding the rest onto what the beginning gave is folding the whole."""
    split = data.draw(st.integers(0, len(log)))
    whole = History()
    for seq, event in log:
        whole = evolve_transcript(whole, seq, event)

    assert fold_transcript(log[split:], onto=fold_transcript(log[:split])) == whole
