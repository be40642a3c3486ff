"""Chunks of Chat Completions, and what the translator makes of them, for tests."""

from typing import Final

from chatcore.adapters.openai.chat_translator import ChatTranslator
from chatcore.domain.json_text import JsonValue
from chatcore.domain.turn.answer import Answer
from chatcore.testing.provider_bodies import ToldBody, frames, tell

DONE: Final = "[DONE]"
"""The end."""
SERVER: Final = "server"
"""The provider's id."""
COUNTED: Final[JsonValue] = {"prompt_tokens": 7, "completion_tokens": 5, "total_tokens": 12}


def delta(said: JsonValue, finish: str | None = None, **more: JsonValue) -> JsonValue:
    """A chunk with one choice."""
    return {"choices": [{"index": 0, "delta": said, "finish_reason": finish}], **more}


def call(index: int | None, call_id: str = "", name: str | None = None, arguments: str = "") -> JsonValue:
    """A delta with a fragment of a call."""
    function: dict[str, JsonValue] = {"arguments": arguments}
    if name is not None:
        function["name"] = name
    fragment: dict[str, JsonValue] = {"function": function}
    if index is not None:
        fragment["index"] = index
    if call_id:
        fragment["id"] = call_id
    return delta({"tool_calls": [fragment]})


def told(*chunks: JsonValue) -> ToldBody:
    """What is made of these chunks."""
    return tell(ChatTranslator(SERVER), frames(*chunks))


def answered(*chunks: JsonValue) -> Answer:
    """A whole answer of these chunks."""
    body = told(*chunks)
    assert body.error is None, body.error
    assert body.answer.complete, "the answer has its end"
    return body.answer
