"""What all tools of a workspace share: a typed call, a connection that may be missing, JSON results (10)."""

from collections.abc import Awaitable, Callable, Mapping
from typing import TypeVar

from chatcore.app.tools.arguments import read_arguments
from chatcore.app.tools.tool import Handler, ToolContext
from chatcore.domain.content.tool_results import ToolFailed, ToolOutcome, ToolText
from chatcore.domain.json_text import JsonValue, dump_json
from chatcore.ports.agent import Agent
from chatcore.ports.agent.errors import AgentError

T = TypeVar("T")

NO_WORKSPACE = "this chat has no workspace: there is nothing to run commands or read files in"


def workspace_handler(
    kind: type[T], run: Callable[[Agent, ToolContext, T], Awaitable[dict[str, JsonValue]]]
) -> Handler:
    """A handler that reads the arguments as `kind` and answers with JSON; what goes wrong is an error result."""

    async def handle(context: ToolContext, args: Mapping[str, JsonValue]) -> ToolOutcome:
        if context.agent is None:
            return ToolFailed(error=NO_WORKSPACE)
        call = read_arguments(args, kind)
        if isinstance(call, ToolFailed):
            return call
        try:
            return ToolText(text=dump_json(await run(context.agent, context, call)))
        except AgentError as error:
            return ToolFailed(error=str(error))

    return handle
