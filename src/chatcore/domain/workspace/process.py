"""Processes of a workspace: what is asked of them and what is told about them (agent-and-relay A3)."""

from collections.abc import Mapping
from enum import StrEnum, unique

from attrs import field, frozen

from chatcore.domain.ids import ChatId
from chatcore.domain.json_text import JsonValue
from chatcore.domain.workspace.output_buffer import Truncation


@unique
class ProcessSignal(StrEnum):
    """What may be sent to a process; it goes to its whole group (A3.23)."""

    KILL = "kill"
    TERMINATE = "terminate"


@frozen(kw_only=True)
class StartProcess:
    """A command to run by `sh -c` (A3.a)."""

    command: str
    workdir: str | None = None
    """Where it runs; None for the agent's directory, else the user's home (A3.5)."""

    env: Mapping[str, str] = field(factory=dict)
    background: bool = False
    """Stored and reported only: nobody waits for the result (A3.8)."""


@frozen(kw_only=True)
class ProcessStarted:
    """A process runs, or has run already."""

    id: str


@frozen(kw_only=True)
class ProcessInfo:
    """One process of a list (A3.13); what is unknown is None."""

    id: str
    command: str
    workdir: str | None
    background: bool
    running: bool
    started_at_unix: int
    """Seconds since 1970."""

    exit_code: int | None = None
    """The code; -1 when killed by a signal, or when the wait failed (A3.10)."""

    exited_at_unix: int | None = None

    def to_json(self) -> dict[str, JsonValue]:
        """The wire form of A3.13; what is unknown is absent."""
        fields: dict[str, JsonValue] = {
            "id": self.id,
            "command": self.command,
            "workdir": self.workdir,
            "background": self.background,
            "running": self.running,
            "exit_code": self.exit_code,
            "started_at_unix": self.started_at_unix,
            "exited_at_unix": self.exited_at_unix,
        }
        return {name: value for name, value in fields.items() if value is not None}


@frozen(kw_only=True)
class ProcessOutput:
    """A snapshot of a process's output and state (A3.17)."""

    output: str
    running: bool
    exit_code: int | None = None
    truncated: Truncation | None = None
    """What is missing from the output; None when nothing is."""

    def to_json(self) -> dict[str, JsonValue]:
        """The wire form of A3.17."""
        fields: dict[str, JsonValue] = {
            "output": self.output,
            "truncated": self.truncated.to_json() if self.truncated else None,
            "running": self.running,
            "exit_code": self.exit_code,
        }
        return {name: value for name, value in fields.items() if value is not None}


@frozen(kw_only=True)
class ProcessRecord:
    """What an agent keeps of a process besides its output."""

    info: ProcessInfo
    owner: ChatId | None
    """The chat that started it; None when no chat did."""

    started_order: int
    """Counts the starts of one agent, so that two within one second keep their order."""

    exited_s: float | None = None
    """Monotonic time of the exit; None while it runs."""
