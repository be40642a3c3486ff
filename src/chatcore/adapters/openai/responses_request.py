"""The body of a request to the Responses API (spec chat-core 1.8, 4.4). Pure."""

from collections.abc import Sequence
from typing import Final

from chatcore.adapters.openai.chat_request import effort_word, provider_tool_fields
from chatcore.adapters.openai.responses_input import responses_input
from chatcore.adapters.openai.style import Style, reasons, style_of, with_options
from chatcore.adapters.providers.fields import Fields, as_fields, as_text
from chatcore.domain.json_text import JsonValue, parse_json
from chatcore.domain.turn.classify_tables import ErrorKind
from chatcore.domain.turn.tools import OfferedTool, ProviderTool, ToolChoice
from chatcore.ports.model import ModelError, ModelRequest

SEALED_REASONING: Final = "reasoning.encrypted_content"
"""Asks for reasoning in a form that can be handed back, for the provider keeps none of it."""


def responses_body(
    request: ModelRequest, *, model: str, provider: str, options: Fields, stream: bool
) -> dict[str, JsonValue]:
    """The JSON object to send. `options` are the user's: `style.STYLE_OPTIONS`, and fields of the body.

    The provider stores nothing (`store`): the chat's log is the only memory.
    Raises: ModelError CONFIG, stop sequences, which this API does not know.
    """
    if request.stop_sequences:
        words = "the Responses API takes no stop sequences: set the option api to chat for this model"
        raise ModelError(words, kind=ErrorKind.CONFIG, provider=provider)
    style = style_of(provider, model, options)
    stores = options.get("store", False) is not False
    items = responses_input(request.messages, provider, style, stores=stores)
    body: dict[str, JsonValue] = {"model": model, "input": _lone_text(items, style) or items, "store": False}
    if reasons(model):
        body["include"] = [SEALED_REASONING]
    if request.max_output_tokens is not None:
        body["max_output_tokens"] = request.max_output_tokens
    if request.effort is not None:
        body["reasoning"] = {"effort": effort_word(request.effort, provider)}
    if request.tools:
        body["tools"] = [_tool(tool, style) for tool in request.tools]
        if request.tool_choice is not ToolChoice.AUTO:
            body["tool_choice"] = request.tool_choice.value
    if stream:
        body["stream"] = True
    return with_options(body, options)


def _lone_text(items: Sequence[JsonValue], style: Style) -> str:
    """The words of an input that is nothing but one user's words, where they are wanted bare."""
    item = as_fields(items[0]) if len(items) == 1 and style.bare_input else {}
    return as_text(item.get("content")) if item.get("role") == "user" else ""


def _tool(tool: OfferedTool, style: Style) -> JsonValue:
    if isinstance(tool, ProviderTool):
        # Only tools that answer to a name of their own have one.
        name: Fields = {"name": tool.name} if tool.type == "custom" else {}
        return {"type": tool.type, **name, **provider_tool_fields(tool)}
    function: dict[str, JsonValue] = {
        "type": "function",
        "name": tool.name,
        "description": tool.description,
        "parameters": parse_json(tool.input_schema),
    }
    if style.strict_tools is not None:
        function["strict"] = style.strict_tools
    return function
