"""`chatcore log`: look into the logs of a store, and prove them."""

import json
import sys

import click

from chatcore.adapters.cli.options import AS_JSON, STORE
from chatcore.adapters.cli.running import run
from chatcore.domain.json_text import JsonValue


@click.group()
def log() -> None:
    """Look into the logs of a store, and prove them."""


@log.command()
@click.argument("chat_id")
@STORE
@click.option("--as", "form", type=click.Choice(["events", "transcript"]), default="events", show_default=True)
@AS_JSON
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
@STORE
@AS_JSON
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


@log.command()
@click.argument("chat_id")
@STORE
@click.option("--after", type=click.IntRange(min=0), default=0, show_default=True, help="Begin behind this event.")
@AS_JSON
def tail(chat_id: str, url: str, after: int, as_json: bool) -> None:
    """Print the events of a chat as they are appended, by whichever process, until Ctrl-C; with --json one a line."""
    from chatcore.adapters.cli.log_views import follow_events
    from chatcore.adapters.cli.telling import event_line

    def show(event: dict[str, JsonValue]) -> None:
        click.echo(json.dumps(event, ensure_ascii=False) if as_json else event_line(event))

    try:
        run(lambda: follow_events(url, chat_id, after, show))
    except KeyboardInterrupt:
        click.echo(err=True)


@log.command()
@click.argument("chat_ids", nargs=-1)
@STORE
@AS_JSON
def export(chat_ids: tuple[str, ...], url: str, as_json: bool) -> None:
    """Print every event of the named chats, or of all, with its envelope: one JSON object a line.

    With --json it is one object instead, from chat id to events.
    """
    from chatcore.adapters.cli.log_views import export_events

    exported: dict[str, list[JsonValue]] = {}

    def take(event: dict[str, JsonValue]) -> None:
        if as_json:
            exported.setdefault(str(event["chat_id"]), []).append(event)
        else:
            click.echo(json.dumps(event, ensure_ascii=False))

    run(lambda: export_events(url, chat_ids, take))
    if as_json:
        click.echo(json.dumps(exported, ensure_ascii=False))
