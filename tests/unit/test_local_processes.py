"""What a local agent's processes do beyond the contract: settings, limits, closing, touched directories (A3, A4)."""

import logging
import os
from collections.abc import AsyncIterator, Mapping
from pathlib import Path

import anyio
import pytest

from chatcore.adapters.agent.local import LocalAgent, LocalSettings
from chatcore.adapters.agent.local.agent import OpenedLocalAgent
from chatcore.adapters.system import SystemClock, SystemIds
from chatcore.domain.ids import ChatId
from chatcore.domain.workspace.identity import ChatIdentity
from chatcore.ports.agent import Agent, AgentError
from chatcore.testing.contracts.agent_kit import ALICE, BOB, end, run, start, wait_for_output

pytestmark = pytest.mark.anyio

CHILD = ChatIdentity(chat_id=ChatId("33333333-3333-4333-8333-333333333333"), ancestors=(ALICE.chat_id,))


def opened(settings: LocalSettings | None = None) -> OpenedLocalAgent:
    """A local agent with the system's clock and ids."""
    return LocalAgent.open(clock=SystemClock(), ids=SystemIds(), settings=settings)


@pytest.fixture
async def agent() -> AsyncIterator[LocalAgent]:
    """This machine, with the default settings."""
    async with opened() as local:
        yield local


def lives(pid: int) -> bool:
    """Whether a process exists and is no zombie that only waits to be reaped by init."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except FileNotFoundError:
        return False


async def gone(*pids: int) -> None:
    """Wait until processes have gone; what was killed takes a moment."""
    with anyio.fail_after(10):
        while any(lives(pid) for pid in pids):  # noqa: ASYNC110 - other programs' ends cannot be awaited
            await anyio.sleep(0.01)


async def started(agent: Agent, command: str) -> int:
    """Start a command that prints a process number and a line end; give the number."""
    process_id = await start(agent, command)
    await wait_for_output(agent, process_id, "\n")
    return int((await agent.processes.process_output(process_id)).output.split()[0])


async def signal_until_refused(agent: Agent, process_id: str) -> None:
    """Ask a process to end until there is nobody to ask."""
    while True:
        await agent.processes.signal_process(process_id, "terminate")
        await anyio.sleep(0.01)


@pytest.mark.spec("A3.5", "A3.s11")
async def test_where_a_command_runs_that_names_no_place(tmp_path: Path) -> None:
    """In the configured directory if it is there, else at home, and the list tells which."""
    home, work = tmp_path / "home", tmp_path / "work"
    home.mkdir()
    async with opened(LocalSettings(directory=str(work), home=str(home))) as agent:
        assert (await run(agent, "pwd")).output == f"{home}\n"
        assert (await agent.processes.list_processes())[0].workdir == str(home)
        work.mkdir()
        assert (await run(agent, "pwd")).output == f"{work}\n"
        assert (await agent.processes.list_processes())[0].workdir == str(work)


@pytest.mark.spec("A3.6", "A3.s4")
async def test_a_hook_makes_the_environment() -> None:
    """Below the request's variables."""

    def hook(environment: Mapping[str, str]) -> Mapping[str, str]:
        return {**environment, "HOOKED": "yes", "BOTH": "hook"}

    async with opened(LocalSettings(environment_hook=hook)) as agent:
        ended = await run(agent, 'echo "$HOOKED $BOTH"', env={"BOTH": "request"})
    assert ended.output == "yes request\n"


@pytest.mark.spec("A3.6", "A3.s6")
async def test_a_failing_hook_does_not_stop_a_command(caplog: pytest.LogCaptureFixture) -> None:
    """A warning is logged, and the command gets the plain environment."""

    def hook(environment: Mapping[str, str]) -> Mapping[str, str]:
        raise LookupError("no environment today")

    async with opened(LocalSettings(environment_hook=hook)) as agent:
        assert (await run(agent, 'test -n "$PATH" && echo plain')).output == "plain\n"
    assert [record.levelno for record in caplog.records] == [logging.WARNING]


@pytest.mark.spec("A3.2")
@pytest.mark.parametrize("env", [{"A=B": "c"}, {"A": "\0"}])
async def test_an_impossible_environment_fails_the_start(agent: LocalAgent, env: dict[str, str]) -> None:
    """As every other thing for which no child can be spawned."""
    with pytest.raises(AgentError) as caught:
        await start(agent, "true", env=env)
    assert (caught.value.status, caught.value.code) == (500, "proc.start_failed")
    assert await agent.processes.list_processes() == ()


@pytest.mark.spec("A3.11")
async def test_output_held_open_is_waited_for_only_so_long() -> None:
    """A grandchild that keeps the output costs the grace and the exit code, and lives on."""
    async with opened(LocalSettings(pipe_grace_s=0.2)) as agent:
        begun = anyio.current_time()
        ended = await run(agent, "sleep 300 & echo $!")
        assert anyio.current_time() - begun >= 0.2
        assert (ended.exit_code, ended.running) == (-1, False)
        assert lives(int(ended.output))
        assert (await run(agent, "sleep 300 > /dev/null 2>&1 & exit 3")).exit_code == 3


@pytest.mark.spec("A3.16", "A3.s10")
async def test_a_list_forgets_what_is_long_over() -> None:
    """From then on it is unknown; before, and while it runs, it is not."""
    async with opened(LocalSettings(forget_s=0.0)) as agent:
        exited, running = await start(agent, "true"), await start(agent, "sleep 300")
        await agent.processes.process_output(exited, wait=True)
        assert not (await agent.processes.process_output(exited)).running
        await anyio.sleep(0.001)
        assert [process.id for process in await agent.processes.list_processes()] == [running]
        with pytest.raises(AgentError) as read_again:
            await agent.processes.process_output(exited)
        with pytest.raises(AgentError) as signalled:
            await agent.processes.signal_process(exited, "kill")
        assert (read_again.value.status, signalled.value.status) == (404, 404)


