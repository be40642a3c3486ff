"""Rebuilding typed events from stored bytes and folding them, beside `json.loads` and a fold of dicts."""

import json
from collections.abc import Callable
from statistics import median
from time import perf_counter
from typing import Any, Final

from benchmarks.result import Result

from chatcore.compose.store_urls import fastest_codec
from chatcore.domain.chat.codec import Codec, EncodedEvent
from chatcore.domain.chat.events import (
    Acquired,
    ChatCreated,
    Event,
    MessageAdded,
    TurnFinished,
    TurnStarted,
)
from chatcore.domain.chat.evolve import evolve
from chatcore.domain.chat.head import ChatHead
from chatcore.domain.chat.values import TurnCause
from chatcore.domain.content.messages import Role, Usage
from chatcore.domain.content.parts import TextPart, ToolCallPart, ToolResultPart
from chatcore.domain.ids import RunnerId, UserId, WorkerId
from chatcore.domain.json_text import JsonText

TARGET: Final = 0.25
TARGET_FAST: Final = 0.4
_ROUNDS: Final = 5


def run(*, quick: bool) -> list[Result]:
    """Medians of interleaved rounds over one log of ordinary turns."""
    stored = _stored(turns=200 if quick else 1_000)
    rates: dict[str, list[float]] = {"dict": [], "typed": [], "fast": []}
    for _ in range(_ROUNDS):
        rates["dict"].append(_rate(stored, _fold_dicts))
        rates["typed"].append(_rate(stored, lambda rows: _fold_typed(rows, Codec())))
        rates["fast"].append(_rate(stored, lambda rows: _fold_typed(rows, fastest_codec())))
    floor = median(rates["dict"])
    return [
        _result("events rebuilt and folded", median(rates["typed"]), floor, TARGET),
        _result("the same with orjson", median(rates["fast"]), floor, TARGET_FAST),
    ]


def _result(name: str, rate: float, floor: float, target: float) -> Result:
    return Result.at_least(name, rate, "events/s", "json and dicts", floor, target)


def _stored(turns: int) -> list[EncodedEvent]:
    codec = Codec()
    events: list[Event] = [ChatCreated(owner_id=UserId("ada"))]
    for _ in range(turns):
        events += _turn()
    return [codec.encode_event(event) for event in events]


def _turn() -> list[Event]:
    """A turn with one tool step, of everyday length."""
    usage = Usage(input_tokens=2100, output_tokens=80, total_tokens=2180, reasoning_tokens=0, cache_read_tokens=1900)
    call = ToolCallPart(tool_call_id="call_1", tool_name="read_file", args=JsonText('{"path":"/srv/app/main.py"}'))
    output = JsonText('{"output":"' + "x" * 200 + '"}')
    result = ToolResultPart(tool_call_id="call_1", tool_name="read_file", result=output)
    question = (TextPart(text="Why does the build fail? " * 4),)
    return [
        MessageAdded(role=Role.USER, content=question, created_by=UserId("ada")),
        TurnStarted(cause=TurnCause.SENT),
        Acquired(worker_id=WorkerId("w" * 36), runner_id=RunnerId("r" * 36)),
        MessageAdded(role=Role.ASSISTANT, content=(TextPart(text="I look."), call), model_id="m", usage=usage),
        MessageAdded(role=Role.TOOL, content=(result,), model_id="m"),
        MessageAdded(role=Role.ASSISTANT, content=(TextPart(text="An import is missing. " * 10),), model_id="m"),
        TurnFinished(),
    ]


def _rate(stored: list[EncodedEvent], fold: Callable[[list[EncodedEvent]], object]) -> float:
    began = perf_counter()
    fold(stored)
    return len(stored) / (perf_counter() - began)


def _fold_typed(stored: list[EncodedEvent], codec: Codec) -> ChatHead | None:
    head: ChatHead | None = None
    for row in stored:
        head = evolve(head, codec.decode_event(row.type, row.schema, row.payload))
    return head


def _fold_dicts(stored: list[EncodedEvent]) -> dict[str, Any]:
    """What a careless program would do for the same state: no types, no checks, one dict that is changed in place."""
    head: dict[str, Any] = {"status": "running", "pending": [], "attempt": 0}
    for seq, row in enumerate(stored, 1):
        fields = json.loads(row.payload)
        head["seq"] = seq
        match row.type:
            case "message_added":
                head["history_version"] = seq
                head["attempt"] = 1 if head["status"] == "running" and head.get("runner_id") else 0
                _fold_message(head, fields, seq)
            case "turn_started":
                head |= {"status": "running", "last_error": None, "deadline_at": None, "compaction": False}
            case "acquired":
                head |= {"worker_id": fields["worker_id"], "runner_id": fields["runner_id"]}
            case "turn_finished":
                head |= {"status": "waiting", "deadline_at": None, "worker_id": None, "runner_id": None}
    return head


def _fold_message(head: dict[str, Any], fields: dict[str, Any], seq: int) -> None:
    role = fields["role"]
    if role == "assistant":
        head["pending"] = [part["tool_call_id"] for part in fields["content"] if part["type"] == "tool-call"]
        head["answered"] = seq
    elif role == "tool" and head["pending"]:
        settled = {part["tool_call_id"] for part in fields["content"]}
        head["pending"] = [call for call in head["pending"] if call not in settled]
    if fields.get("visibility", "both") != "user":
        head["spoken"] = seq
    if usage := fields.get("usage"):
        head["usage"] = usage.get("input_tokens", 0) + usage.get("cache_read_tokens", 0)
