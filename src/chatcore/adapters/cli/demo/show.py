"""Showing a chat on a terminal while it happens, so that one can follow by eye."""

import click

from chatcore.adapters.cli.telling import part_text
from chatcore.domain.content.messages import Role
from chatcore.domain.content.parts import Part, ReasoningPart, TextPart, ToolCallPart, ToolResultPart
from chatcore.domain.content.parts_json import part_json
from chatcore.domain.live.view_events import ErrorShown, MessageShown, PartShown, RetryShown, StatusShown, ViewEvent


class Screen:
    """Prints view events. Parts are printed as they come, and the message that holds them is then not repeated."""

    def __init__(self, *, quiet: bool) -> None:
        self._quiet = quiet
        self._streaming = False
        self._streamed = False

    def show(self, event: ViewEvent) -> None:
        """Print one event."""
        if self._quiet:
            return
        match event:
            case StatusShown(status=status):
                self._line(click.style(f"● {status}", fg="yellow"))
            case PartShown(role=Role.ASSISTANT, part=TextPart(text=text) | ReasoningPart(text=text)):
                click.echo(text, nl=False)
                self._streaming = self._streamed = True
            case PartShown(part=part):
                self._call(part)
            case MessageShown(message=message) if message.role is Role.USER:
                for part in message.content:
                    self._line(click.style(f"you: {part_text(part_json(part))}", bold=True))
            case MessageShown(message=message):
                self._message(message.content)
            case ErrorShown(error=error):
                self._line(click.style(f"✗ {error.message}", fg="red"))
            case RetryShown(attempt=attempt, delay_ms=delay_ms):
                self._line(click.style(f"attempt {attempt} failed, next in {delay_ms / 1000:g} s", fg="yellow"))

    def _message(self, content: tuple[Part, ...]) -> None:
        """What a committed message holds beyond what was streamed already."""
        for part in content:
            if isinstance(part, ToolResultPart | ToolCallPart):
                self._line(click.style(part_text(part_json(part)), fg=_colour(part)))
            elif not self._streamed:
                self._line(part_text(part_json(part)))
        self._streamed = False

    def _call(self, part: Part) -> None:
        if isinstance(part, TextPart | ReasoningPart):
            click.echo(part.text, nl=False)

    def _line(self, text: str) -> None:
        if self._streaming:
            click.echo()
            self._streaming = False
        click.echo(text)


def _colour(part: ToolCallPart | ToolResultPart) -> str:
    if isinstance(part, ToolCallPart):
        return "cyan"
    return "red" if part.is_error else "green"
