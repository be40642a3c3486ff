"""An answer in the words of Anthropic's Messages API."""

from collections.abc import Iterator
from typing import Final

from chatcore.adapters.scripted import Report, Say, Think
from chatcore.domain.json_text import JsonValue, dump_json, parse_json
from chatcore.testing.loopback.spoken import Block, Spoken, SpokenCall, args_pieces, pieces

Fields = dict[str, JsonValue]

_SIGNATURE: Final = "c2lnbmVk"


def messages_stream(answer: Spoken) -> bytes:
    """The body of a streamed answer."""
    return "".join(f"event: {event['type']}\ndata: {dump_json(event)}\n\n" for event in _events(answer)).encode()


def messages_whole(answer: Spoken) -> Fields:
    """The body of an answer that is not streamed."""
    content: list[JsonValue] = [_whole(block) for block in answer.blocks]
    usage = _usage(answer.report)
    return {"type": "message", "role": "assistant", "content": content, "stop_reason": _stop(answer), "usage": usage}


def messages_error(message: str) -> Fields:
    """The body of a refusal."""
    return {"type": "error", "error": {"type": "api_error", "message": message}}


def _events(answer: Spoken) -> Iterator[Fields]:
    message: Fields = {"id": "msg_1", "role": "assistant", "content": [], "usage": _usage(answer.report)}
    yield {"type": "message_start", "message": message}
    yield {"type": "ping"}
    for index, block in enumerate(answer.blocks):
        yield {"type": "content_block_start", "index": index, "content_block": _begun(block)}
        for delta in _deltas(block):
            yield {"type": "content_block_delta", "index": index, "delta": delta}
        yield {"type": "content_block_stop", "index": index}
    if not answer.is_cut:
        yield {"type": "message_delta", "delta": {"stop_reason": _stop(answer)}, "usage": _usage(answer.report)}
        yield {"type": "message_stop"}


def _begun(block: Block) -> Fields:
    match block:
        case Say():
            return {"type": "text", "text": ""}
        case Think():
            return {"type": "thinking", "thinking": "", "signature": ""}
        case SpokenCall():
            return {"type": "tool_use", "id": block.call_id, "name": block.name, "input": {}}


def _deltas(block: Block) -> Iterator[Fields]:
    match block:
        case Say(text=text):
            yield from (_delta("text_delta", "text", piece) for piece in pieces(text))
        case Think(text=text):
            yield from (_delta("thinking_delta", "thinking", piece) for piece in pieces(text))
            yield _delta("signature_delta", "signature", _SIGNATURE)
        case SpokenCall(args=args):
            yield from (_delta("input_json_delta", "partial_json", piece) for piece in args_pieces(args))


def _delta(kind: str, field: str, piece: str) -> Fields:
    return {"type": kind, field: piece}


def _whole(block: Block) -> Fields:
    match block:
        case Say(text=text):
            return {"type": "text", "text": text}
        case Think(text=text):
            return {"type": "thinking", "thinking": text, "signature": _SIGNATURE}
        case SpokenCall():
            return {"type": "tool_use", "id": block.call_id, "name": block.name, "input": parse_json(block.args)}


def _stop(answer: Spoken) -> str:
    return "tool_use" if answer.asks_tools else "end_turn"


def _usage(report: Report | None) -> Fields:
    if report is None:
        return {}
    counted: Fields = {
        "input_tokens": report.input_tokens,
        "output_tokens": report.output_tokens,
        "cache_read_input_tokens": report.cache_read_tokens,
        "cache_creation_input_tokens": report.cache_creation_tokens,
    }
    return {name: tokens for name, tokens in counted.items() if tokens is not None}
