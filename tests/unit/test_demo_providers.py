"""`chatcore demo --model` and `chatcore chat --model`: real clients and adapters, and a provider on loopback."""

import json
import shutil
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any, Final

import pytest
from anyio.from_thread import start_blocking_portal
from click.testing import CliRunner, Result

from chatcore.adapters.cli import main
from chatcore.adapters.cli.demo.cast import Cast
from chatcore.adapters.cli.demo.mechanic import Mechanic
from chatcore.adapters.scripted import Script
from chatcore.domain.content.messages import Role
from chatcore.domain.content.prompt import PromptText
from chatcore.ports.model import ModelRequest
from chatcore.testing import Call, Fail, last_user_text, latest_results
from chatcore.testing.loopback import serve_script
from chatcore.testing.recordings import RecordingServer
from chatcore.testing.typed_command import typed_command

pytest.importorskip("anthropic", reason="needs the extra `anthropic`")
pytest.importorskip("openai", reason="needs the extra `openai`")

ROOT: Final = Path(__file__).resolve().parents[2]
CHATCORE: Final = str(Path(sys.executable).with_name("chatcore"))

APIS: Final = {
    "anthropic/claude-sonnet-4-5": ("", "/v1/messages"),
    "openai/gpt-5-mini": ("/v1", "/v1/responses"),
    "my-server/llama": ("/v1", "/v1/chat/completions"),
}
"""A model of each API, where its base URL ends, and what is then asked for."""
each_api = pytest.mark.parametrize(("model", "base", "path"), [(name, *rest) for name, rest in APIS.items()])


@contextmanager
def provider(script: Script) -> Iterator[RecordingServer]:
    """A provider on loopback, served from another thread."""

    @asynccontextmanager
    async def serve() -> AsyncIterator[RecordingServer]:
        async with serve_script(script) as server:
            yield server

    with start_blocking_portal() as portal, portal.wrap_async_context_manager(serve()) as server:
        yield server


