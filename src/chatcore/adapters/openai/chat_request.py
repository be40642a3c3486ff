"""The body of a Chat Completions request (spec chat-core 1.8, 4.4). Pure."""

from collections.abc import Iterator
from typing import Final

from chatcore.adapters.openai.chat_messages import chat_messages
from chatcore.adapters.openai.style import Style, reasons, style_of, with_options
from chatcore.adapters.providers.fields import Fields
from chatcore.domain.content.messages import Effort
from chatcore.domain.json_text import JsonValue, parse_json
from chatcore.domain.turn.tools import OfferedTool, ProviderTool, ToolChoice
from chatcore.ports.model import ModelRequest

_HIGHEST: Final = "xhigh"
_KNOWS_MAX: Final = ("deepseek",)


def chat_body(
    request: ModelRequest, *, model: str, provider: str, options: Fields, stream: bool
) -> dict[str, JsonValue]:
    """The JSON object to send. `options` are the user's: `style.STYLE_OPTIONS`, and fields of the body."""
    style = style_of(provider, model, options)
    body: dict[str, JsonValue] = {"model": model, "messages": chat_messages(request.messages, provider, style)}
    body.update(_limits(request, model, provider, style))
    if request.tools:
        body["tools"] = [_tool(tool, style) for tool in request.tools]
        if request.tool_choice is not ToolChoice.AUTO:
            body["tool_choice"] = request.tool_choice.value
    if stream:
        body["stream"] = True
        if style.stream_usage:
            body["stream_options"] = {"include_usage": True}
    return with_options(body, options)


def effort_word(effort: Effort, provider: str) -> str:
    """The effort in the provider's words: few know of a maximum."""
    return _HIGHEST if effort is Effort.MAX and provider not in _KNOWS_MAX else effort.value


def _limits(request: ModelRequest, model: str, provider: str, style: Style) -> Iterator[tuple[str, JsonValue]]:
    if request.max_output_tokens is not None:
        # OpenAI's models that think refuse the old name, and the old models do not know the new one everywhere.
        by_model = "max_completion_tokens" if reasons(model) else "max_tokens"
        yield style.output_tokens_field or by_model, request.max_output_tokens
    if request.effort is not None:
        word = effort_word(request.effort, provider)
        if style.effort_in_reasoning:
            yield "reasoning", {"effort": word}
        else:
            yield "reasoning_effort", word
    if request.stop_sequences:
        yield "stop", list(request.stop_sequences)


def _tool(tool: OfferedTool, style: Style) -> JsonValue:
    if isinstance(tool, ProviderTool):
        return {"type": tool.type, **provider_tool_fields(tool)}
    function: dict[str, JsonValue] = {
        "name": tool.name,
        "description": tool.description,
        "parameters": parse_json(tool.input_schema),
    }
    if style.strict_tools is not None:
        function["strict"] = style.strict_tools
    return {"type": "function", "function": function}


def provider_tool_fields(tool: ProviderTool) -> Fields:
    """The settings of a tool that the provider runs, in its own terms."""
    fields = parse_json(tool.options) if tool.options is not None else None
    return fields if isinstance(fields, dict) else {}
