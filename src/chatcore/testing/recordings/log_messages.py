"""A recorded request to the Messages API as a chat's log holds it."""

from base64 import b64decode
from collections.abc import Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import Final

from attrs import define, field

from chatcore.domain.chat.events_history import MessageAdded
from chatcore.domain.content.messages import Role
from chatcore.domain.content.parts import FilePart, Part, ReasoningPart, TextPart, ToolCallPart, ToolResultPart
from chatcore.domain.content.tool_results import ToolMedia, stored_result
from chatcore.domain.json_text import JsonText, JsonValue, dump_json
from chatcore.domain.turn.tools import OfferedTool, ProviderTool, ToolChoice, ToolDefinition
from chatcore.testing.recordings.logged import LoggedRequest, said, tool_words
from chatcore.testing.recordings.looking import at, fields_at, items_at, text_at, whole_at

PROVIDER: Final = "anthropic"
_KNOWN: Final = frozenset(
    {"model", "messages", "system", "max_tokens", "stream", "tools", "tool_choice", "stop_sequences"}
)
_CHOICES: Final = MappingProxyType({"auto": ToolChoice.AUTO, "none": ToolChoice.NONE, "any": ToolChoice.REQUIRED})
_CACHE: Final = "cache_control"
_KEEP: Final = MappingProxyType({"type": "text"})


def log_messages(body: JsonValue) -> LoggedRequest:
    """The log of a body."""
    reading = _Reading()
    reading.take_system(at(body, "system"))
    for message in items_at(body, "messages"):
        reading.take_message(message)
    reading.take_settings(fields_at(body))
    return LoggedRequest(
        model=text_at(body, "model"),
        messages=tuple(reading.messages),
        tools=tuple(_tool(tool) for tool in items_at(body, "tools")),
        tool_choice=_CHOICES.get(text_at(body, "tool_choice", "type"), ToolChoice.AUTO),
        max_output_tokens=whole_at(body, "max_tokens"),
        stop_sequences=tuple(each for each in items_at(body, "stop_sequences") if isinstance(each, str)),
        hints=frozenset(reading.hints),
        options=reading.options,
    )


@define
class _Reading:
    messages: list[MessageAdded] = field(factory=list)
    hints: set[int] = field(factory=set)
    options: dict[str, JsonValue] = field(factory=dict)
    plain_roles: set[str] = field(factory=set)
    _position: int = 0
    """Of the next message in the prompt, in which the results of one step are one message."""

    def take_system(self, system: JsonValue) -> None:
        if isinstance(system, str):
            self.options["plain_system"] = True
            system = [{"type": "text", "text": system}]
        for block in items_at(system):
            self._add([said(Role.SYSTEM, *_parts([block]))], [block])

    def take_message(self, message: JsonValue) -> None:
        content = at(message, "content")
        if isinstance(content, str):
            self.plain_roles.add(text_at(message, "role"))
            content = [{"type": "text", "text": content}]
        blocks = items_at(content)
        if text_at(message, "role") == "assistant":
            self._add([said(Role.ASSISTANT, *_parts(blocks))], blocks)
            return
        results = [block for block in blocks if text_at(block, "type") == "tool_result"]
        others = [block for block in blocks if text_at(block, "type") != "tool_result"]
        if results:
            self._add([said(Role.TOOL, self._result(block)) for block in results], results)
        if others or not blocks:
            self._add([said(Role.USER, *_parts(others))], others)

    def take_settings(self, body: Mapping[str, JsonValue]) -> None:
        self.options.update({name: value for name, value in body.items() if name not in _KNOWN})
        if self.plain_roles:
            self.options["plain_text"] = sorted(self.plain_roles)
        if body.get("stream") is False:
            self.options["says_no_stream"] = True
        serial = at(body, "tool_choice", "disable_parallel_tool_use")
        if isinstance(serial, bool):
            self.options["parallel_tools"] = not serial
        if self.hints:
            self.options["cache_hints"] = sorted(self.hints)

    def _add(self, messages: Sequence[MessageAdded], blocks: Sequence[JsonValue]) -> None:
        self.messages.extend(messages)
        if any(at(block, _CACHE) is not None for block in blocks):
            self.hints.add(self._position)
        self._position += 1

    def _result(self, block: JsonValue) -> ToolResultPart:
        content = at(block, "content")
        is_error = at(block, "is_error") is True
        if isinstance(content, str):
            self.options["plain_results"] = True
            content = [{"type": "text", "text": content}]
        call_id = text_at(block, "tool_use_id")
        media = [item for item in items_at(content) if text_at(item, "type") != "text"]
        text = "\n".join(text_at(item, "text") for item in items_at(content) if text_at(item, "type") == "text")
        if media:
            source = fields_at(media[0], "source")
            stored = stored_result(
                ToolMedia(data=text_at(source, "data"), media_type=text_at(source, "media_type"), text=text)
            )
            return ToolResultPart(tool_call_id=call_id, result=stored.result, is_media=True)
        rest = _rest(block, "type", "tool_use_id", "content", *(("is_error",) if is_error else ()))
        return tool_words(call_id, text, PROVIDER, is_error=is_error, own=rest)


