"""`chatcore log`: look into the logs of a store, and prove them."""

import json
import sys

import click

from chatcore.adapters.cli.running import run
from chatcore.domain.json_text import JsonValue

_STORE = click.option("--store", "url", default="sqlite:///chats.db", show_default=True, help="URL of the store.")
_JSON = click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")


@click.group()
def log() -> None:
    """Look into the logs of a store, and prove them."""


@log.command()
@click.argument("chat_id")
@_STORE
@click.option("--as", "form", type=click.Choice(["events", "transcript"]), default="events", show_default=True)
@_JSON
def show(chat_id: str, url: str, form: str, as_json: bool) -> None:
    """Print the events of a chat, or its transcript as readers see it."""
    from chatcore.adapters.cli.log_views import read_events, read_transcript_json
    from chatcore.adapters.cli.telling import event_line, message_line

    if form == "events":
        events = run(lambda: read_events(url, chat_id))
        shown: list[JsonValue] = [*events]
        lines = [event_line(event) for event in events]
    else:
        messages = run(lambda: read_transcript_json(url, chat_id))
        shown = [*messages]
        lines = [message_line(message) for message in messages]
    if as_json:
        click.echo(json.dumps({"chat_id": chat_id, form: shown}, ensure_ascii=False))
    else:
        click.echo("\n".join(lines))


@log.command()
@_STORE
@_JSON
def verify(url: str, as_json: bool) -> None:
    """Prove every log whole and everything stored beside it its fold. Ends with code 1 at a fault."""
    from chatcore.adapters.cli.log_views import verify_all

    report = run(lambda: verify_all(url, show_progress=not as_json and sys.stderr.isatty()))
    if as_json:
        click.echo(json.dumps(report.to_json(), ensure_ascii=False))
    else:
        for chat_id, fault in report.faults:
            click.echo(f"chat {chat_id} at seq {fault.seq}: {fault.why}", err=True)
        verdict = f"{len(report.faults)} faults" if report.faults else "all of them whole"
        click.echo(f"{report.chats} chats, {report.events} events: {verdict}")
    if report.faults:
        sys.exit(1)
