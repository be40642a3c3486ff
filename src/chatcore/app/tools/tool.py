"""What a tool is to the generation loop: a definition for the model, and something that answers a call."""

from collections.abc import Awaitable, Callable, Iterable, Mapping
from enum import StrEnum

from attrs import frozen

from chatcore.domain.content.tool_results import ToolOutcome
from chatcore.domain.errors import ChatcoreError
from chatcore.domain.ids import ChatId, Seq
from chatcore.domain.json_text import JsonValue
from chatcore.domain.turn.tools import ToolDefinition
from chatcore.ports.agent import Agent


class Repeat(StrEnum):
    """What becomes of a call whose runner died before its result was stored (architecture 6)."""

    NEVER = "never"
    """The model is told that the outcome is unknown, and decides."""
    IDEMPOTENT = "idempotent"
    """The call runs again with the same id: doing it twice is doing it once."""


@frozen(kw_only=True)
class ToolContext:
    """What a call may use. `agent` is the chat's workspace, already identified for the chat; None without one."""

    chat_id: ChatId
    call_id: str
    """As the model named it; unique among the calls of one step."""
    message_id: Seq
    """The message that made the call."""
    agent: Agent | None = None

    @property
    def idempotency_key(self) -> str:
        """The same in every try at the call, and no other's: for what the tool calls in turn."""
        return f"{self.chat_id}/{self.message_id}/{self.call_id}"


Handler = Callable[[ToolContext, Mapping[str, JsonValue]], Awaitable[ToolOutcome]]
"""Answers a call. An exception becomes an error result with its text; it never ends the turn (4.4)."""


@frozen(kw_only=True)
class Tool:
    """A tool that chatcore runs."""

    definition: ToolDefinition
    handler: Handler
    repeat: Repeat = Repeat.NEVER


class DuplicateTool(ChatcoreError):
    """Two tools have one name; rename one."""

    def __init__(self, name: str) -> None:
        super().__init__(f"two tools are called {name!r}; a model could not tell them apart: rename one")
        self.name = name


@frozen
class ToolSet:
    """Tools by name, in the order in which the model is offered them."""

    by_name: Mapping[str, Tool]

    @classmethod
    def of(cls, tools: Iterable[Tool]) -> "ToolSet":
        """Raises DuplicateTool."""
        by_name: dict[str, Tool] = {}
        for tool in tools:
            if tool.definition.name in by_name:
                raise DuplicateTool(tool.definition.name)
            by_name[tool.definition.name] = tool
        return cls(by_name)

    @property
    def definitions(self) -> tuple[ToolDefinition, ...]:
        """What the model is offered."""
        return tuple(tool.definition for tool in self.by_name.values())
