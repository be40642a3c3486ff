"""Commands with anything in them: foreign and unknown ids, wrong evidence, far too much of everything.

What a chat is asked is up to whoever asks: every one of these is either carried out or refused, and a refusal changes
nothing.
"""

from typing import Final, get_args

from attrs import evolve
from hypothesis import strategies as st

from chatcore.domain import limits
from chatcore.domain.chat import commands as c
from chatcore.domain.chat.evidence import EditTarget, Promotion
from chatcore.domain.content.parts import Part, TextPart, ToolCallPart
from chatcore.domain.ids import ChatId, RunnerId, UserId, WorkerId
from chatcore.domain.json_text import JsonText
from chatcore.testing.chat_log import ChatLog
from chatcore.testing.strategies.basics import json_texts, texts
from chatcore.testing.strategies.command_values import RUNNERS, USERS, WORKERS, broken_json
from chatcore.testing.strategies.content import assistant_contents, contents, user_contents
from chatcore.testing.strategies.values import LEAVES, Leaves, values_of

COMMAND_TYPES: Final[tuple[type[c.Command], ...]] = get_args(c.Command)
TOO_LONG: Final = ("x" * 2_000, "ä" * 700, "\x01" * 300)
LONGEST_ID: Final = "i" * (limits.TOOL_CALL_ID_BYTES_MAX - 2)


@st.composite
def any_commands(draw: st.DrawFn, chat: ChatLog, *, sound_evidence: bool = False) -> c.Command:
    """Commands of every kind with anything in them; half of what they name exists in the chat.

    `sound_evidence`: what they say of the log is true, or missing. Evidence is read by the service and proved by the
    append's expected seq, so a decider cannot tell that it lies.
    """
    command = draw(values_of(draw(_KINDS), _leaves(chat, sound_evidence=sound_evidence)))
    if sound_evidence and isinstance(command, c.CommitCompaction) and chat.head is not None:
        return evolve(command, unanswered=chat.replays())
    return command


def monstrous_contents() -> st.SearchStrategy[tuple[Part, ...]]:
    """Steps with too many calls, one id twice, ids and names that are too long or empty."""
    return st.sampled_from(
        (
            tuple(_call(f"c{number}") for number in range(limits.TOOL_CALLS_PER_STEP_MAX + 1)),
            tuple(_call(f"c{number}") for number in range(limits.TOOL_CALLS_PER_STEP_MAX)),
            (_call("same"), _call("same")),
            (_call("s:a"), _call("s.a")),
            (_call(""),),
            (_call(LONGEST_ID + "x"),),
            (_call(LONGEST_ID),),
            (_call("c", tool_name="n" * limits.TOOL_NAME_BYTES_MAX),),
            (TextPart(text="x" * (limits.USER_MESSAGE_BYTES_MAX + 1)),),
        )
    )


def _call(call_id: str, tool_name: str = "execute") -> ToolCallPart:
    return ToolCallPart(tool_call_id=call_id, tool_name=tool_name)


_KINDS: Final = st.sampled_from(COMMAND_TYPES)
_CONTENTS: Final = st.one_of(contents(), user_contents(), assistant_contents(), monstrous_contents())
_WORDS: Final = st.one_of(texts(), st.sampled_from(("", " ", *TOO_LONG)))
_NO_EVIDENCE: Final = st.none()
_STATIC: Final[Leaves] = {
    **LEAVES,
    JsonText: json_texts() | broken_json(),
    tuple[Part, ...]: _CONTENTS,
    UserId: st.sampled_from(USERS) | _WORDS,
    RunnerId: st.sampled_from(RUNNERS) | _WORDS,
    WorkerId: st.sampled_from(WORKERS) | _WORDS,
}


def _leaves(chat: ChatLog, *, sound_evidence: bool) -> Leaves:
    head = chat.head
    rows = [row.id for row in head.queue] if head is not None else []
    pending = [call.call_id for call in head.pending] if head is not None else []
    newest = range(max(len(chat.events) - 4, 1), len(chat.events) + 2)
    leaves: dict[object, st.SearchStrategy[object]] = {
        **_STATIC,
        str: st.one_of(_WORDS, st.sampled_from(pending)) if pending else _WORDS,
        int: st.sampled_from([0, 1, 2, 10**6, *rows, *newest]),
        ChatId: st.just(chat.chat_id),
    }
    if sound_evidence:
        promotions = [chat.promotion(row) for row in rows]
        leaves[Promotion | None] = st.sampled_from([None, *promotions])
        leaves[EditTarget | None] = _NO_EVIDENCE
    return leaves
