"""Playing the demo: draw a project, let a chat repair it, stop it, kill its worker, and prove what came of it."""

import shlex
import sys
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final

import anyio
import click
from attrs import frozen

import chatcore
from chatcore.adapters.cli.demo import acts
from chatcore.adapters.cli.demo.acts import Seen
from chatcore.adapters.cli.demo.cast import Cast
from chatcore.adapters.cli.demo.mechanic import Mechanic
from chatcore.adapters.cli.demo.project import Project, draw_project
from chatcore.adapters.cli.demo.proof import Proof, digest, digest_elsewhere
from chatcore.adapters.cli.log_views import message_json, verify_all
from chatcore.adapters.cli.screen import Screen
from chatcore.app.models import ModelSetup
from chatcore.app.transcripts import read_transcript
from chatcore.compose.models import ready_model
from chatcore.compose.scripted import ScriptedModel
from chatcore.ports.actor import SYSTEM

_EXPLAINED: Final = "should have said"
"""Words of the scripted model when it is asked what was wrong."""
_SCRIPTED_ONLY: Final = (acts.INTERRUPTED, acts.KILLED)
_TOLD_FIRST: Final = (
    "You repair a small Python project in the folder {folder} with the tools you have. Its tests run with: "
    "{python} -m unittest discover -s {quoted}. Change what is wrong, never the tests, and as little as it takes."
)
_WORD_S: Final = 0.02
"""Between two words of the model, so that one can follow and there is time to stop it."""


@frozen(kw_only=True)
class Played:
    """What the demo is asked to play."""

    seed: int
    folder: Path | None = None
    """Where it works; None is a new temporary folder."""
    botch: bool = False
    """Whether the scripted model breaks the function instead of repairing it."""
    model: str | None = None
    """`provider/name`; None is the scripted one."""
    base_url: str | None = None
    quiet: bool = False


async def play(played: Played) -> Proof:
    """Run the demo. With the scripted model it takes some fifteen seconds: words stream, and a lease has to run out.

    Raises: BadModelName, UnknownModelName, ModelNotReady.
    """
    screen = Screen(quiet=played.quiet)
    if played.model is None:
        proof = await _play_scripted(played, screen)
    else:
        async with ready_model(played.model, base_url=played.base_url) as models:
            proof = await _play_real(played, screen, models)
    _tell_proof(proof, screen.tell)
    return proof


async def _play_scripted(played: Played, screen: Screen) -> Proof:
    project, store = await _drawn(played, screen)
    script = Cast(Mechanic(str(project.folder), sys.executable, botch=played.botch))
    model = ScriptedModel(script, words_per_delta=1, delay_s=_WORD_S)
    async with chatcore.open(store, model=model, workspace=project.folder) as chats:
        screen.tell("\nAct 1 and 2. A repair, and a follow-up that is sent while the chat is busy.")
        chat, followed = await acts.repair(chats, screen, expected=_EXPLAINED)
        screen.tell("\nAct 3. A reply is interrupted half-way.")
        stopped = await acts.interrupted(chat, screen)
    screen.tell("\nAct 4. A worker process is killed in mid-sentence.")
    taken_over = await acts.killed(store, screen)
    return await _prove(played, project, store, chat.id, (followed, stopped, taken_over))


async def _play_real(played: Played, screen: Screen, models: Mapping[str, ModelSetup]) -> Proof:
    project, store = await _drawn(played, screen)
    told_first = _TOLD_FIRST.format(
        folder=project.folder, python=shlex.quote(sys.executable), quoted=shlex.quote(str(project.folder))
    )
    async with chatcore.open(store, models=models, workspace=project.folder) as chats:
        screen.tell(f"\nAct 1 and 2. {played.model} repairs it; a follow-up is sent while the chat is busy.")
        chat, followed = await acts.repair(chats, screen, told_first=(told_first,))
    for act in _SCRIPTED_ONLY:
        screen.tell(f"\nLeft out: {act}; it needs the scripted model, whose words are known.")
    return await _prove(played, project, store, chat.id, (followed,), left_out=_SCRIPTED_ONLY)


async def _drawn(played: Played, screen: Screen) -> tuple[Project, str]:
    folder = played.folder or Path(tempfile.mkdtemp(prefix="chatcore-demo-"))
    project = await anyio.to_thread.run_sync(draw_project, folder / "project", played.seed)
    store = f"sqlite:///{folder / 'chats.db'}"
    screen.tell(f"seed {played.seed}: a Python project with a bug in {project.folder}; every fact goes to {store}")
    return project, store


async def _prove(
    played: Played,
    project: Project,
    store: str,
    chat_id: str,
    seen: tuple[Seen, ...],
    *,
    left_out: tuple[str, ...] = (),
) -> Proof:
    async with chatcore.open(store, worker=False) as chats:
        messages = await read_transcript(chats.store, chats.chat(chat_id, owner="you").id, actor=SYSTEM)
    here = digest([message_json(message) for message in messages])
    return Proof(
        seed=played.seed,
        project=project,
        store=store,
        chat_id=chat_id,
        tests_pass=await anyio.to_thread.run_sync(project.tests_pass),
        verified=await verify_all(store, show_progress=False),
        transcript_sha256=here,
        same_in_another_process=here == await anyio.to_thread.run_sync(digest_elsewhere, store, chat_id),
        seen=seen,
        model=played.model,
        left_out=left_out,
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
