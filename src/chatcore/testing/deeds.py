"""Tools that remember what they were asked to do, and readable transcripts."""

from collections.abc import Awaitable, Callable, Mapping

import anyio
from attrs import define, field

from chatcore.app.tools.tool import Repeat, Tool, ToolContext
from chatcore.compose.chats import Chat
from chatcore.domain.content.messages import Message
from chatcore.domain.content.parts import TextPart, ToolResultPart
from chatcore.domain.content.tool_results import ToolOutcome, ToolText
from chatcore.domain.json_text import JsonValue
from chatcore.domain.turn.tools import ToolDefinition, object_schema


@define
class Deeds:
    """What tools did: the idempotency key of every run that began, and of every one that came to its end."""

    begun: list[str] = field(factory=list)
    ended: list[str] = field(factory=list)

    def tool(
        self,
        name: str,
        *,
        seconds: float = 0.0,
        repeat: Repeat = Repeat.NEVER,
        work: Callable[[], Awaitable[object]] | None = None,
    ) -> Tool:
        """A tool that takes a while. `work` is what it does and answers with; else it answers `done`."""

        async def handle(context: ToolContext, _: Mapping[str, JsonValue]) -> ToolOutcome:
            self.begun.append(context.idempotency_key)
            await anyio.sleep(seconds)
            outcome = ToolText(text="done") if work is None else await work()
            self.ended.append(context.idempotency_key)
            # Tests of bad tools return what no type checker would let pass.
            return outcome  # type: ignore[return-value]  # see above

        definition = ToolDefinition(name=name, description=name, input_schema=object_schema({}))
        return Tool(definition=definition, handler=handle, repeat=repeat)


def text_of(message: Message) -> str:
    """The words of a message."""
    return "".join(part.text for part in message.content if isinstance(part, TextPart))


async def spoken(chat: Chat) -> list[str]:
    """Who said what, without tool messages and answers that hold calls alone."""
    transcript = await chat.transcript()
    return [f"{message.role}: {text_of(message)}" for message in transcript if text_of(message)]


async def results(chat: Chat) -> list[ToolResultPart]:
    """All tool results of a chat, in order."""
    return [part for each in await chat.transcript() for part in each.content if isinstance(part, ToolResultPart)]
