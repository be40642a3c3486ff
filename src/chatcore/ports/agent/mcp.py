"""Tools of MCP servers that run in a workspace (agent-and-relay A7)."""

from collections.abc import Mapping
from typing import Protocol

from attrs import field, frozen

from chatcore.domain.json_text import JsonValue


@frozen(kw_only=True)
class McpTool:
    """A tool that a server offers; `name` is `<server>__<tool>` (A7.5)."""

    server_name: str
    name: str
    description: str
    schema: Mapping[str, JsonValue]
    """The properties of the tool's input."""

    required: tuple[str, ...]


@frozen(kw_only=True)
class McpCall:
    """A call of one tool."""

    tool_name: str
    arguments: Mapping[str, JsonValue] = field(factory=dict)


@frozen(kw_only=True)
class McpBlock:
    """A piece of a tool's answer (A7.9); what its type does not have is empty."""

    type: str
    """`text`, `image`, `audio` or `resource`."""

    text: str = ""
    data: str = ""
    """Base64."""

    media_type: str = ""


@frozen(kw_only=True)
class McpResult:
    """A tool's answer; `is_error` says that the tool ran and reported a failure (A7.7)."""

    content: tuple[McpBlock, ...]
    is_error: bool = False


class Mcp(Protocol):
    """The workspace's MCP servers. Every method may raise `AgentUnreachable`."""

    async def list_mcp_tools(self, refresh: bool = False) -> tuple[McpTool, ...]:
        """All tools by name, as known since the servers were connected; `refresh` asks each server again (A7.6)."""
        ...

    async def call_mcp_tool(self, request: McpCall) -> McpResult:
        """Call a tool; takes at most 60 s.

        Raises: AgentError, 404 for every failure of the call itself, the cause in `detail` (A7.8).
        """
        ...
