"""A request as a body of the Messages API. Pure: equal requests give equal bodies (spec chat-core 1.8, 4.4, 4.8)."""

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Final

from chatcore.adapters.anthropic.blocks import Block, assistant_file, block_of
from chatcore.adapters.anthropic.effort import effort_fields
from chatcore.adapters.anthropic.options import MessagesOptions
from chatcore.domain.content.messages import Role
from chatcore.domain.content.prompt import PromptFile, PromptMessage, PromptText
from chatcore.domain.json_text import JsonValue, parse_json
from chatcore.domain.limits import OUTPUT_TOKENS_DEFAULT
from chatcore.domain.turn.tools import OfferedTool, ProviderTool, ToolChoice
from chatcore.ports.model import ModelRequest

_CACHE: Final[Mapping[str, JsonValue]] = MappingProxyType({"type": "ephemeral"})
_UNCACHEABLE: Final = frozenset({"thinking", "redacted_thinking"})
_CHOICES: Final[Mapping[ToolChoice, str]] = MappingProxyType(
    {ToolChoice.AUTO: "auto", ToolChoice.NONE: "none", ToolChoice.REQUIRED: "any"}
)
_WRITTEN_ROLES: Final[Mapping[Role, str]] = MappingProxyType(
    {Role.USER: "user", Role.ASSISTANT: "assistant", Role.TOOL: "user"}
)


def messages_body(request: ModelRequest, model: str, options: MessagesOptions, *, stream: bool) -> dict[str, JsonValue]:
    """The body that asks `model` the request."""
    # The API has no default of its own.
    output_tokens_max = request.max_output_tokens or OUTPUT_TOKENS_DEFAULT
    body: dict[str, JsonValue] = {
        "model": model,
        "max_tokens": output_tokens_max,
        "messages": [message for each in request.messages if (message := _message(each, options)) is not None],
    }
    if system := _system(request.messages, options):
        body["system"] = system
    if request.tools:
        body["tools"] = [_tool(tool) for tool in request.tools]
        body.update(_tool_choice(request.tool_choice, options))
    if request.stop_sequences:
        body["stop_sequences"] = list(request.stop_sequences)
    if stream or options.says_no_stream:
        body["stream"] = stream
    body.update(effort_fields(model, request.effort, output_tokens_max, options))
    body.update(options.extra)
    return body


def _system(messages: Sequence[PromptMessage], options: MessagesOptions) -> JsonValue:
    """All system texts, for the API knows no system message further down."""
    blocks: list[JsonValue] = []
    for message in messages:
        if message.role is Role.SYSTEM:
            own = [block for part in message.content if (block := block_of(part, options)) is not None]
            blocks.extend(_hinted(own) if message.cache_hint else own)
    if options.plain_system and len(blocks) == 1:
        return _only_text(blocks[0]) or blocks
    return blocks


def _message(message: PromptMessage, options: MessagesOptions) -> JsonValue:
    role = _WRITTEN_ROLES.get(message.role)
    if role is None:
        return None
    blocks = _blocks(message, options)
    if not blocks:
        return None
    if message.cache_hint:
        blocks = _hinted(blocks)
    content: JsonValue = blocks
    if role in options.plain_text and len(message.content) == 1 and isinstance(message.content[0], PromptText):
        content = text if (text := _only_text(blocks[0])) is not None else blocks
    return {"role": role, "content": content}


def _blocks(message: PromptMessage, options: MessagesOptions) -> list[Block]:
    if message.role is not Role.ASSISTANT:
        return [block for part in message.content if (block := block_of(part, options)) is not None]
    said: list[Block] = []
    calls: list[Block] = []
    for part in message.content:
        block = assistant_file(part) if isinstance(part, PromptFile) else block_of(part, options)
        if block is not None:
            # Results must follow right behind their calls, so words behind a call are refused.
            (calls if block["type"] == "tool_use" else said).append(block)
    return [*said, *calls]


def _only_text(block: JsonValue) -> str | None:
    """The text of a block that is nothing but text."""
    if isinstance(block, Mapping) and set(block) == {"type", "text"} and isinstance(block["text"], str):
        return block["text"]
    return None


def _hinted(blocks: Sequence[Block]) -> list[Block]:
    """The blocks with a hint on the last one that may carry it (4.8)."""
    hinted = list(blocks)
    for position in reversed(range(len(hinted))):
        block = hinted[position]
        if block["type"] not in _UNCACHEABLE and block.get("text") != "":
            hinted[position] = {**block, "cache_control": dict(_CACHE)}
            break
    return hinted


def _tool(tool: OfferedTool) -> JsonValue:
    if isinstance(tool, ProviderTool):
        options = {} if tool.options is None else parse_json(tool.options)
        return {"type": tool.type, "name": tool.name, **(options if isinstance(options, Mapping) else {})}
    return {"name": tool.name, "description": tool.description, "input_schema": parse_json(tool.input_schema)}


def _tool_choice(choice: ToolChoice, options: MessagesOptions) -> dict[str, JsonValue]:
    told: dict[str, JsonValue] = {"type": _CHOICES[choice]}
    if options.parallel_tools is not None and choice is not ToolChoice.NONE:
        told["disable_parallel_tool_use"] = not options.parallel_tools
    return {"tool_choice": told} if choice is not ToolChoice.AUTO or len(told) > 1 else {}
