"""What `execute` and the process tools tell the model (chat-core 10.1, 10.3)."""

from typing import Final

from attrs import frozen

from chatcore.domain.json_text import JsonValue
from chatcore.domain.limits import EXECUTE_OUTPUT_BYTES_MAX
from chatcore.domain.workspace.output_buffer import Truncation
from chatcore.domain.workspace.process import ProcessInfo, ProcessOutput

_NO_EXIT_CODE: Final = -1
_STILL_RUNNING_NOTE: Final = "the process is still running: ask again later, or signal it to end it"


@frozen(kw_only=True)
class ExecuteResult:
    """The result of `execute` and of `process_output`; made by the functions below."""

    success: bool
    exit_code: int
    """-1 when there is none: a time-out, or a command that could not be started or read."""

    wall_duration_ms: int
    output: str = ""
    """At most EXECUTE_OUTPUT_BYTES_MAX bytes of UTF-8."""

    error: str | None = None
    truncated: Truncation | None = None
    """What the agent left out of the output."""

    note: str | None = None
    background_process_id: str | None = None
    """The handle of a process that goes on."""

    def to_json(self) -> dict[str, JsonValue]:
        """The tool's result; what is empty or unknown is absent."""
        result: dict[str, JsonValue] = {"success": self.success}
        if self.output:
            result["output"] = self.output
        result["exit_code"] = self.exit_code
        result["wall_duration_ms"] = self.wall_duration_ms
        if self.error is not None:
            result["error"] = self.error
        if self.truncated is not None:
            result["truncated"] = self.truncated.to_json()
        if self.note is not None:
            result["note"] = self.note
        if self.background_process_id is not None:
            result["background_process_id"] = self.background_process_id
        return result


@frozen(kw_only=True)
class ProcessList:
    """The result of `process_list`."""

    processes: tuple[ProcessInfo, ...]

    def to_json(self) -> dict[str, JsonValue]:
        """The tool's result."""
        return {"processes": [process.to_json() for process in self.processes]}


@frozen(kw_only=True)
class SignalResult:
    """The result of `process_signal`."""

    success: bool
    message: str

    def to_json(self) -> dict[str, JsonValue]:
        """The tool's result."""
        return {"success": self.success, "message": self.message}


def exited(output: ProcessOutput, *, wall_s: float, note: str | None = None) -> ExecuteResult:
    """A command that ended. A missing exit code counts as 0; a code other than 0 is no error text."""
    exit_code = output.exit_code or 0
    return ExecuteResult(
        success=exit_code == 0,
        exit_code=exit_code,
        wall_duration_ms=_milliseconds(wall_s),
        output=cut_utf8(output.output, EXECUTE_OUTPUT_BYTES_MAX),
        truncated=output.truncated,
        note=note,
    )


def timed_out(
    output: ProcessOutput | None,
    *,
    process_id: str,
    timeout_s: float,
    wall_s: float,
    note: str | None = None,
    read_error: str | None = None,
) -> ExecuteResult:
    """A command that is not done yet: it goes on, and its id is the handle.

    `output` is what there is so far; None when it could not be read, and `read_error` says why.
    """
    error = f"timed out after {timeout_s:g}s; the process keeps running"
    return ExecuteResult(
        success=False,
        exit_code=_NO_EXIT_CODE,
        wall_duration_ms=_milliseconds(wall_s),
        output=cut_utf8(output.output, EXECUTE_OUTPUT_BYTES_MAX) if output else "",
        error=error if read_error is None else f"{error}; its output could not be read: {read_error}",
        truncated=output.truncated if output else None,
        note=note,
        background_process_id=process_id,
    )


def failed(error: str, *, wall_s: float) -> ExecuteResult:
    """A command that could not be started, or whose output could not be read."""
    return ExecuteResult(success=False, exit_code=_NO_EXIT_CODE, wall_duration_ms=_milliseconds(wall_s), error=error)


def in_background(process_id: str, *, wall_s: float) -> ExecuteResult:
    """A background command that was started."""
    return ExecuteResult(
        success=True, exit_code=0, wall_duration_ms=_milliseconds(wall_s), background_process_id=process_id
    )


def process_snapshot(output: ProcessOutput, *, process_id: str, wall_s: float) -> ExecuteResult:
    """The answer of `process_output`: like an ended command, or a success that notes that it still runs (10.3)."""
    if not output.running:
        return exited(output, wall_s=wall_s)
    return ExecuteResult(
        success=True,
        exit_code=0,
        wall_duration_ms=_milliseconds(wall_s),
        output=cut_utf8(output.output, EXECUTE_OUTPUT_BYTES_MAX),
        truncated=output.truncated,
        note=_STILL_RUNNING_NOTE,
        background_process_id=process_id,
    )


def cut_utf8(text: str, bytes_max: int) -> str:
    """The longest beginning of a text that takes at most `bytes_max` bytes of UTF-8."""
    encoded = text.encode("utf-8", "replace")
    return text if len(encoded) <= bytes_max else encoded[:bytes_max].decode("utf-8", "ignore")


def _milliseconds(seconds: float) -> int:
    return round(seconds * 1000)
