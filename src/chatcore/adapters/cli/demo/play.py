"""Playing the demo: draw a project, let a chat repair it, stop it, kill its worker, and prove what came of it."""

import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Final

import anyio
import click

import chatcore
from chatcore.adapters.cli.demo import acts
from chatcore.adapters.cli.demo.acts import Seen
from chatcore.adapters.cli.demo.cast import Cast
from chatcore.adapters.cli.demo.mechanic import Mechanic
from chatcore.adapters.cli.demo.project import Project, draw_project
from chatcore.adapters.cli.demo.proof import Proof, digest, digest_elsewhere
from chatcore.adapters.cli.log_views import message_json, verify_all
from chatcore.adapters.cli.screen import Screen
from chatcore.app.transcripts import read_transcript
from chatcore.compose.scripted import ScriptedModel
from chatcore.ports.actor import SYSTEM

_WORD_S: Final = 0.02
"""Between two words of the model, so that one can follow and there is time to stop it."""


async def play(seed: int, folder: Path | None, *, botch: bool, quiet: bool) -> Proof:
    """Run the demo of a seed. Takes some fifteen seconds: words stream, and a lease has to run out."""
    folder = folder or Path(tempfile.mkdtemp(prefix="chatcore-demo-"))
    screen = Screen(quiet=quiet)
    tell = screen.tell
    project = await anyio.to_thread.run_sync(draw_project, folder / "project", seed)
    store = f"sqlite:///{folder / 'chats.db'}"
    tell(f"seed {seed}: a Python project with a bug in {folder / 'project'}; every fact goes to {store}")
    model = ScriptedModel(
        Cast(Mechanic(str(project.folder), sys.executable, botch=botch)), words_per_delta=1, delay_s=_WORD_S
    )
    async with chatcore.open(store, model=model, workspace=project.folder) as chats:
        tell("\nAct 1 and 2. A repair, and a follow-up that is sent while the chat is busy.")
        chat, followed = await acts.repair(chats, screen)
        tell("\nAct 3. A reply is interrupted half-way.")
        stopped = await acts.interrupted(chat, screen)
    tell("\nAct 4. A worker process is killed in mid-sentence.")
    taken_over = await acts.killed(store, screen)
    proof = await _prove(seed, project, store, chat.id, (followed, stopped, taken_over))
    _tell_proof(proof, tell)
    return proof


async def _prove(seed: int, project: Project, store: str, chat_id: str, seen: tuple[Seen, ...]) -> Proof:
    async with chatcore.open(store, worker=False) as chats:
        messages = await read_transcript(chats.store, chats.chat(chat_id, owner="you").id, actor=SYSTEM)
    here = digest([message_json(message) for message in messages])
    return Proof(
        seed=seed,
        project=project,
        store=store,
        chat_id=chat_id,
        tests_pass=await anyio.to_thread.run_sync(project.tests_pass),
        verified=await verify_all(store, show_progress=False),
        transcript_sha256=here,
        same_in_another_process=here == await anyio.to_thread.run_sync(digest_elsewhere, store, chat_id),
        seen=seen,
    )


def _tell_proof(proof: Proof, tell: Callable[[str], None]) -> None:
    drawn = proof.project
    tell(f"\nThe drawn bug: {drawn.function} in {drawn.module}.py ({drawn.bug}); {drawn.test} found it.")
    whole = f"the logs are whole: {proof.verified.events} events, heads and details are their folds"
    for holds, what in (
        (proof.tests_pass, "the project's own tests pass"),
        *((seen.holds, seen.act) for seen in proof.seen),
        (not proof.verified.faults, whole),
        (proof.same_in_another_process, "another process that opens the file shows the same transcript"),
    ):
        tell(click.style(f"  {'✓' if holds else '✗'} {what}", fg="green" if holds else "red"))
