"""The window that a model is shown, against the row rule of the spec (chat-core 5.4, 5.6 to 5.8)."""

import pytest
from attrs import define, evolve, field
from hypothesis import given
from hypothesis import strategies as st

from chatcore.domain.chat.events import ContextCleared, Event, HistoryTruncated, MessageAdded
from chatcore.domain.content.history import History
from chatcore.domain.content.messages import Message, Role, Visibility
from chatcore.domain.content.parts import Part, TextPart, ToolCallPart, ToolResultPart
from chatcore.domain.content.transcript import evolve_transcript
from chatcore.domain.content.window import is_final_answer, prompt_window, unanswered
from chatcore.testing.strategies import messages


@define
class Chat:
    """A log in the making: what it holds, and the boundary that a head would name."""

    seq: int = 0
    transcript: History = field(factory=History)
    boundaries: list[int] = field(factory=list)

    def log(self, event: Event) -> None:
        """Append one event."""
        self.seq += 1
        self.transcript = evolve_transcript(self.transcript, self.seq, event)

    def say(self, role: Role, visibility: Visibility = Visibility.BOTH, *, partial: bool = False) -> None:
        """Add a message of words."""
        self.log(
            MessageAdded(role=role, content=(TextPart(text=f"{self.seq}"),), visibility=visibility, partial=partial)
        )

    def call(self) -> None:
        """Add an assistant message that calls a tool."""
        self.log(MessageAdded(role=Role.ASSISTANT, content=(ToolCallPart(tool_call_id=f"{self.seq}"),)))

    @property
    def boundary(self) -> int | None:
        """The newest boundary that survives."""
        return self.boundaries[-1] if self.boundaries else None

    @property
    def window(self) -> tuple[Message, ...]:
        """What the model is shown now."""
        return prompt_window(self.transcript, self.boundary)

    def close_off(self, *, repeat: bool, shown_to: Visibility = Visibility.USER) -> None:
        """Compact, with the waiting questions repeated, or clear; both store the same triplet.

        `shown_to` is the visibility of its last row, which the spec has for both and chatcore for readers alone.
        """
        waiting = unanswered(self.window) if repeat else ()
        self.log(ContextCleared())
        self.boundaries.append(self.seq)
        triplet = (
            (Role.USER, Visibility.MODEL),
            (Role.ASSISTANT, Visibility.USER),
            (Role.TOOL, shown_to),
        )
        for role, visibility in triplet:
            self.log(MessageAdded(role=role, content=(TextPart(text="s"),), visibility=visibility, compressed=True))
        for question in waiting:
            origin = question.replay_of or question.id
            self.log(
                MessageAdded(role=Role.USER, content=question.content, visibility=Visibility.MODEL, replay_of=origin)
            )

    def edit(self, pick: int) -> None:
        """Cut off from one of the users' messages on."""
        targets = [m.id for m in self.transcript if m.role is Role.USER and m.visibility is Visibility.BOTH]
        if targets:
            from_seq = targets[pick % len(targets)]
            self.boundaries = [seq for seq in self.boundaries if seq < from_seq]
            self.log(HistoryTruncated(from_seq=from_seq, boundary=self.boundary))
            self.say(Role.USER)


@st.composite
def chats(draw: st.DrawFn) -> Chat:
    """Chats with questions, notes, answers, calls, compactions, clearings and edits in any order."""
    chat = Chat()
    for act in draw(st.lists(st.integers(0, 11), max_size=25)):
        match act:
            case 0 | 1:
                chat.say(Role.USER)
            case 2 | 3:
                chat.say(Role.ASSISTANT)
            case 4:
                chat.say(Role.ASSISTANT, partial=True)
                chat.say(Role.USER, Visibility.MODEL)
            case 5:
                chat.call()
            case 6:
                chat.say(Role.TOOL)
            case 7:
                chat.say(Role.SYSTEM, Visibility.MODEL)
            case 8:
                chat.say(Role.USER, Visibility.USER)
            case 9:
                chat.close_off(repeat=True)
            case 10:
                chat.close_off(repeat=False, shown_to=Visibility.BOTH)
            case _:
                chat.edit(draw(st.integers(0, 9)))
    return chat


