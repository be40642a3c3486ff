"""What a call of the `execute` tool asks for: the command to start, how long to wait, what to note (chat-core 10.1)."""

import re
from typing import Final

from attrs import frozen

from chatcore.domain.ids import ChatId
from chatcore.domain.limits import EXECUTE_TIMEOUT_S, EXECUTE_TIMEOUT_S_MAX
from chatcore.domain.workspace.duration import parse_duration
from chatcore.domain.workspace.process import StartProcess
from chatcore.domain.workspace.process_rules import CHAT_VARIABLE
from chatcore.domain.workspace.refusal import Refusal

_ENVIRONMENT: Final = {
    "CODER_CHAT_AGENT": "true",
    # Nobody is there to answer an editor, a password prompt or a pager.
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
_READS_FILES: Final = re.compile(
    r"cat |(?:rg|grep)\s(?:.*\s)?--include-all(?![\w-])|(?:rg|grep)\s+-l(?![\w-])", re.DOTALL
)
_READ_FILE_NOTE: Final = "to read a file use read_file: it numbers the lines and pages through long files"


@frozen(kw_only=True)
class ExecuteCall:
    """The arguments of one call, as the model gave them."""

    command: str
    timeout: str | None = None
    """Such as `30s` or `5m`; None or blank for the default, ignored for background calls."""

    workdir: str | None = None
    run_in_background: bool = False
    model_intent: str | None = None
    """A label for people; it changes nothing."""


@frozen(kw_only=True)
class ExecutePlan:
    """What to do for a call."""

    command: str
    """Without the trailing `&` that asked for the background."""

    workdir: str | None
    background: bool
    timeout_s: float
    """How long to wait for the exit, at most EXECUTE_TIMEOUT_S_MAX; of no meaning for a background call."""

    note: str | None
    """Advice to the model, to go with the result of a foreground call."""

    def start(self, chat_id: ChatId) -> StartProcess:
        """The process to start for the chat."""
        return StartProcess(
            command=self.command,
            workdir=self.workdir,
            env={**_ENVIRONMENT, CHAT_VARIABLE: str(chat_id)},
            background=self.background,
        )


def plan_execute(call: ExecuteCall) -> ExecutePlan | Refusal:
    """Read a call, or say what is wrong with it."""
    foreground_command = without_trailing_ampersand(call.command)
    background = call.run_in_background or foreground_command is not None
    command = call.command if foreground_command is None else foreground_command
    if not command:
        return Refusal(status=400, code="execute.command_required", message="the command is empty: say what to run")
    timeout_s = EXECUTE_TIMEOUT_S if background else _timeout_s(call.timeout)
    if isinstance(timeout_s, Refusal):
        return timeout_s
    return ExecutePlan(
        command=command,
        workdir=call.workdir or None,
        background=background,
        timeout_s=timeout_s,
        note=_READ_FILE_NOTE if not background and _READS_FILES.match(command) else None,
    )


def without_trailing_ampersand(command: str) -> str | None:
    """The command without the single `&` at its end that sends it to the background; None when there is none.

    `&&` and `|&` join commands, and an escaped `&` is a character of the last word.
    """
    stripped = command.rstrip()
    before = stripped.removesuffix("&")
    backslashes = len(before) - len(before.rstrip("\\"))
    if before == stripped or before.endswith(("&", "|")) or backslashes % 2:
        return None
    return before.rstrip()


def _timeout_s(text: str | None) -> float | Refusal:
    if text is None or not text.strip():
        return EXECUTE_TIMEOUT_S
    seconds = parse_duration(text.strip())
    if seconds is None:
        return Refusal(
            status=400, code="execute.bad_timeout", message=f"{text!r} is no duration: write it like 30s, 5m or 1h30m"
        )
    if seconds <= 0:
        return Refusal(
            status=400, code="execute.timeout_not_positive", message=f"the timeout {text!r} must be more than nothing"
        )
    return min(seconds, EXECUTE_TIMEOUT_S_MAX)
