"""`chatcore chat`: talk to a model in a workspace folder."""

from pathlib import Path

import click

from chatcore.adapters.cli.options import BASE_URL, MODEL, STORE, check_base_url
from chatcore.adapters.cli.running import run


@click.command()
@click.argument("chat_id", required=False)
@STORE
@click.option(
    "--workspace",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    default=".",
    show_default=True,
    help="The folder that tools work in. Nothing is confined: they may do what you may.",
)
@MODEL
@BASE_URL
@click.option("--owner", default="you", show_default=True, help="Whose chats these are.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object a line: the chat, then every event.")
def chat(
    chat_id: str | None,
    url: str,
    workspace: Path,
    model: str | None,
    base_url: str | None,
    owner: str,
    as_json: bool,
) -> None:
    """Talk in a new chat, or go on with CHAT_ID. Ctrl-C stops the turn; between turns, or twice, it leaves, as Ctrl-D.

    Without --model a small scripted one answers: `run COMMAND`, `read FILE`, `list`, `count NUMBER`, or anything else,
    which it repeats.
    """
    from chatcore.adapters.cli.chat_session import Wanted, talk

    check_base_url(model, base_url)
    wanted = Wanted(
        chat_id=chat_id,
        url=url,
        workspace=workspace.resolve(),
        owner=owner,
        as_json=as_json,
        model=model,
        base_url=base_url,
    )
    run(lambda: talk(wanted))
