"""An interactive chat on a terminal: lines in, what happens out, Ctrl-C to stop the turn."""

import json
import signal
from functools import partial
from pathlib import Path

import anyio
import click
from attrs import frozen

import chatcore
from chatcore.adapters.cli.parrot import HELP, parrot
from chatcore.adapters.cli.screen import Screen
from chatcore.adapters.cli.view_json import view_event_json
from chatcore.compose.chats import Chat, Chats
from chatcore.compose.scripted import ScriptedModel
from chatcore.domain.chat.rejections import TransitionNotAllowed
from chatcore.domain.rejection import Rejection


@frozen(kw_only=True)
class Session:
    """One run of `chatcore chat`."""

    url: str
    workspace: Path
    owner: str
    as_json: bool

    async def run(self, chat_id: str | None) -> None:
        """Talk until the input ends."""
        model = ScriptedModel(partial(parrot, self.workspace), delay_s=0.01)
        async with chatcore.open(self.url, model=model, workspace=self.workspace) as chats:
            chat = None if chat_id is None else chats.chat(chat_id, owner=self.owner)
            if chat is not None:
                await chat.head()
            if not self.as_json:
                click.echo(HELP)
            while (line := await _line(quiet=self.as_json)) is not None:
                chat = await self._say(chats, chat, line)
            if chat is not None and not self.as_json:
                click.echo(f"Go on with: chatcore chat {chat.id} --store {self.url}")

    async def _say(self, chats: Chats, chat: Chat | None, line: str) -> Chat | None:
        """Say one line, and show what happens until the chat rests."""
        try:
            if chat is None:
                chat, after = await chats.create(line, owner=self.owner), 0
            else:
                after = (await chat.head()).seq
                await chat.send(line)
        except Rejection as rejection:
            click.echo(str(rejection), err=True)
            return chat
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(_interrupts, chat)
            await self._show(chat, after)
            tasks.cancel_scope.cancel()
        return chat

    async def _show(self, chat: Chat, after: int) -> None:
        """Show what happens after a seq until the chat rests."""
        screen = Screen(quiet=self.as_json)
        async with chat.chats.watching.watch_batches(chat.id, actor=chat.actor, after=after) as batches:
            async for batch in batches:
                if self.as_json:
                    click.echo("\n".join(json.dumps(view_event_json(event), ensure_ascii=False) for event in batch))
                if screen.show_all(batch):
                    return


async def _interrupts(chat: Chat) -> None:
    """Ctrl-C stops the turn; what was said is kept."""
    with anyio.open_signal_receiver(signal.SIGINT) as signals:
        async for _ in signals:
            try:
                await chat.interrupt()
            except TransitionNotAllowed:
                click.echo("nothing to stop", err=True)


async def _line(*, quiet: bool) -> str | None:
    """The next line that a person types; None at the end of the input."""
    try:
        line = await anyio.to_thread.run_sync(input, "" if quiet else "\n> ", abandon_on_cancel=True)
    except EOFError:
        return None
    return line.strip() or None
