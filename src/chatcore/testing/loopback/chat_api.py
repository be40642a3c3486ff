"""An answer in the words of Chat Completions."""

from collections.abc import Iterator

from chatcore.adapters.scripted import Report, Say, Think
from chatcore.domain.json_text import JsonValue
from chatcore.testing.loopback.spoken import Spoken, SpokenCall, args_pieces, pieces
from chatcore.testing.provider_bodies import frames

Fields = dict[str, JsonValue]


def chat_stream(answer: Spoken) -> bytes:
    """The body of a streamed answer."""
    return frames(*_chunks(answer), *([] if answer.is_cut else ["[DONE]"]))


def chat_whole(answer: Spoken) -> Fields:
    """The body of an answer that is not streamed."""
    calls: list[JsonValue] = [
        {"id": block.call_id, "type": "function", "function": {"name": block.name, "arguments": block.args}}
        for block in answer.blocks
        if isinstance(block, SpokenCall)
    ]
    words = "".join(block.text for block in answer.blocks if isinstance(block, Say))
    thoughts = "".join(block.text for block in answer.blocks if isinstance(block, Think))
    message: Fields = {"role": "assistant", "content": words or None}
    message.update({"reasoning_content": thoughts} if thoughts else {})
    message.update({"tool_calls": calls} if calls else {})
    choice: Fields = {"index": 0, "message": message, "finish_reason": _finish(answer)}
    return {"choices": [choice], "usage": _usage(answer.report)}


def _chunks(answer: Spoken) -> Iterator[JsonValue]:
    yield _delta({"role": "assistant", "content": ""})
    number = 0
    for block in answer.blocks:
        match block:
            case Say(text=text):
                yield from (_delta({"content": piece}) for piece in pieces(text))
            case Think(text=text):
                yield from (_delta({"reasoning_content": piece}) for piece in pieces(text))
            case SpokenCall():
                yield from _call(number, block)
                number += 1
    if not answer.is_cut:
        yield _delta({}, _finish(answer))
        yield {"choices": [], "usage": _usage(answer.report)}


def _call(number: int, call: SpokenCall) -> Iterator[JsonValue]:
    begun: JsonValue = {"name": call.name, "arguments": ""}
    yield _delta({"tool_calls": [{"index": number, "id": call.call_id, "type": "function", "function": begun}]})
    for piece in args_pieces(call.args):
        yield _delta({"tool_calls": [{"index": number, "function": {"arguments": piece}}]})


def _delta(delta: JsonValue, finish: str | None = None) -> JsonValue:
    return {"object": "chat.completion.chunk", "choices": [{"index": 0, "delta": delta, "finish_reason": finish}]}


def _finish(answer: Spoken) -> str:
    return "tool_calls" if answer.asks_tools else "stop"


def _usage(report: Report | None) -> JsonValue:
    if report is None:
        return None
    return {
        "prompt_tokens": report.input_tokens,
        "completion_tokens": report.output_tokens,
        "total_tokens": report.total_tokens,
    }
