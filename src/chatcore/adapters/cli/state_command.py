"""`chatcore state`: what a chat is in, and what may be asked of it."""

import json

import click

from chatcore.adapters.cli.options import AS_JSON, STORE
from chatcore.adapters.cli.running import run
from chatcore.domain.json_text import JsonValue


@click.command()
@click.argument("chat_id")
@STORE
@AS_JSON
def state(chat_id: str, url: str, as_json: bool) -> None:
    """Print a chat's execution state, its head in short, and the commands that are allowed."""
    told = run(lambda: _read(url, chat_id))
    if as_json:
        click.echo(json.dumps(told, ensure_ascii=False))
        return
    width = max(map(len, told))
    for name, value in told.items():
        shown = ", ".join(map(str, value)) if isinstance(value, list) else value
        click.echo(f"{name:<{width}}  {'-' if shown in (None, '') else shown}")


async def _read(url: str, chat_id: str) -> dict[str, JsonValue]:
    from chatcore.adapters.cli.log_views import existing_store
    from chatcore.domain.chat.states import client_status, execution_state
    from chatcore.domain.chat.transitions import allowed_commands
    from chatcore.domain.ids import ChatId
    from chatcore.ports.actor import SYSTEM

    async with existing_store(url) as store:
        head = await store.head(ChatId(chat_id), actor=SYSTEM)
    current = execution_state(head)
    return {
        "chat_id": chat_id,
        "state": str(current),
        "status": str(client_status(head)),
        "seq": head.seq,
        "runner_id": head.runner_id,
        "queued": len(head.queue),
        "pending_calls": [call.tool_name for call in head.pending],
        "last_error": None if head.last_error is None else head.last_error.message,
        "allowed": sorted(map(str, allowed_commands(current))),
    }
