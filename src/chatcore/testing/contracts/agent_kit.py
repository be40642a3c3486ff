"""What the parts of the agent contract share."""

from collections.abc import AsyncIterator
from typing import Final

import anyio
import pytest

from chatcore.domain.ids import ChatId
from chatcore.domain.workspace.identity import ChatIdentity
from chatcore.domain.workspace.process import ProcessOutput, StartProcess
from chatcore.ports.agent import Agent

PATIENCE_S: Final = 20.0
"""How long one promise may take to be kept."""

ALICE: Final = ChatIdentity(chat_id=ChatId("11111111-1111-4111-8111-111111111111"))
BOB: Final = ChatIdentity(chat_id=ChatId("22222222-2222-4222-8222-222222222222"))


class AgentFixtures:
    """The fixtures of the suite; `agent` is the one to override."""

    @pytest.fixture
    def agent(self) -> Agent:
        """A connection to a workspace, not identified, closed after the test. An override may be asynchronous."""
        pytest.fail("override the fixture `agent`")

    @pytest.fixture
    async def directory(self, agent: Agent) -> AsyncIterator[str]:
        """An empty directory of the workspace, its links resolved."""
        made = await run(agent, 'cd "$(mktemp -d)" && pwd -P')
        directory = made.output.strip()
        assert directory.startswith("/")
        yield directory
        await run(agent, f"chmod -R u+rwx '{directory}'; rm -rf '{directory}'")


async def start(agent: Agent, command: str, *, workdir: str | None = None, env: dict[str, str] | None = None) -> str:
    """Start a command and give its id."""
    request = StartProcess(command=command, workdir=workdir, env=env or {})
    return (await agent.processes.start_process(request)).id


async def run(
    agent: Agent, command: str, *, workdir: str | None = None, env: dict[str, str] | None = None
) -> ProcessOutput:
    """Run a command to its end."""
    with anyio.fail_after(PATIENCE_S):
        return await agent.processes.process_output(await start(agent, command, workdir=workdir, env=env), wait=True)


async def wait_for_output(agent: Agent, process_id: str, text: str) -> None:
    """Wait until a running process has said something."""
    with anyio.fail_after(PATIENCE_S):
        while text not in (await agent.processes.process_output(process_id)).output:  # noqa: ASYNC110 - only asking tells
            await anyio.sleep(0.01)


async def end(agent: Agent, process_id: str) -> ProcessOutput:
    """Kill a process and wait for its end."""
    await agent.processes.signal_process(process_id, "kill")
    with anyio.fail_after(PATIENCE_S):
        return await agent.processes.process_output(process_id, wait=True)


async def read(agent: Agent, path: str, offset: int = 0, limit: int = 0) -> bytes:
    """Bytes of a file."""
    content = await agent.files.read_file(path, offset, limit)
    async with content.stream:
        return b"".join([chunk async for chunk in content.stream])