@pytest.fixture(autouse=True)
def _no_keys(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("ANTHROPIC_API_KEY", "OPENAI_API_KEY"):
        monkeypatch.delenv(name, raising=False)


def demo(*arguments: str) -> Result:
    """`chatcore demo`, run to its end."""
    return CliRunner().invoke(main, ["demo", *arguments], catch_exceptions=False)


def mechanic(folder: Path, *, botch: bool = False) -> Cast:
    """Who repairs the project of a demo in this folder."""
    return Cast(Mechanic(str(folder / "project"), sys.executable, botch=botch))


@each_api
def test_a_model_of_each_api_repairs_the_project(tmp_path: Path, model: str, base: str, path: str) -> None:
    """The whole loop goes over the wire: run, read, edit, run again; and a follow-up."""
    with provider(mechanic(tmp_path)) as server:
        done = demo("--model", model, "--base-url", server.url + base, "--dir", str(tmp_path), "--json")
    proof: dict[str, Any] = json.loads(done.stdout)

    assert (0, True, True) == (done.exit_code, proof["ok"], proof["tests_pass"])
    assert model == proof["model"]
    assert "should have said" in proof["acts"][0]["answer"]
    assert 2 == len(proof["left_out"])
    assert {path} == {request.path for request in server.requests}
    assert {model.partition("/")[2]} == {json.loads(request.body)["model"] for request in server.requests}


def test_a_model_that_claims_too_much_fails_the_demo(tmp_path: Path) -> None:
    """What a real model says of its work proves nothing."""
    with provider(mechanic(tmp_path, botch=True)) as server:
        done = demo("--model", "anthropic/x", "--base-url", server.url, "--dir", str(tmp_path), "--json")

    assert (1, False) == (done.exit_code, json.loads(done.stdout)["tests_pass"])


def test_the_acts_that_are_left_out_are_told(tmp_path: Path) -> None:
    """A person reads why there are fewer."""
    with provider(mechanic(tmp_path)) as server:
        done = demo("--model", "anthropic/x", "--base-url", server.url, "--dir", str(tmp_path))

    assert 0 == done.exit_code
    assert 2 == done.stdout.count("Left out: ")


def test_a_provider_that_refuses_fails_the_demo(tmp_path: Path) -> None:
    """Code 1, and no traceback: the chat failed in order, and what to do is said."""
    with provider(lambda _: [Fail("this key is not welcome", status=401)]) as server:
        done = demo("--model", "anthropic/x", "--base-url", server.url, "--dir", str(tmp_path), "--json")
    proof = json.loads(done.stdout)

    assert (1, True) == (done.exit_code, proof["log"]["ok"])
    assert "check the API key" in proof["acts"][0]["error"]


@pytest.mark.parametrize(
    ("arguments", "missing"),
    [
        (["--model", "anthropic/claude-sonnet-4-5"], "ANTHROPIC_API_KEY"),
        (["--model", "openai/gpt-5"], "OPENAI_API_KEY"),
        (["--model", "azure/gpt-5"], "address"),
        (["--model", "nobody/x"], "known are anthropic"),
        (["--model", "claude"], "provider/model"),
        (["--base-url", "http://127.0.0.1:1"], "--model"),
    ],
)
@pytest.mark.parametrize("command", ["demo", "chat"])
def test_what_is_missing_is_said(tmp_path: Path, command: str, arguments: list[str], missing: str) -> None:
    """Code 2 and one sentence; nothing was asked, and no file was made."""
    folder = ["--dir", str(tmp_path)] if command == "demo" else ["--store", f"sqlite:///{tmp_path}/chats.db"]
    done = CliRunner().invoke(main, [command, *folder, *arguments])

    assert 2 == done.exit_code
    assert missing in done.stderr
    assert "Traceback" not in done.output
    assert [] == list(tmp_path.iterdir())


def test_only_the_scripted_model_makes_mistakes_on_purpose() -> None:
    """Code 2: a real one makes its own."""
    done = demo("--model", "anthropic/x", "--plant-wrong-edit")

    assert 2 == done.exit_code
    assert "scripted" in done.stderr


def test_make_passes_the_model_on() -> None:
    """`make demo MODEL=… BASE_URL=…` is the same command, and without them the scripted one."""
    make = shutil.which("make")
    if make is None or not (ROOT / "Makefile").exists():
        pytest.skip("needs make and the Makefile")

    def planned(*arguments: str) -> str:
        command = [make, "--dry-run", "-o", ".venv/.ready", "demo", *arguments]
        return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout

    assert "demo --model 'openai/gpt-5' --base-url 'http://x/v1'" in planned(
        "MODEL=openai/gpt-5", "BASE_URL=http://x/v1"
    )
    assert "--model" not in planned("MODEL=", "BASE_URL=")


def lister(request: ModelRequest) -> Iterator[Call | str]:
    """Looks into its folder, and says what it was told of it."""
    if latest_results(request):
        told = [part.text for message in request.messages for part in message.content if isinstance(part, PromptText)]
        assert request.messages[0].role is Role.SYSTEM
        yield f"I was told: {told[0]}"
    else:
        yield Call("execute", {"command": f"echo {last_user_text(request)} > heard.txt"})


@each_api
def test_one_talks_with_a_model_of_each_api(tmp_path: Path, model: str, base: str, path: str) -> None:
    """`chatcore chat` with a model: it works in the folder, and how to go on with the same model is told."""
    with provider(lister) as server:
        url = server.url + base
        command = [CHATCORE, "chat", "--model", model, "--base-url", url]
        with typed_command(command, folder=tmp_path, terminal=False) as chat:
            chat.expect("answers")
            chat.expect("\n> ")
            chat.type("hello")
            chat.expect(f"I was told: You work in the folder {tmp_path}")
            chat.expect("\n> ")
            chat.press_ctrl_d()
            chat.expect(f"Go on with: .*--model {model} --base-url {url}")

    assert "hello" == (tmp_path / "heard.txt").read_text().strip()
    assert {path} == {request.path for request in server.requests}
