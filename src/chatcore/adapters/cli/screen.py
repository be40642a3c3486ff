"""Showing a chat on a terminal while it happens, so that one can follow by eye."""

from collections.abc import Iterable
from typing import Final

import click

from chatcore.adapters.cli.telling import part_text
from chatcore.adapters.cli.tool_lines import call_lines, result_lines
from chatcore.domain.chat.states import ClientStatus
from chatcore.domain.content.messages import Role
from chatcore.domain.content.parts import Part, ReasoningPart, TextPart, ToolCallPart, ToolResultPart
from chatcore.domain.content.parts_json import part_json
from chatcore.domain.live.view_events import ErrorShown, MessageShown, PartShown, RetryShown, StatusShown, ViewEvent

_AT_REST: Final = (ClientStatus.WAITING, ClientStatus.ERROR)


class Screen:
    """Prints view events. Parts are printed as they come, and the message that holds them is then not repeated."""

    def __init__(self, *, quiet: bool) -> None:
        self._quiet = quiet
        self._in_line = False
        self._streamed = ""
        """The words that were shown of the reply in the making."""
        self._thought = False

    def show(self, event: ViewEvent) -> None:
        """Print one event."""
        if self._quiet:
            return
        match event:
            case StatusShown(status=status):
                self._line(click.style(f"● {status}", fg="yellow"))
            case PartShown(role=Role.ASSISTANT, part=TextPart(text=text) | ReasoningPart(text=text)):
                self._words(text, thought=isinstance(event.part, ReasoningPart))
            case MessageShown(message=message) if message.role is Role.USER:
                for part in message.content:
                    self._line(click.style(f"you: {part_text(part_json(part))}", bold=True))
            case MessageShown(message=message):
                self._message(message.content)
            case ErrorShown(error=error):
                self._line(click.style(f"✗ {error.message}", fg="red"))
            case RetryShown(attempt=attempt, delay_ms=delay_ms):
                self._line(click.style(f"attempt {attempt} failed, next in {delay_ms / 1000:g} s", fg="yellow"))

    def show_all(self, batch: Iterable[ViewEvent]) -> bool:
        """Print a batch. Whether the chat has come to rest: it has answered, or failed, everything."""
        rested = False
        for event in batch:
            self.show(event)
            rested = rested or (isinstance(event, StatusShown) and event.status in _AT_REST)
        return rested

    def tell(self, text: str) -> None:
        """Print a line about the chat rather than from it."""
        if not self._quiet:
            self._line(click.style(text, bold=True))

    def _words(self, text: str, *, thought: bool) -> None:
        if thought is not self._thought and self._in_line:
            click.echo()
        self._thought = thought
        click.echo(click.style(text, fg="bright_black" if thought else None), nl=False)
        self._in_line = True
        self._streamed += text

    def _message(self, content: tuple[Part, ...]) -> None:
        """What a committed message holds beyond what was streamed already."""
        for part in content:
            match part:
                case ToolCallPart():
                    self._lines(call_lines(part))
                case ToolResultPart():
                    self._lines(result_lines(part))
                case TextPart(text=text) | ReasoningPart(text=text):
                    self._rest(text, thought=isinstance(part, ReasoningPart))
                case _:
                    self._line(part_text(part_json(part)))
        self._streamed = ""

    def _rest(self, text: str, *, thought: bool) -> None:
        """The end of a text whose beginning was streamed, or all of it if none was."""
        if self._streamed.startswith(text):
            self._streamed = self._streamed.removeprefix(text)
        elif text.startswith(self._streamed):
            self._words(text.removeprefix(self._streamed), thought=thought)
            self._streamed = ""

    def _lines(self, lines: Iterable[str]) -> None:
        for line in lines:
            self._line(line)

    def _line(self, text: str) -> None:
        if self._in_line:
            click.echo()
            self._in_line = False
        click.echo(text)
