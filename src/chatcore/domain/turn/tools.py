"""The tools that a model is offered (spec chat-core 4.4)."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from enum import StrEnum
from typing import TypeAlias

from attrs import frozen

from chatcore.domain.json_text import JsonText, JsonValue, dump_json


class ToolChoice(StrEnum):
    """How free the model is to call tools."""

    AUTO = "auto"
    NONE = "none"
    REQUIRED = "required"


@frozen(kw_only=True)
class ToolDefinition:
    """A function tool: chatcore, or a client of it, runs it."""

    name: str
    """At most TOOL_NAME_BYTES_MAX bytes of UTF-8; models cannot call a longer one."""
    description: str
    input_schema: JsonText
    """A JSON schema of the arguments, always of type object; `object_schema` writes one."""


@frozen(kw_only=True)
class ProviderTool:
    """A tool that the provider runs itself, such as its web search."""

    type: str
    """The provider's own word for it."""
    name: str
    options: JsonText | None = None
    """A JSON object of further settings in the provider's own terms."""


OfferedTool: TypeAlias = ToolDefinition | ProviderTool


def object_schema(properties: Mapping[str, JsonValue], required: Sequence[str] = ()) -> JsonText:
    """The schema of a tool's arguments: an object with these properties, some of them required (4.4)."""
    return dump_json({"type": "object", "properties": dict(properties), "required": list(required)})


def offered(
    functions: Iterable[ToolDefinition], provider_tools: Iterable[ProviderTool] = (), active: Collection[str] = ()
) -> tuple[OfferedTool, ...]:
    """What a request offers: the functions named in a non-empty active list, then every provider tool (4.4)."""
    return (*(tool for tool in functions if not active or tool.name in active), *provider_tools)