def rows_of_the_spec(rows: list[Message]) -> list[Message]:
    """The rule of 5.6, row by row, over the rows that are not deleted."""
    boundary = max((row.id for row in rows if row.compressed and row.visibility is Visibility.MODEL), default=0)
    return [
        row
        for row in rows
        if row.visibility in (Visibility.MODEL, Visibility.BOTH)
        and (
            (row.role is Role.SYSTEM and not row.compressed)
            or (not row.compressed and row.id > boundary)
            or row.id == boundary
        )
    ]


@pytest.mark.spec("5.6", "5.7", "5.8")
@given(chats())
def test_the_window_is_the_rule_of_the_spec(chat: Chat) -> None:
    """Whatever was compacted, cleared or edited, the model is shown the rows that the spec names."""
    assert list(chat.window) == rows_of_the_spec(list(chat.transcript))


@pytest.mark.spec("5.6")
@given(chats())
def test_the_newer_part_of_a_log_is_enough(chat: Chat) -> None:
    """System messages and what came after the boundary give the same window as the whole transcript."""
    system = [m for m in chat.transcript if m.role is Role.SYSTEM and m.id <= (chat.boundary or 0)]
    assert prompt_window([*system, *chat.transcript.after(chat.boundary or 0)], chat.boundary) == chat.window


@pytest.mark.spec("5.4")
@given(chats())
def test_a_question_waits_until_a_final_answer(chat: Chat) -> None:
    """A user's message, or its repetition, waits if no later message of the window is a final answer."""
    window = chat.window
    expected = [
        asked
        for place, asked in enumerate(window)
        if asked.role is Role.USER
        and not asked.compressed
        and (asked.visibility is Visibility.BOTH or asked.replay_of is not None)
        and not any(is_final_answer(later) for later in window[place + 1 :])
    ]
    assert list(unanswered(window)) == expected


@pytest.mark.spec("5.4")
@given(chats())
def test_a_compaction_keeps_every_waiting_question_word_for_word(chat: Chat) -> None:
    """What waited before waits after, each once, and compacting again changes nothing about it."""
    waiting = [(m.content, m.replay_of or m.id) for m in unanswered(chat.window)]

    chat.close_off(repeat=True)
    chat.close_off(repeat=True)

    assert [(m.content, m.replay_of) for m in unanswered(chat.window)] == waiting


@given(messages())
def test_a_final_answer_is_whole_visible_and_leaves_nothing_to_do(message: Message) -> None:
    """No part of a message that calls a local tool, was cut short or hides from readers ends the work."""
    if is_final_answer(message):
        assert message.role is Role.ASSISTANT
        assert message.visibility is Visibility.BOTH
        assert not message.partial
        assert not message.compressed
        assert all(part.provider_executed for part in message.content if isinstance(part, ToolCallPart))
        assert not is_final_answer(evolve(message, partial=True))


@pytest.mark.parametrize(
    ("content", "is_final"),
    [
        ((TextPart(text="so"),), True),
        ((ToolCallPart(tool_call_id="a"),), False),
        ((ToolCallPart(tool_call_id="a"), ToolResultPart(tool_call_id="a")), False),
        ((ToolCallPart(tool_call_id="a", provider_executed=True),), False),
        (
            (
                ToolCallPart(tool_call_id="a", provider_executed=True),
                ToolResultPart(tool_call_id="a", provider_executed=True),
            ),
            True,
        ),
    ],
)
def test_calls_leave_work_unless_the_provider_ran_them(content: tuple[Part, ...], is_final: bool) -> None:
    """A local call means that the model goes on, and a provider's call without its result that the provider does."""
    assert is_final_answer(Message(id=1, role=Role.ASSISTANT, content=content)) is is_final
