"""The pure rules of `execute` and the process tools (chat-core 10.1, 10.3)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatcore.domain.ids import ChatId
from chatcore.domain.workspace.duration import parse_duration
from chatcore.domain.workspace.execute import ExecuteCall, ExecutePlan, plan_execute, without_trailing_ampersand
from chatcore.domain.workspace.execute_result import (
    ProcessList,
    SignalResult,
    cut_utf8,
    exited,
    failed,
    in_background,
    process_snapshot,
    timed_out,
)
from chatcore.domain.workspace.output_buffer import Truncation
from chatcore.domain.workspace.process import ProcessInfo, ProcessOutput
from chatcore.domain.workspace.refusal import Refusal

CHAT = ChatId("aaaaaaaa-0000-4000-8000-000000000001")


def plan(command: str, *, timeout: str | None = None, run_in_background: bool = False) -> ExecutePlan:
    """The plan of a call that is in order."""
    planned = plan_execute(ExecuteCall(command=command, timeout=timeout, run_in_background=run_in_background))
    assert isinstance(planned, ExecutePlan)
    return planned


def refused(command: str, timeout: str | None = None) -> str:
    """The code of a refusal."""
    planned = plan_execute(ExecuteCall(command=command, timeout=timeout))
    assert isinstance(planned, Refusal)
    return planned.code


@pytest.mark.spec("10.1")
@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("30s", 30),
        ("5m", 300),
        ("1h30m", 5400),
        ("1.5s", 1.5),
        (".5s", 0.5),
        ("2.s", 2),
        ("250ms", 0.25),
        ("+1s", 1),
        ("-1m", -60),
        ("0", 0),
        ("3µs", 3e-6),
        ("", None),
        ("10", None),
        ("s", None),
        (".s", None),
        ("5 m", None),
        ("1d", None),
        ("5M", None),
        ("٣s", None),
    ],
)
def test_a_duration_is_numbers_with_units(text: str, seconds: float | None) -> None:
    """Anything else is no duration, and a bare number is none either."""
    assert parse_duration(text) == (None if seconds is None else pytest.approx(seconds))


@pytest.mark.spec("10.1")
@given(st.integers(0, 99), st.integers(0, 99), st.integers(0, 999))
def test_the_parts_of_a_duration_add_up(hours: int, minutes: int, milliseconds: int) -> None:
    """In whatever units they are written."""
    text = f"{hours}h{minutes}m{milliseconds}ms"
    assert parse_duration(text) == pytest.approx(hours * 3600 + minutes * 60 + milliseconds / 1000)


@pytest.mark.spec("10.1")
def test_a_long_wrong_text_is_refused_at_once() -> None:
    """A hundred thousand digits without a unit are no trap."""
    assert parse_duration("9" * 100_000 + "x") is None
    assert plan("x", timeout="9" * 100_000 + "h").timeout_s == 4 * 3600


@pytest.mark.spec("10.1")
@pytest.mark.parametrize(("timeout", "seconds"), [(None, 10), ("", 10), (" 30s ", 30), ("4h", 14400), ("5h", 14400)])
def test_the_time_out_has_a_default_and_a_cap(timeout: str | None, seconds: float) -> None:
    """Ten seconds when none is named, four hours at most."""
    assert plan("x", timeout=timeout).timeout_s == seconds


@pytest.mark.spec("10.1")
@pytest.mark.parametrize(
    ("command", "timeout", "code"),
    [
        ("", None, "execute.command_required"),
        ("&", None, "execute.command_required"),
        ("x", "soon", "execute.bad_timeout"),
        ("x", "0s", "execute.timeout_not_positive"),
        ("x", "-5s", "execute.timeout_not_positive"),
    ],
)
def test_a_call_that_makes_no_sense_is_refused(command: str, timeout: str | None, code: str) -> None:
    """With a reason that tells which part."""
    assert refused(command, timeout) == code


@pytest.mark.spec("10.1")
def test_a_background_call_ignores_its_time_out() -> None:
    """However it became one, and whatever the text is."""
    for planned in (plan("x", timeout="soon", run_in_background=True), plan("x &", timeout="-1s")):
        assert (planned.command, planned.background, planned.note) == ("x", True, None)


@pytest.mark.spec("10.1")
@pytest.mark.parametrize(
    ("command", "foreground"),
    [
        ("sleep 5 &", "sleep 5"),
        ("sleep 5&\n", "sleep 5"),
        ("a && b &", "a && b"),
        ("a &&", None),
        ("a |&", None),
        ("a & b", None),
        (r"echo \&", None),
        (r"echo \\&", r"echo \\"),
        ("a", None),
        ("", None),
    ],
)
def test_a_trailing_ampersand_means_the_background(command: str, foreground: str | None) -> None:
    """A single one at the very end, and it is removed."""
    assert without_trailing_ampersand(command) == foreground


@pytest.mark.spec("10.1")
def test_nobody_is_there_to_answer_a_prompt() -> None:
    """The environment says so to every program, and names the chat."""
    assert plan("x").start(CHAT).env == {
        "CODER_CHAT_AGENT": "true",
        "CODER_CHAT_ID": CHAT,
        "GIT_EDITOR": "true",
        "GIT_SEQUENCE_EDITOR": "true",
        "EDITOR": "true",
        "VISUAL": "true",
        "GIT_TERMINAL_PROMPT": "0",
        "NO_COLOR": "1",
        "TERM": "dumb",
        "PAGER": "cat",
        "GIT_PAGER": "cat",
    }


@pytest.mark.spec("10.1")
@pytest.mark.parametrize(
    ("command", "noted"),
    [
        ("cat file", True),
        ("cat", False),
        ("cat\tfile", False),
        (" cat file", False),
        ("echo; cat file", False),
        ("concat file", False),
        ("rg --include-all x", True),
        ("grep -r x --include-all", True),
        ("grep -r x --include-allow", False),
        ("rg -l x", True),
        ("grep -l x", True),
        ("grep -r -l x", False),
        ("grep -lr x", False),
        ("ripgrep -l x", False),
    ],
)
def test_reading_files_by_command_is_noted(command: str, noted: bool) -> None:
    """From its very start only, and only for a call that waits."""
    assert (plan(command).note is not None) == noted
    assert plan(command, run_in_background=True).note is None


@pytest.mark.spec("10.1", "10.9.1")
def test_a_failing_command_is_no_error() -> None:
    """Its code says it; a missing code counts as 0."""
    assert exited(ProcessOutput(output="out", running=False, exit_code=3), wall_s=1.2345).to_json() == {
        "success": False,
        "output": "out",
        "exit_code": 3,
        "wall_duration_ms": 1234,
    }
    fine = exited(ProcessOutput(output="", running=False), wall_s=0.0, note="n")
    assert fine.to_json() == {"success": True, "exit_code": 0, "wall_duration_ms": 0, "note": "n"}


@pytest.mark.spec("10.1")
def test_a_time_out_hands_over_the_process() -> None:
    """With the output so far, or why there is none."""
    cut = Truncation(original_bytes=9, retained_bytes=8, omitted_bytes=1)
    output = ProcessOutput(output="so far", running=True, truncated=cut)
    result = timed_out(output, process_id="p", timeout_s=10.0, wall_s=10.0, note="n")
    assert (result.success, result.exit_code, result.output, result.truncated) == (False, -1, "so far", cut)
    assert (result.background_process_id, result.note) == ("p", "n")
    assert "timed out after 10s" in (result.error or "")
    unread = timed_out(None, process_id="p", timeout_s=90.0, wall_s=90.0, read_error="gone")
    assert "timed out after 90s" in (unread.error or "")
    assert (unread.error or "").endswith("gone")
    assert "output" not in unread.to_json()


@pytest.mark.spec("10.1", "10.3")
def test_other_outcomes_have_the_same_shape() -> None:
    """A failed start, a background process, a look at one that still runs or has ended, a signal, a list."""
    assert failed("no such directory", wall_s=0.001).to_json() == {
        "success": False,
        "exit_code": -1,
        "wall_duration_ms": 1,
        "error": "no such directory",
    }
    assert in_background("p", wall_s=0.0).to_json() == {
        "success": True,
        "exit_code": 0,
        "wall_duration_ms": 0,
        "background_process_id": "p",
    }
    running = process_snapshot(ProcessOutput(output="o", running=True), process_id="p", wall_s=0.0)
    assert (running.success, running.output, bool(running.note)) == (True, "o", True)
    ended = process_snapshot(ProcessOutput(output="o", running=False, exit_code=1), process_id="p", wall_s=0.0)
    assert (ended.success, ended.exit_code, ended.note) == (False, 1, None)
    assert SignalResult(success=True, message="sent").to_json() == {"success": True, "message": "sent"}
    info = ProcessInfo(id="p", command="c", workdir="/", background=True, running=True, started_at_unix=1)
    assert ProcessList(processes=(info,)).to_json() == {"processes": [info.to_json()]}


@pytest.mark.spec("10.1")
@given(st.text("aé€😀", max_size=12), st.integers(0, 30))
def test_a_cut_never_breaks_a_character(text: str, bytes_max: int) -> None:
    """It is the longest beginning that fits."""
    cut = cut_utf8(text, bytes_max)
    assert text.startswith(cut)
    assert len(cut.encode()) <= bytes_max
    assert cut == text or len(text[: len(cut) + 1].encode()) > bytes_max


@pytest.mark.spec("10.1")
def test_a_result_is_cut_to_32_kib() -> None:
    """What the agent sends may be a little longer, with its marker."""
    result = exited(ProcessOutput(output="x" + "é" * 20_000, running=False, exit_code=0), wall_s=0.0)
    assert len(result.output.encode()) == 32767
