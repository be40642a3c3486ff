"""Playing the demo: draw a project, let a chat repair it, prove what came of it."""

import sys
import tempfile
from pathlib import Path

import anyio
import click

import chatcore
from chatcore.adapters.cli.demo.mechanic import Mechanic
from chatcore.adapters.cli.demo.project import Project, draw_project
from chatcore.adapters.cli.demo.proof import Proof, digest, digest_elsewhere
from chatcore.adapters.cli.log_views import message_json, verify_all
from chatcore.adapters.cli.screen import Screen
from chatcore.app.transcripts import read_transcript
from chatcore.compose.scripted import ScriptedModel
from chatcore.ports.actor import SYSTEM

_REQUEST = "A test of this project fails. Please find out why and repair it, then show me that all tests pass."


async def play(seed: int, folder: Path | None, *, botch: bool, quiet: bool) -> Proof:
    """Run the demo of a seed. Takes a few seconds: the model's words stream with small pauses."""
    folder = folder or Path(tempfile.mkdtemp(prefix="chatcore-demo-"))
    project = await anyio.to_thread.run_sync(draw_project, folder / "project", seed)
    store = f"sqlite:///{folder / 'chats.db'}"
    if not quiet:
        click.echo(f"seed {seed}: a Python project with a bug in {folder / 'project'}; every fact goes to {store}\n")
    chat_id = await _chat(project, store, botch=botch, quiet=quiet)
    return await _prove(seed, project, store, chat_id, quiet=quiet)


async def _chat(project: Project, store: str, *, botch: bool, quiet: bool) -> str:
    script = Mechanic(str(project.folder), sys.executable, botch=botch)
    model = ScriptedModel(script, delay_s=0.0 if quiet else 0.02)
    screen = Screen(quiet=quiet)
    async with chatcore.open(store, model=model, workspace=project.folder) as chats:
        chat = await chats.create(_REQUEST, owner="you")
        async with chats.watching.watch_batches(chat.id, actor=chat.actor) as batches:
            async for batch in batches:
                if screen.show_all(batch):
                    break
    return chat.id


async def _prove(seed: int, project: Project, store: str, chat_id: str, *, quiet: bool) -> Proof:
    async with chatcore.open(store, worker=False) as chats:
        messages = await read_transcript(chats.store, chats.chat(chat_id, owner="you").id, actor=SYSTEM)
    here = digest([message_json(message) for message in messages])
    proof = Proof(
        seed=seed,
        project=project,
        store=store,
        chat_id=chat_id,
        tests_pass=await anyio.to_thread.run_sync(project.tests_pass),
        verified=await verify_all(store, show_progress=False),
        transcript_sha256=here,
        same_in_another_process=here == await anyio.to_thread.run_sync(digest_elsewhere, store, chat_id),
    )
    if not quiet:
        _tell(proof)
    return proof


def _tell(proof: Proof) -> None:
    drawn = proof.project
    click.echo(f"\nThe drawn bug: {drawn.function} in {drawn.module}.py ({drawn.bug}); {drawn.test} found it.")
    for holds, what in (
        (proof.tests_pass, "the project's own tests pass"),
        (not proof.verified.faults, f"the log is whole: {proof.verified.events} events, head and details are its fold"),
        (proof.same_in_another_process, "another process that opens the file shows the same transcript"),
    ):
        click.echo(click.style(f"  {'✓' if holds else '✗'} {what}", fg="green" if holds else "red"))
