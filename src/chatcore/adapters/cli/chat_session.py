"""An interactive chat on a terminal: lines in, what happens out, Ctrl-C to stop the turn."""

import json
import shlex
import signal
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from functools import partial
from pathlib import Path
from typing import Final

import anyio
import anyio.abc
import click
from attrs import define, field, frozen

import chatcore
from chatcore.adapters.cli.chat_lines import Lines
from chatcore.adapters.cli.log_views import existing
from chatcore.adapters.cli.parrot import HELP, parrot
from chatcore.adapters.cli.screen import Screen
from chatcore.adapters.cli.view_json import view_event_json
from chatcore.compose.chats import Chat, Chats
from chatcore.compose.model_choice import UNNAMED, ModelChoice
from chatcore.compose.models import ready_model
from chatcore.compose.scripted import ScriptedModel
from chatcore.domain.chat.rejections import TransitionNotAllowed
from chatcore.domain.errors import ChatcoreError
from chatcore.domain.ids import Seq
from chatcore.domain.json_text import JsonValue
from chatcore.domain.rejection import Rejection

_DELTA_S: Final = 0.01
"""Between two pieces of a reply, so that one sees it stream and has time to stop it."""

_LEAVE: Final = (signal.SIGTERM, signal.SIGHUP)


@frozen(kw_only=True)
class Wanted:
    """What the command was asked for."""

    chat_id: str | None
    url: str
    workspace: Path
    owner: str
    as_json: bool
    model: str | None = None
    """`provider/name`; None is the scripted one."""
    base_url: str | None = None


async def talk(wanted: Wanted) -> None:
    """Talk until the input ends or somebody wants to leave; then every chat is left in order.

    Raises: NoSuchFile, ChatNotFound, what opening the store raises; LineTooLong;
    BadModelName, UnknownModelName, ModelNotReady.
    """
    session = Session(wanted=wanted)
    async with anyio.create_task_group() as tasks:
        # Listened to until everything is closed, so that an impatient Ctrl-C cannot break off the leaving.
        await tasks.start(session.obey_signals)
        async with _opened(wanted) as chats:
            with session.talking:
                await session.run(chats)
        tasks.cancel_scope.cancel()
    session.tell_end()


@define(kw_only=True)
class Session:
    """One run of `chatcore chat`."""

    wanted: Wanted
    talking: anyio.CancelScope = field(factory=anyio.CancelScope)
    """Cancelled when somebody wants to leave."""
    _chat: Chat | None = None
    _stoppable: Chat | None = None
    """The chat whose turn Ctrl-C stops: one that is shown until it rests, and was not asked to stop yet."""

    async def run(self, chats: Chats) -> None:
        """Show the chat that is gone on with, if any; then say line after line until the input ends."""
        lines = Lines()
        if self.wanted.chat_id is None:
            self._tell(HELP if self.wanted.model is None else f"{self.wanted.model} answers.")
        else:
            chat = chats.chat(self.wanted.chat_id, owner=self.wanted.owner)
            await chat.head()
            self._enter(chat)
            await self._show(chat, after=None)
        while (line := await self._next(lines)) is not None:
            if line:
                await self._say(chats, line)

    async def obey_signals(self, *, task_status: anyio.abc.TaskStatus[None]) -> None:
        """Ctrl-C stops the turn, and leaves where none runs or one is being stopped. SIGTERM and SIGHUP leave."""
        with anyio.open_signal_receiver(signal.SIGINT, *_LEAVE) as signals:
            task_status.started()
            async for received in signals:
                chat, self._stoppable = self._stoppable, None
                if chat is None or received in _LEAVE:
                    self.talking.cancel()
                else:
                    await _stop(chat)

    def tell_end(self) -> None:
        """Say how to go on, unless nothing was said or kept."""
        self._tell("")
        wanted = self.wanted
        if self._chat is not None and wanted.url.startswith("sqlite:"):
            command = ["chatcore", "chat", self._chat.id, "--store", wanted.url]
            command += ["--workspace", str(wanted.workspace), "--owner", wanted.owner]
            command += [] if wanted.model is None else ["--model", wanted.model]
            command += [] if wanted.base_url is None else ["--base-url", wanted.base_url]
            self._tell(f"Go on with: {shlex.join(command)}")

    def _enter(self, chat: Chat) -> None:
        self._chat = chat
        self._tell_json({"type": "chat", "chat_id": chat.id})

    async def _next(self, lines: Lines) -> str | None:
        if not self.wanted.as_json:
            click.echo("\n> ", nl=False)
        line = await lines.next()
        return None if line is None else line.strip()

    async def _say(self, chats: Chats, line: str) -> None:
        """Say one line, and show what happens until the chat rests."""
        try:
            if self._chat is None:
                chat, after = await chats.create(line, owner=self.wanted.owner, system=_told_first(self.wanted)), 0
                self._enter(chat)
            else:
                chat, after = self._chat, (await self._chat.head()).seq
                await chat.send(line)
        except Rejection as rejection:
            click.echo(str(rejection), err=True)
        else:
            await self._show(chat, after)

    async def _show(self, chat: Chat, after: Seq | None) -> None:
        """Show the newest messages, or what happened behind a seq, and what happens until the chat rests."""
        screen = Screen(quiet=self.wanted.as_json)
        self._stoppable = chat
        async with chat.chats.watching.watch_batches(chat.id, actor=chat.actor, after=after) as batches:
            async for batch in batches:
                for event in batch:
                    self._tell_json(view_event_json(event))
                if screen.show_all(batch):
                    break
        self._stoppable = None

    def _tell(self, text: str) -> None:
        if not self.wanted.as_json:
            click.echo(text)

    def _tell_json(self, value: Mapping[str, JsonValue]) -> None:
        if self.wanted.as_json:
            click.echo(json.dumps(value, ensure_ascii=False))


async def _stop(chat: Chat) -> None:
    """Stop the turn; what was said is kept."""
    click.echo("\nStopping; Ctrl-C again leaves.", err=True)
    try:
        await chat.interrupt()
    except TransitionNotAllowed:
        # The turn ended in this moment, or is being stopped already.
        return
    except ChatcoreError as error:
        click.echo(str(error), err=True)


def _told_first(wanted: Wanted) -> tuple[str, ...]:
    """What a model has to know before it works; the scripted one knows it."""
    return () if wanted.model is None else (f"You work in the folder {wanted.workspace}, with the tools you have.",)


@asynccontextmanager
async def _opened(wanted: Wanted) -> AsyncIterator[Chats]:
    """The chats of the store. One that is gone on with must exist, so its store must, too."""
    async with AsyncExitStack() as stack:
        models = await stack.enter_async_context(_models(wanted))
        opened = None if wanted.chat_id is None else await stack.enter_async_context(existing(wanted.url))
        opening = chatcore.open(wanted.url, store=opened, models=models, workspace=wanted.workspace)
        yield await stack.enter_async_context(opening)


@asynccontextmanager
async def _models(wanted: Wanted) -> AsyncIterator[Mapping[str, ModelChoice]]:
    if wanted.model is None:
        yield {UNNAMED: ScriptedModel(partial(parrot, wanted.workspace), delay_s=_DELTA_S)}
        return
    async with ready_model(wanted.model, base_url=wanted.base_url) as models:
        yield models
