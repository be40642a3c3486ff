"""A tool of your own: the model calls it, chatcore runs it, and both are in the log before and after."""

from collections.abc import Iterator, Mapping

import anyio

import chatcore
from chatcore.domain.content.tool_results import ToolOutcome
from chatcore.domain.json_text import JsonValue
from chatcore.ports.model import ModelRequest
from chatcore.testing import Call, Saying, ScriptedModel, latest_results


async def weather(context: chatcore.ToolContext, args: Mapping[str, JsonValue]) -> ToolOutcome:
    """What the tool does. `context.idempotency_key` is the same in every try, and no other call has it."""
    return chatcore.ToolText(text=f"It rains in {args.get('city', 'nowhere')}.")


WEATHER = chatcore.Tool(
    definition=chatcore.ToolDefinition(
        name="weather",
        description="Tell the weather of a city. Use it whenever the user asks about the weather.",
        input_schema=chatcore.object_schema({"city": {"type": "string"}}, required=("city",)),
    ),
    handler=weather,
)


def script(request: ModelRequest) -> Iterator[Saying]:
    """What the model says: it calls the tool, then tells what came back."""
    if results := latest_results(request):
        yield f"The tool says: {results[-1].text}"
    else:
        yield Call("weather", {"city": "London"})


async def main() -> None:
    """Ask once, and print each event as it is shown to viewers."""
    async with chatcore.open(model=ScriptedModel(script), tools=[WEATHER]) as chats:
        chat = await chats.create("How is the weather in London?", owner="ada")
        await chat.rest()
        print(await chat.answer())


if __name__ == "__main__":
    anyio.run(main)
