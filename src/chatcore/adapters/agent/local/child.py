"""One running command: its process group, its output, its end (agent-and-relay A3.3, A3.10, A3.11)."""

import os
from collections.abc import Mapping
from subprocess import DEVNULL, STDOUT
from typing import Self

from anyio import create_task_group, current_time, open_process, wait_readable
from anyio.abc import Process

from chatcore.adapters.agent.local.groups import kill_group
from chatcore.domain.limits import FILE_CHUNK_BYTES
from chatcore.domain.workspace.output_buffer import HeadTailBuffer


class Child:
    """A shell with everything it starts. Whoever spawns it awaits `finish`, which also frees its pipe."""

    def __init__(self, process: Process, output_fd: int, buffer: HeadTailBuffer) -> None:
        self._process = process
        self._output_fd = output_fd
        self._buffer = buffer
        self._output_ended = False

    @classmethod
    async def spawn(cls, command: str, *, workdir: str, env: Mapping[str, str], buffer: HeadTailBuffer) -> Self:
        """Start the command in a session and group of its own, stdout and stderr on one pipe.

        Raises: OSError or ValueError, the system refuses the directory, the environment or the command.
        """
        # A pipe of our own: the event loops' pipes tie the process's end to the end of its output (A3.11 must not).
        output_fd, child_fd = os.pipe()
        os.set_blocking(output_fd, False)
        try:
            process = await open_process(
                ["sh", "-c", command],
                stdin=DEVNULL,
                stdout=child_fd,
                stderr=STDOUT,
                cwd=workdir,
                env=env,
                start_new_session=True,
            )
        except BaseException:
            os.close(output_fd)
            raise
        finally:
            os.close(child_fd)
        return cls(process, output_fd, buffer)

    @property
    def group(self) -> int:
        """The process group; its number is the shell's."""
        return self._process.pid

    def signal(self, signal: int) -> None:
        """Send to the whole group. Raises: ProcessLookupError, nobody is left; PermissionError."""
        os.killpg(self.group, signal)

    def kill(self) -> None:
        """Kill the whole group; one that is gone is as good."""
        kill_group(self.group)

    async def finish(self, pipe_grace_s: float) -> int | None:
        """Collect output until the shell has exited and its output has ended, or `pipe_grace_s` after the exit.

        Returns: the shell's return code, negative for a signal; None when something still held the output open.
        """
        try:
            async with create_task_group() as collecting:
                collecting.start_soon(self._collect)
                returncode = await self._process.wait()
                collecting.cancel_scope.deadline = current_time() + pipe_grace_s
        except BaseException:
            self.kill()  # nobody would ever wait for it again
            raise
        finally:
            os.close(self._output_fd)
        return returncode if self._output_ended else None

    async def _collect(self) -> None:
        while not self._output_ended:
            await wait_readable(self._output_fd)
            try:
                data = os.read(self._output_fd, FILE_CHUNK_BYTES)
            except BlockingIOError:
                continue
            self._buffer.write(data)
            self._output_ended = not data
