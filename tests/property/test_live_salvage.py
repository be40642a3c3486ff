"""A reply whose worker died: what viewers saw of it becomes the beginning of an answer (architecture 7, 4.5)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatcore.domain.chat.head import ChatHead
from chatcore.domain.content.messages import Role
from chatcore.domain.content.parts import Part, ReasoningPart, TextPart, ToolCallPart, ToolResultPart
from chatcore.domain.ids import ChatId, UserId
from chatcore.domain.json_text import JsonText
from chatcore.domain.live.journal import Episode, JournalPart
from chatcore.domain.live.salvage import belongs_to, salvaged
from chatcore.domain.turn.answer import Published
from chatcore.domain.turn.assembler import Assembler
from chatcore.domain.turn.stream import StreamEvent
from chatcore.testing.strategies.streams import streams

CHAT = ChatId("chat")


def journaled(published: list[Published]) -> list[JournalPart]:
    """The parts as the journal holds them."""
    return [JournalPart(number=number, role=each.role, part=each.part) for number, each in enumerate(published, 1)]


def words(content: tuple[Part, ...]) -> dict[type[Part], str]:
    """The text and the reasoning of a content."""
    return {
        kind: "".join(part.text for part in content if isinstance(part, kind)) for kind in (TextPart, ReasoningPart)
    }


def shown_of(stream: tuple[StreamEvent, ...]) -> list[Published]:
    """What viewers are shown of a stream."""
    assembler = Assembler()
    return [published for event in stream for published in assembler.feed(event)]


@pytest.mark.spec("architecture-7", "4.5")
@given(streams(), st.data())
def test_salvage_keeps_the_words_up_to_the_first_part_that_is_missing(
    stream: tuple[StreamEvent, ...], data: st.DataObject
) -> None:
    """Whatever batches were lost, repeated or come out of order: all that is there up to the first hole, no more."""
    published = shown_of(stream)
    parts = journaled(published)
    lost = data.draw(st.sets(st.integers(1, len(parts) + 1)), label="lost")
    kept = [part for part in parts if part.number not in lost]
    again = data.draw(st.lists(st.sampled_from(kept), max_size=3) if kept else st.just([]), label="twice")
    content = salvaged(data.draw(st.permutations([*kept, *again])))

    whole = parts[: min(lost, default=len(parts) + 1) - 1]
    assert words(content) == words(tuple(part.part for part in whole))
    called = {part.part.tool_call_id for part in whole if isinstance(part.part, ToolCallPart)}
    assert {part.tool_call_id for part in content if isinstance(part, ToolCallPart)} == called


@pytest.mark.spec("architecture-7", "4.5")
def test_pieces_of_a_call_are_joined_and_local_results_left_out() -> None:
    """A call that was still being written keeps what came of its arguments; what a local tool answered is no answer."""
    pieces = [
        Published(role=Role.ASSISTANT, part=TextPart(text="Let me ")),
        Published(role=Role.ASSISTANT, part=TextPart(text="look.")),
        Published(role=Role.ASSISTANT, part=ToolCallPart(tool_call_id="c", tool_name="read", args_delta='{"a"')),
        Published(role=Role.ASSISTANT, part=ToolCallPart(tool_call_id="c", tool_name="read", args_delta=":1}")),
        Published(role=Role.TOOL, part=ToolResultPart(tool_call_id="x", tool_name="execute", result=JsonText("1"))),
    ]

    assert salvaged(journaled(pieces)) == (
        TextPart(text="Let me look."),
        ToolCallPart(tool_call_id="c", tool_name="read", args=JsonText('{"a":1}')),
    )
    assert salvaged([]) == ()


@pytest.mark.spec("architecture-7")
@given(st.integers(1, 3), st.integers(0, 3), st.integers(1, 3), st.integers(0, 3))
def test_only_a_journal_of_the_same_history_is_salvaged(version: int, attempt: int, at: int, now: int) -> None:
    """A journal is of the reply that is missing if the history has not moved since; an acquisition only adds a try."""
    head = ChatHead(owner_id=UserId("owner"), seq=9, history_version=at, generation_attempt=now)
    episode = Episode(chat_id=CHAT, history_version=version, generation_attempt=attempt)

    assert belongs_to(episode, CHAT, head) == (version == at and attempt <= now)
    assert not belongs_to(episode, ChatId("other"), head)
