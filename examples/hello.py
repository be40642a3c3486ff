"""A chat in ten lines: a scripted model stands in for a real one, and everything is kept in memory."""

import anyio

import chatcore
from chatcore.testing import ScriptedModel, last_user_text


async def main() -> None:
    """Ask twice, and print the transcript that the log gives."""
    model = ScriptedModel(lambda request: [f"You said: {last_user_text(request)}"])
    async with chatcore.open(model=model) as chats:
        chat = await chats.create("Hello!", owner="ada")
        await chat.rest()
        print(await chat.ask("And good-bye."))
        for message in await chat.transcript():
            print(message.id, message.role, message.content)


if __name__ == "__main__":
    anyio.run(main)