@pytest.mark.spec("A3.20")
async def test_a_wait_has_an_end() -> None:
    """After the longest wait the answer is a plain snapshot."""
    async with opened(LocalSettings(wait_s_max=0.05)) as agent:
        process_id = await start(agent, "echo early; sleep 300")
        await wait_for_output(agent, process_id, "early")
        snapshot = await agent.processes.process_output(process_id, wait=True)
        assert (snapshot.running, snapshot.exit_code, snapshot.output) == (True, None, "early\n")


@pytest.mark.spec("A3.25", "A3.4")
async def test_closing_leaves_no_process() -> None:
    """Whole groups die: what runs, and what ended commands left behind."""
    async with opened() as agent:
        shell = await started(agent, "echo $$; sleep 300 & wait")
        grandchild = await started(agent, "sleep 300 & echo $!; wait")
        left_behind = int((await run(agent, "sleep 300 > /dev/null 2>&1 & echo $!")).output)
        assert all(lives(pid) for pid in (shell, grandchild, left_behind))
    await gone(shell, grandchild, left_behind)


@pytest.mark.spec("A3.25")
async def test_a_closed_agent_starts_nothing(agent: LocalAgent) -> None:
    """What ran can still be read: it was killed."""
    process_id = await start(agent, "sleep 300")
    await agent.close()
    await agent.close()
    assert (await agent.processes.process_output(process_id)).exit_code == -1
    with pytest.raises(AgentError) as caught:
        await start(agent, "true")
    assert caught.value.code == "proc.start_failed"


@pytest.mark.spec("A3.25")
async def test_cancelling_the_block_closes_the_agent() -> None:
    """Wherever the block is, and nothing it started is left."""
    pids: list[int] = []
    with anyio.CancelScope() as scope:
        async with opened() as agent:
            pids.append(await started(agent, "echo $$; sleep 300"))
            scope.cancel()
            await anyio.sleep_forever()
    assert scope.cancelled_caught
    await gone(*pids)


@pytest.mark.spec("A3.25")
async def test_an_error_in_the_block_comes_out_as_it_is() -> None:
    """Not wrapped in a group of one, though tasks run inside."""

    async def block() -> None:
        async with opened() as agent:
            await start(agent, "sleep 300")
            raise KeyError("mine")

    with pytest.raises(KeyError, match="mine"):
        await block()


@pytest.mark.spec("A3.4", "A3.25")
async def test_a_start_that_nobody_waits_for_is_not_lost() -> None:
    """A caller cancelled while the child is being spawned leaves it to the agent, which lists and closes it."""
    async with opened() as agent:
        async with anyio.create_task_group() as callers:
            callers.start_soon(start, agent, "sleep 300")
            await anyio.lowlevel.checkpoint()
            callers.cancel_scope.cancel()
        with anyio.fail_after(10):
            while not await agent.processes.list_processes():
                await anyio.lowlevel.checkpoint()
    (process,) = await agent.processes.list_processes()
    assert (process.running, process.exit_code) == (False, -1)


@pytest.mark.spec("A3.12", "A3.s16", "A1.9")
async def test_a_finished_process_leaves_its_directory_to_the_family(agent: LocalAgent, tmp_path: Path) -> None:
    """The chat and each ancestor are told; others, and calls without a chat, are not."""
    woken = anyio.Event()
    agent.paths.subscribe(ALICE.chat_id, woken.set)
    await run(agent, "true", workdir="/")
    await run(agent.identified(CHILD), "true", workdir=str(tmp_path))
    assert woken.is_set()
    families = (CHILD.chat_id, ALICE.chat_id, BOB.chat_id)
    assert [agent.paths.get_paths(chat) for chat in families] == [(str(tmp_path),), (str(tmp_path),), ()]


@pytest.mark.spec("A4.3", "A3.17")
async def test_the_kept_ends_of_the_output_are_a_setting() -> None:
    """A smaller buffer keeps less, and says so."""
    async with opened(LocalSettings(head_bytes_max=4, tail_bytes_max=4)) as agent:
        ended = await run(agent, "printf 0123456789")
    assert ended.output == "0123\n\n... [omitted 2 bytes] ...\n\n6789"


@pytest.mark.spec("A3.23")
async def test_a_group_of_which_nobody_is_left_cannot_be_signalled() -> None:
    """When only a process outside the group holds the output open, there is nobody to signal."""
    async with opened(LocalSettings(pipe_grace_s=300)) as agent:
        process_id = await start(agent, "setsid sh -c 'echo $$; exec sleep 300' &")
        await wait_for_output(agent, process_id, "\n")
        outside = int((await agent.processes.process_output(process_id)).output)
        with anyio.fail_after(10), pytest.raises(AgentError) as caught:
            await signal_until_refused(agent, process_id)
        assert caught.value.status == 409
        os.kill(outside, 9)
        await agent.processes.process_output(process_id, wait=True)


@pytest.mark.spec("A0.6")
async def test_this_machine_is_always_reachable(agent: LocalAgent) -> None:
    """Without any waiting."""
    assert await agent.await_reachable(0)


@pytest.mark.spec("A3.10")
async def test_a_command_that_ends_itself_by_a_signal(agent: LocalAgent) -> None:
    """Has no code of its own either."""
    assert (await run(agent, "kill -9 $$")).exit_code == -1
    process_id = await start(agent, "sleep 300")
    assert (await end(agent, process_id)).exit_code == -1
