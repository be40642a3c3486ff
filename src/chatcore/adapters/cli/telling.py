"""Events and messages as lines that a person can read."""

from collections.abc import Mapping
from typing import Final

from chatcore.domain.json_text import JsonValue, dump_json

_LINE_CHARS_MAX: Final = 160


def event_line(event: Mapping[str, JsonValue]) -> str:
    """One event: its number, when and by whom it was appended, and what it says."""
    time = str(event["recorded_at"])[11:23]
    actor = str(event["actor"])[-8:]
    joined = " " if event["seq"] == event["upto"] else "┐"
    return _cut(f"{event['seq']:>5} {joined} {time} {actor:>8}  {event['type']:<21} {dump_json(event['payload'])}")


def message_line(message: Mapping[str, JsonValue]) -> str:
    """One message: who speaks, and what."""
    content = message["content"]
    assert isinstance(content, list), "a message's content is a list"
    said = " | ".join(part_text(part) for part in content if isinstance(part, Mapping))
    return f"{message['id']:>5} {message['role']!s:>9}: {said}"


def part_text(part: Mapping[str, JsonValue]) -> str:
    """A part in a few words."""
    match part.get("type"):
        case "text" | "reasoning":
            return str(part["text"])
        case "tool-call":
            return _cut(f"→ {part.get('tool_name')} {dump_json(part.get('args', {}))}")
        case "tool-result":
            mark = "✗" if part.get("is_error") else "←"
            return _cut(f"{mark} {part.get('tool_name')} {dump_json(part.get('result', {}))}")
        case other:
            return f"[{other}]"


def _cut(text: str) -> str:
    return text if len(text) <= _LINE_CHARS_MAX else f"{text[: _LINE_CHARS_MAX - 1]}…"
