"""A command that is run as people run it: on a pseudo-terminal, or with pipes, typed to and read until it says what
one waits for. POSIX only."""

import os
import re
import select
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Final

from attrs import define, field

WAIT_S: Final = 120.0
"""How long anything may take before it counts as failed; a busy machine is slow, and a good case takes a moment."""

CTRL_C: Final = b"\x03"
CTRL_D: Final = b"\x04"

_STYLES: Final = re.compile(r"\x1b(\[[0-9;]*(m|\Z)|\Z)|\r")

# The process makes the terminal its own, as a shell does it, so that Ctrl-C becomes a signal.
_LOGIN: Final = "import os, sys; os.login_tty(0); os.execv(sys.argv[1], sys.argv[1:])"


@define(kw_only=True)
class TypedCommand:
    """A running command."""

    process: subprocess.Popen[bytes]
    terminal: bool
    _keys: int
    _screen: int
    _errors: IO[bytes]
    _printed: bytearray = field(factory=bytearray)
    _seen: int = 0

    def expect(self, pattern: str) -> str:
        """Wait until this regular expression matches behind what was expected before.

        Returns: the text up to the end of the match.
        Raises: AssertionError, the command ended or WAIT_S passed; the text holds everything that was printed.
        """
        deadline = time.monotonic() + WAIT_S
        while not (found := re.compile(pattern).search(self.printed, self._seen)):
            more = self._read(deadline - time.monotonic())
            assert more, f"waited in vain for {pattern!r} in:\n{self.printed}\n{self.errors}"
        text, self._seen = self.printed[self._seen : found.end()], found.end()
        return text

    def type(self, line: str) -> None:
        """Type a line and Enter."""
        self.write(f"{line}\n".encode())

    def write(self, data: bytes) -> None:
        """Type bytes as they are. A pipe or terminal that is full is waited for."""
        while data:
            data = data[os.write(self._keys, data) :]

    def press_ctrl_c(self) -> None:
        """Type Ctrl-C on the terminal, or send the signal that it would become."""
        if self.terminal:
            self.write(CTRL_C)
        else:
            self.process.send_signal(signal.SIGINT)

    def press_ctrl_d(self) -> None:
        """End the input: Ctrl-D on the terminal, or the pipe closed."""
        if self.terminal:
            self.write(CTRL_D)
        else:
            os.close(self._keys)
            self._keys = -1

    def end(self) -> int:
        """Read what it prints until it ends.

        Returns: its exit code.
        Raises: subprocess.TimeoutExpired, it still runs after WAIT_S.
        """
        deadline = time.monotonic() + WAIT_S
        while self._read(deadline - time.monotonic()):
            pass
        return self.process.wait(max(0.1, deadline - time.monotonic()))

    @property
    def printed(self) -> str:
        """Everything it printed so far, without colours; on a terminal also errors and the echo of what was typed."""
        return _STYLES.sub("", self._printed.decode(errors="ignore"))

    @property
    def errors(self) -> str:
        """What it printed on a standard error that is no terminal, up to a mebibyte."""
        # The command writes where this file stands, so it must not be moved.
        return os.pread(self._errors.fileno(), 1 << 20, 0).decode()

    def close(self) -> None:
        """Kill it if it still runs, and close everything."""
        self.process.kill()
        self.process.wait()
        for descriptor in {self._keys, self._screen} - {-1}:
            os.close(descriptor)

    def _read(self, wait_s: float) -> bool:
        """Read more of what is printed; False at the end, or after waiting."""
        readable, _, _ = select.select([self._screen], [], [], max(0.0, wait_s))
        if not readable:
            return False
        try:
            data = os.read(self._screen, 65_536)
        except OSError:
            # Linux says so when nobody holds the other side of the terminal any more.
            return False
        self._printed += data
        return bool(data)


@contextmanager
def typed_command(command: Sequence[str], *, folder: Path, terminal: bool) -> Iterator[TypedCommand]:
    """Start a command in a folder; it is killed with the context if it still runs then.

    command: the path of an executable, and its arguments.
    terminal: on a pseudo-terminal of its own; else with three pipes.
    """
    with tempfile.TemporaryFile() as errors:
        started = _on_terminal(command, folder, errors) if terminal else _on_pipes(command, folder, errors)
        try:
            yield started
        finally:
            started.close()


def _on_terminal(command: Sequence[str], folder: Path, errors: IO[bytes]) -> TypedCommand:
    screen, theirs = os.openpty()
    process = subprocess.Popen(
        [sys.executable, "-c", _LOGIN, *command], cwd=folder, stdin=theirs, stdout=theirs, stderr=theirs
    )
    os.close(theirs)
    return TypedCommand(process=process, terminal=True, keys=screen, screen=screen, errors=errors)


def _on_pipes(command: Sequence[str], folder: Path, errors: IO[bytes]) -> TypedCommand:
    (their_keys, keys), (screen, their_screen) = os.pipe(), os.pipe()
    process = subprocess.Popen(command, cwd=folder, stdin=their_keys, stdout=their_screen, stderr=errors)
    os.close(their_keys)
    os.close(their_screen)
    return TypedCommand(process=process, terminal=False, keys=keys, screen=screen, errors=errors)
