"""Logs of chats as they were recorded: read from an export, made of a ChatLog, cut, and told."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime, timedelta
from typing import Final

from chatcore.domain.chat.codec import Codec
from chatcore.domain.chat.envelope import StoredEvent
from chatcore.domain.chat.events import Acquired, MessageAdded, MessageQueued
from chatcore.domain.content.parts import Part, ReasoningPart, TextPart, ToolCallPart, ToolResultPart
from chatcore.domain.errors import ChatcoreError
from chatcore.domain.ids import ChatId, CommandId, Seq
from chatcore.domain.json_text import JsonValue, dump_json, parse_json
from chatcore.testing.chat_log import ChatLog
from chatcore.testing.clocks import NOON

_LINE_CHARS_MAX: Final = 120
_WORDS_CHARS_MAX: Final = 48
_CODEC: Final = Codec()


class NotAnExport(ChatcoreError):
    """A text is not what `chatcore log export` prints; give its lines as they are."""


def read_logs(lines: Iterable[str]) -> dict[ChatId, tuple[StoredEvent, ...]]:
    """The logs that `chatcore log export` printed, by chat: `read_logs(Path("chats.jsonl").open())`.

    Raises: NotAnExport; what `Codec.decode_event` raises.
    """
    logs: dict[ChatId, list[StoredEvent]] = {}
    position = 0
    for number, line in enumerate(lines, 1):
        if line.strip():
            position += 1
            stored = _stored(line, number, position)
            logs.setdefault(stored.chat_id, []).append(stored)
    return {chat_id: tuple(log) for chat_id, log in logs.items()}


def recorded(chat: ChatLog) -> tuple[StoredEvent, ...]:
    """The log of a chat that was made by commands, as a store would have recorded it: an append a second from noon."""
    log: list[StoredEvent] = []
    owner = chat.current.owner_id
    for number, upto in enumerate(chat.ends):
        for seq in range(len(log) + 1, upto + 1):
            stored = StoredEvent(
                chat_id=chat.chat_id,
                seq=seq,
                position=seq,
                recorded_at=NOON + timedelta(seconds=number),
                actor=owner,
                command_id=None,
                upto=upto,
                event=chat.events[seq - 1],
            )
            log.append(stored)
    return tuple(log)


def append_ends(log: Iterable[StoredEvent]) -> tuple[Seq, ...]:
    """The seqs at which a log may be cut: the last events of its appends."""
    return tuple(stored.seq for stored in log if stored.seq == stored.upto)


def appends_of(log: Iterable[StoredEvent]) -> Iterator[tuple[StoredEvent, ...]]:
    """The appends of a log, one after the other; what follows the last whole one is left out."""
    append: list[StoredEvent] = []
    for stored in log:
        append.append(stored)
        if stored.seq == stored.upto:
            yield tuple(append)
            append = []


def story(log: Iterable[StoredEvent], *, crash_after: Seq | None = None) -> str:
    """A log, a line for each event: its number, who appended it, its type, and what it says. `┐` joins an append."""
    lines: list[str] = []
    for stored in log:
        joined = " " if stored.seq == stored.upto else "┐"
        line = f"{stored.seq:>5} {joined} {stored.actor[-8:]:<8} {stored.event.TYPE:<20} {_says(stored)}"
        lines.append(line.rstrip()[:_LINE_CHARS_MAX])
        if stored.seq == crash_after:
            lines.append("        ---- the worker dies here; another one finds the chat ----")
    return "\n".join(lines)


def _stored(line: str, number: int, position: int) -> StoredEvent:
    try:
        fields = parse_json(line)
        if not isinstance(fields, Mapping):
            raise TypeError("it is no object")
        return StoredEvent(
            chat_id=ChatId(_text(fields, "chat_id")),
            seq=_number(fields, "seq"),
            position=position,
            recorded_at=datetime.fromisoformat(_text(fields, "recorded_at")),
            actor=_text(fields, "actor"),
            command_id=None if fields.get("command_id") is None else CommandId(_text(fields, "command_id")),
            upto=_number(fields, "upto"),
            event=_CODEC.decode_event(_text(fields, "type"), _number(fields, "schema"), dump_json(fields["payload"])),
        )
    except (KeyError, TypeError, ValueError) as error:
        raise NotAnExport(f"line {number} is not an event of `chatcore log export`: {error}") from error


def _text(fields: Mapping[str, JsonValue], name: str) -> str:
    value = fields[name]
    if not isinstance(value, str):
        raise TypeError(f"{name} is no text")
    return value


def _number(fields: Mapping[str, JsonValue], name: str) -> int:
    value = fields[name]
    if not isinstance(value, int):
        raise TypeError(f"{name} is no number")
    return value


def _says(stored: StoredEvent) -> str:
    match stored.event:
        case MessageAdded(role=role, content=content):
            return f"{role}: {' '.join(_words(part) for part in content)}"
        case MessageQueued(content=content):
            return " ".join(_words(part) for part in content)
        case Acquired(runner_id=runner_id):
            return f"by {runner_id[-8:]}"
        case event:
            payload = _CODEC.encode_event(event).payload
            return "" if payload == "{}" else payload


def _words(part: Part) -> str:
    match part:
        case TextPart(text=text) | ReasoningPart(text=text):
            return _short(text)
        case ToolCallPart(tool_name=name, args=args):
            return f"→ {name} {_short(args or '')}"
        case ToolResultPart(tool_name=name, result=result, is_error=is_error):
            return f"{'✗' if is_error else '←'} {name} {_short(result or '')}"
        case _:
            return f"[{type(part).__name__}]"


def _short(text: str) -> str:
    flat = " ".join(text.split())
    return flat if len(flat) <= _WORDS_CHARS_MAX else f"{flat[: _WORDS_CHARS_MAX - 1]}…"