def _parts(blocks: Sequence[JsonValue]) -> Iterator[Part]:
    for block in blocks:
        yield _part(block)


def _part(block: JsonValue) -> Part:
    match text_at(block, "type"):
        case "text":
            # Words that are blank are left out of prompts, unless the provider said something with them.
            keep = {} if text_at(block, "text").strip() else _KEEP
            return TextPart(
                text=text_at(block, "text"), provider_metadata=_own({**keep, **_rest(block, "type", "text")})
            )
        case "thinking":
            return ReasoningPart(
                text=text_at(block, "thinking"), provider_metadata=_own(_rest(block, "type", "thinking"))
            )
        case "image" | "document":
            return _file(block)
        case "tool_use":
            return _call(block, _rest(block, "type", "id", "name", "input"))
        case kind if kind.endswith("_tool_use"):
            return _call(block, _rest(block, "id", "name", "input"), by_provider=True)
        case kind if kind.endswith("_tool_result"):
            return ToolResultPart(
                tool_call_id=text_at(block, "tool_use_id"),
                result=dump_json(at(block, "content")),
                is_error=at(block, "is_error") is True or text_at(block, "content", "type").endswith("_error"),
                provider_executed=True,
                provider_metadata=_own(_rest(block, "tool_use_id", "content")),
            )
        case _:
            return ReasoningPart(text="", provider_metadata=_own(_rest(block)))


def _call(block: JsonValue, rest: Mapping[str, JsonValue], *, by_provider: bool = False) -> ToolCallPart:
    return ToolCallPart(
        tool_call_id=text_at(block, "id"),
        tool_name=text_at(block, "name"),
        args=dump_json(at(block, "input")),
        provider_executed=by_provider,
        provider_metadata=_own(rest),
    )


def _file(block: JsonValue) -> FilePart:
    source, data = text_at(block, "source", "type"), text_at(block, "source", "data")
    name, rest = text_at(block, "title"), _rest(block, "type", "title")
    if source not in ("base64", "text"):
        # The bytes are elsewhere: the log keeps where, as what the provider finds them by.
        usual = "image/png" if text_at(block, "type") == "image" else "application/pdf"
        return FilePart(media_type=usual, name=name, file_id=source, provider_metadata=_own(rest))
    del rest["source"]
    return FilePart(
        media_type=text_at(block, "source", "media_type"),
        name=name,
        data=b64decode(data) if source == "base64" else data.encode(),
        provider_metadata=_own(rest),
    )


def _tool(tool: JsonValue) -> OfferedTool:
    if at(tool, "input_schema") is not None and text_at(tool, "type") in ("", "custom"):
        return ToolDefinition(
            name=text_at(tool, "name"),
            description=text_at(tool, "description"),
            input_schema=dump_json(at(tool, "input_schema")),
        )
    return ProviderTool(
        type=text_at(tool, "type"), name=text_at(tool, "name"), options=dump_json(_rest(tool, "type", "name"))
    )


def _rest(block: JsonValue, *known: str) -> dict[str, JsonValue]:
    return {name: value for name, value in fields_at(block).items() if name not in (*known, _CACHE)}


def _own(rest: Mapping[str, JsonValue]) -> JsonText | None:
    return dump_json({PROVIDER: rest}) if rest else None
