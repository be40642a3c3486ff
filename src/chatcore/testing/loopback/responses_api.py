"""An answer in the words of the Responses API."""

from collections.abc import Iterator

from chatcore.adapters.scripted import Report, Say, Think
from chatcore.domain.json_text import JsonValue
from chatcore.testing.loopback.spoken import Block, Spoken, SpokenCall, args_pieces, pieces
from chatcore.testing.provider_bodies import frames

Fields = dict[str, JsonValue]

_EMPTIED = {"content": [], "summary": [], "arguments": ""}


def responses_stream(answer: Spoken) -> bytes:
    """The body of a streamed answer."""
    return frames(*_events(answer))


def responses_whole(answer: Spoken) -> Fields:
    """The body of an answer that is not streamed."""
    items: list[JsonValue] = [_item(number, block) for number, block in enumerate(answer.blocks)]
    return {"object": "response", "status": "completed", "output": items, "usage": _usage(answer.report)}


def _events(answer: Spoken) -> Iterator[JsonValue]:
    yield {"type": "response.created", "response": {"status": "in_progress", "output": []}}
    for number, block in enumerate(answer.blocks):
        item = _item(number, block)
        begun: Fields = {**item, **{name: empty for name, empty in _EMPTIED.items() if name in item}}
        yield {"type": "response.output_item.added", "output_index": number, "item": begun}
        kind, deltas = _deltas(block)
        for delta in deltas:
            yield {"type": kind, "output_index": number, "content_index": 0, "summary_index": 0, "delta": delta}
        yield {"type": "response.output_item.done", "output_index": number, "item": item}
    if not answer.is_cut:
        yield {"type": "response.completed", "response": responses_whole(answer)}


def _item(number: int, block: Block) -> Fields:
    match block:
        case Say(text=text):
            words: JsonValue = [{"type": "output_text", "text": text, "annotations": []}]
            return {"type": "message", "id": f"msg_{number}", "role": "assistant", "content": words}
        case Think(text=text):
            return {"type": "reasoning", "id": f"rs_{number}", "summary": [{"type": "summary_text", "text": text}]}
        case SpokenCall():
            item: Fields = {"type": "function_call", "id": f"fc_{number}", "call_id": block.call_id}
            return {**item, "name": block.name, "arguments": block.args}


def _deltas(block: Block) -> tuple[str, Iterator[str]]:
    match block:
        case Say(text=text):
            return "response.output_text.delta", pieces(text)
        case Think(text=text):
            return "response.reasoning_summary_text.delta", pieces(text)
        case SpokenCall(args=args):
            return "response.function_call_arguments.delta", args_pieces(args)


def _usage(report: Report | None) -> JsonValue:
    if report is None:
        return None
    return {
        "input_tokens": report.input_tokens,
        "output_tokens": report.output_tokens,
        "total_tokens": report.total_tokens,
    }
