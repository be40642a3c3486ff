"""`chatcore chat` as a person and as a program use it: on a pseudo-terminal and through pipes."""

import json
import os
import select
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import pytest
from click.testing import CliRunner

from chatcore.adapters.cli import main
from chatcore.domain.limits import USER_MESSAGE_BYTES_MAX
from chatcore.testing.typed_command import WAIT_S, TypedCommand, typed_command

CHATCORE: Final = str(Path(sys.executable).with_name("chatcore"))
EVERYWHERE: Final = pytest.mark.parametrize("terminal", [True, False], ids=["terminal", "pipes"])
GO_ON: Final = r"Go on with: chatcore chat (\S+) .*\n"

Told = dict[str, Any]


@contextmanager
def chatting(folder: Path, *arguments: str, terminal: bool = False) -> Iterator[TypedCommand]:
    """`chatcore chat` in a folder."""
    with typed_command([CHATCORE, "chat", *arguments], folder=folder, terminal=terminal) as chat:
        yield chat


def tried(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """`chatcore chat` in a folder, without input, run to its end."""
    command = [CHATCORE, "chat", *arguments]
    return subprocess.run(
        command, cwd=folder, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=WAIT_S, check=False
    )


def told(folder: Path, *arguments: str) -> Told:
    """The one JSON object that another command prints about the folder's store."""
    command = [*arguments, "--store", f"sqlite:///{folder}/chats.db", "--json"]
    answer: Told = json.loads(CliRunner().invoke(main, command, catch_exceptions=False).stdout)
    return answer


def the_chat(folder: Path) -> str:
    """The id of the one chat in the folder's store."""
    (chat_id,) = told(folder, "log", "export")
    return str(chat_id)


def said(folder: Path, chat_id: str) -> list[tuple[str, str, bool]]:
    """Who said what in a chat, and whether it was cut short."""
    return [
        (each["role"], "".join(part.get("text", "") for part in each["content"]), each["partial"])
        for each in told(folder, "log", "show", chat_id, "--as", "transcript")["transcript"]
    ]


def check_left_in_order(folder: Path, chat_id: str) -> None:
    """The chat rests, nobody holds it, and its log is whole."""
    state = told(folder, "state", chat_id)
    assert ("W", None) == (state["state"], state["runner_id"])
    assert told(folder, "log", "verify")["ok"]


@EVERYWHERE
def test_two_turns_are_talked_and_found_again(tmp_path: Path, terminal: bool) -> None:
    """What is said is answered, turn after turn; afterwards the store holds it, and how to go on is told."""
    with chatting(tmp_path, terminal=terminal) as chat:
        for words in ("hello there", "how are you"):
            chat.expect("\n> ")
            chat.type(words)
            chat.expect(f"You said: {words}\n● waiting")
        chat.expect("\n> ")
        chat.press_ctrl_d()
        assert (0, "") == (chat.end(), chat.errors)
        chat.expect(GO_ON)

    chat_id = the_chat(tmp_path)
    assert f"chatcore chat {chat_id} --store sqlite:///chats.db --workspace {tmp_path}" in chat.printed
    assert [
        ("user", "hello there", False),
        ("assistant", "You said: hello there", False),
        ("user", "how are you", False),
        ("assistant", "You said: how are you", False),
    ] == said(tmp_path, chat_id)
    check_left_in_order(tmp_path, chat_id)


@EVERYWHERE
def test_ctrl_c_stops_the_turn_and_keeps_what_was_said(tmp_path: Path, terminal: bool) -> None:
    """A reply streams while the turn runs; Ctrl-C cuts it short, everything shown is kept, and one talks on."""
    whole = " ".join(map(str, range(1, 10_000)))
    with chatting(tmp_path, terminal=terminal) as chat:
        chat.expect("\n> ")
        chat.type("count 9999")
        shown = chat.expect(r"\n1 2 3 4 5 6 ")
        chat_id = the_chat(tmp_path)
        running = told(tmp_path, "state", chat_id)
        chat.press_ctrl_c()
        shown += chat.expect("● waiting\n\n> ")
        chat.type("never mind")
        chat.expect("You said: never mind\n● waiting\n\n> ")
        chat.press_ctrl_d()
        assert chat.end() == 0

    assert "R0" == running["state"]
    asked, reply, *rest = said(tmp_path, chat_id)
    assert ("user", "count 9999", False) == asked
    assert ("assistant", True) == (reply[0], reply[2])
    assert whole.startswith(reply[1])
    assert reply[1].startswith("1 2 3 4 5 6 ")
    # A terminal forgets what was not read yet when Ctrl-C is typed.
    assert terminal or reply[1].split() == shown[shown.index("\n1 ") :].partition("●")[0].split()
    assert [("user", "never mind", False), ("assistant", "You said: never mind", False)] == rest
    check_left_in_order(tmp_path, chat_id)


@EVERYWHERE
@pytest.mark.parametrize("key", ["press_ctrl_c", "press_ctrl_d"])
def test_ctrl_c_and_ctrl_d_at_the_prompt_leave(tmp_path: Path, terminal: bool, key: str) -> None:
    """Before anything was said and after a turn: code 0, the process is gone, and nobody holds the chat."""
    with chatting(tmp_path, terminal=terminal) as chat:
        chat.expect("\n> ")
        getattr(chat, key)()
        assert chat.end() == 0
    assert "Go on with" not in chat.printed
    assert told(tmp_path, "log", "verify")["chats"] == 0

    with chatting(tmp_path, terminal=terminal) as chat:
        chat.expect("\n> ")
        chat.type("hello")
        chat.expect("● waiting\n\n> ")
        getattr(chat, key)()
        assert chat.end() == 0
        chat.expect(GO_ON)
    check_left_in_order(tmp_path, the_chat(tmp_path))


@pytest.mark.parametrize("leaving", [signal.SIGTERM, signal.SIGHUP])
def test_a_signal_to_end_leaves_in_mid_sentence(tmp_path: Path, leaving: signal.Signals) -> None:
    """A closed terminal or a SIGTERM: what was said is kept, and nobody holds the chat, so the next one goes on."""
    with chatting(tmp_path) as chat:
        chat.expect("\n> ")
        chat.type("count 9999")
        chat.expect("1 2 3 ")
        chat.process.send_signal(leaving)
        assert chat.end() == 0

    chat_id = the_chat(tmp_path)
    state = told(tmp_path, "state", chat_id)
    assert ("R0", "pending", None) == (state["state"], state["status"], state["runner_id"])
    assert ("assistant", True) == said(tmp_path, chat_id)[1][::2]


@pytest.fixture
def pipe(tmp_path: Path) -> Iterator[int]:
    """A named pipe `alive` in the folder: a process that holds it open is seen to end."""
    os.mkfifo(tmp_path / "alive")
    descriptor = os.open(tmp_path / "alive", os.O_RDONLY | os.O_NONBLOCK)
    yield descriptor
    os.close(descriptor)


def read(pipe: int) -> bytes:
    """What a process writes into the pipe; nothing once every process that held it open is gone."""
    readable, _, _ = select.select([pipe], [], [], WAIT_S)
    assert readable, "a process lives on, or was never started"
    return os.read(pipe, 100)


def test_ctrl_c_stops_a_tool_and_its_process(tmp_path: Path, pipe: int) -> None:
    """The command that the model had started is gone while the chat goes on, and the call has its result."""
    with chatting(tmp_path, terminal=True) as chat:
        chat.expect("\n> ")
        chat.type("run exec 9>alive; echo up >&9; sleep 600")
        assert read(pipe) == b"up\n"
        chat.press_ctrl_c()
        chat.expect("✗ .*interrupted.*\n● waiting\n\n> ")
        assert read(pipe) == b""
        chat.press_ctrl_c()
        assert chat.end() == 0

    check_left_in_order(tmp_path, the_chat(tmp_path))


def test_no_process_outlives_the_chat(tmp_path: Path, pipe: int) -> None:
    """What a tool left in the background ends with the command."""
    with chatting(tmp_path, terminal=True) as chat:
        chat.expect("\n> ")
        chat.type("run exec 9>alive; echo up >&9; sleep 600 >&9 2>&9 &")
        assert read(pipe) == b"up\n"
        chat.expect("● waiting\n\n> ")
        chat.press_ctrl_d()
        assert chat.end() == 0
        assert read(pipe) == b""


def test_one_goes_on_with_a_chat(tmp_path: Path) -> None:
    """The newest messages are shown first, and what is said next is said in the same chat."""
    with chatting(tmp_path, "--owner", "ada") as chat:
        chat.type("hello")
        chat.press_ctrl_d()
        assert chat.end() == 0
    chat_id = the_chat(tmp_path)

    with chatting(tmp_path, chat_id, "--owner", "ada") as chat:
        chat.expect("you: hello\nYou said: hello\n+> ")
        chat.type("again")
        chat.expect("You said: again\n● waiting")
        chat.press_ctrl_d()
        assert chat.end() == 0

    assert "--owner ada" in chat.printed
    assert ["hello", "You said: hello", "again", "You said: again"] == [each[1] for each in said(tmp_path, chat_id)]


def test_ctrl_c_twice_leaves_a_turn_that_does_not_stop(tmp_path: Path) -> None:
    """The chat is held by a process that was killed; nobody can stop its turn yet, and one is not kept waiting."""
    with chatting(tmp_path) as chat:
        chat.expect("\n> ")
        chat.type("count 9999")
        chat.expect("1 2 3 ")
        chat.process.kill()
        chat.end()
    chat_id = the_chat(tmp_path)

    with chatting(tmp_path, chat_id, terminal=True) as chat:
        chat.expect("you: count 9999\n")
        chat.press_ctrl_c()
        chat.expect("Ctrl-C again leaves")
        chat.press_ctrl_c()
        assert chat.end() == 0
        chat.expect(GO_ON)

    assert told(tmp_path, "log", "verify")["ok"]


def test_json_is_one_object_a_line(tmp_path: Path) -> None:
    """The chat's id comes first, then every event; the pieces of a reply are told before the message they make."""
    words = " ".join(f"word{number}" for number in range(30))
    with chatting(tmp_path, "--json") as chat:
        chat.type(words)
        chat.expect('"waiting"')
        chat.type("run echo hi")
        chat.expect('"waiting"')
        chat.press_ctrl_d()
        assert (0, "") == (chat.end(), chat.errors)

    first, *events = [json.loads(line) for line in chat.printed.splitlines()]
    assert {"type": "chat", "chat_id": the_chat(tmp_path)} == first
    kinds = [event["type"] for event in events]
    answer = next(event["message"] for event in events if event.get("message", {}).get("role") == "assistant")
    parts = events[kinds.index("message_part") : events.index({"type": "message", "message": answer})]
    assert len(parts) > 1
    assert f"You said: {words}" == "".join(part["part"]["text"] for part in parts) == answer["content"][0]["text"]
    assert ["running", "waiting", "running", "waiting"] == [e["status"] for e in events if e["type"] == "status"]
    results = [event["message"] for event in events if event.get("message", {}).get("role") == "tool"]
    assert ["hi\n"] == [part["result"]["output"] for result in results for part in result["content"]]


def test_json_of_a_chat_that_is_gone_on_with(tmp_path: Path) -> None:
    """Its id, its status and its messages are told before anything is said."""
    with chatting(tmp_path, "--json") as chat:
        chat.type("hello")
        chat.press_ctrl_d()
        assert chat.end() == 0
    chat_id = the_chat(tmp_path)

    with chatting(tmp_path, chat_id, "--json") as chat:
        chat.press_ctrl_d()
        assert chat.end() == 0

    first, status, *events = [json.loads(line) for line in chat.printed.splitlines()]
    assert {"type": "chat", "chat_id": chat_id} == first
    assert {"type": "status", "status": "waiting"} == status
    assert ["user", "assistant"] == [event["message"]["role"] for event in events if event["type"] == "message"]


def test_what_comes_through_a_pipe_or_a_file_is_said_line_by_line(tmp_path: Path) -> None:
    """Empty lines are passed over, bytes that are no UTF-8 replaced, and the last line needs no end."""
    (tmp_path / "words").write_bytes(b"\n  \none\n\xff two\r\n\nthree")
    with (tmp_path / "words").open("rb") as words:
        done = subprocess.run([CHATCORE, "chat"], cwd=tmp_path, stdin=words, capture_output=True, timeout=WAIT_S)

    assert (0, b"") == (done.returncode, done.stderr)
    answers = [text for role, text, _ in said(tmp_path, the_chat(tmp_path)) if role == "assistant"]
    assert ["You said: one", "You said: � two", "You said: three"] == answers


def test_a_closed_input_is_an_ended_one(tmp_path: Path) -> None:
    """Without a standard input there is nothing to say."""
    done = tried(tmp_path)
    closed = subprocess.run(
        ["/bin/sh", "-c", 'exec "$0" chat <&-', CHATCORE], cwd=tmp_path, capture_output=True, timeout=WAIT_S
    )

    assert (0, "") == (done.returncode, done.stderr)
    assert (0, b"") == (closed.returncode, closed.stderr)


def test_a_line_without_end_is_refused(tmp_path: Path) -> None:
    """What is longer than a message may be ends the command, clearly, before memory is full."""
    endless = b"x" * (USER_MESSAGE_BYTES_MAX + 200_000)
    done = subprocess.run([CHATCORE, "chat"], cwd=tmp_path, input=endless, capture_output=True, timeout=WAIT_S)

    assert (2, True) == (done.returncode, b"send it in pieces" in done.stderr)


def test_a_reader_that_goes_away_ends_it(tmp_path: Path) -> None:
    """As `head` does it: no traceback, and nobody holds the chat."""
    command = f"printf 'count 9999\\n' | '{CHATCORE}' chat --json | head -n 1"
    done = subprocess.run(["/bin/sh", "-c", command], cwd=tmp_path, capture_output=True, timeout=WAIT_S)

    assert (b"", [b'{"type": "chat"']) == (done.stderr, [line[:15] for line in done.stdout.splitlines()])
    assert told(tmp_path, "state", the_chat(tmp_path))["runner_id"] is None


@pytest.fixture(scope="module")
def empty_store(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """The file of a store without chats."""
    folder = tmp_path_factory.mktemp("empty")
    assert tried(folder).returncode == 0
    return (folder / "chats.db").read_bytes()


@pytest.mark.parametrize(
    ("arguments", "wrong"),
    [
        (["--workspace", "nowhere"], "'nowhere' does not exist"),
        (["--workspace", "text"], "'text' is a file"),
        (["--store", "sqlite:///text"], "text is no SQLite database"),
        (["--store", "sqlite:///text", "--json"], "text is no SQLite database"),
        (["--store", "sqlite:///nowhere/chats.db"], "the directory nowhere does not exist"),
        (["--store", "elsewhere"], "no store is called 'elsewhere'"),
        (["some-chat"], "there is no file chats.db"),
        (["some-chat", "--store", "sqlite:///kept.db"], "there is no chat some-chat"),
        (["some-chat", "--store", "memory://"], "holds nothing"),
        (["one", "two"], "unexpected extra argument"),
    ],
)
def test_bad_input_is_told_clearly(tmp_path: Path, empty_store: bytes, arguments: list[str], wrong: str) -> None:
    """Code 2 and one message that names what is wrong; nothing is printed, made or touched."""
    (tmp_path / "text").write_text("not a database")
    (tmp_path / "kept.db").write_bytes(empty_store)

    done = tried(tmp_path, *arguments)

    assert (2, "") == (done.returncode, done.stdout)
    assert wrong in done.stderr
    assert "Traceback" not in done.stderr
    assert {"kept.db": empty_store, "text": b"not a database"} == {
        path.name: path.read_bytes() for path in tmp_path.iterdir()
    }


def test_another_owners_chat_is_no_chat(tmp_path: Path) -> None:
    """A wrong owner and a missing chat are the same answer."""
    with chatting(tmp_path, "--owner", "ada") as chat:
        chat.type("hello")
        chat.press_ctrl_d()
        assert chat.end() == 0
    done = tried(tmp_path, the_chat(tmp_path), "--owner", "bob")

    assert (2, True) == (done.returncode, "there is no chat" in done.stderr)
