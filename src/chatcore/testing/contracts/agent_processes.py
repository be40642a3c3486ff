"""The processes of the agent contract (agent-and-relay A3)."""

import anyio
import pytest

from chatcore.domain.limits import PROCESS_LIST_MAX
from chatcore.domain.workspace.process import ProcessOutput, StartProcess
from chatcore.ports.agent import Agent, AgentError
from chatcore.testing.contracts.agent_kit import (
    ALICE,
    BOB,
    PATIENCE_S,
    AgentFixtures,
    end,
    run,
    start,
    wait_for_output,
)


@pytest.mark.anyio
class ProcessesContract(AgentFixtures):
    """Promises about processes."""

    @pytest.mark.spec("A3.1", "A3.s1")
    async def test_a_start_needs_a_command(self, agent: Agent) -> None:
        """An empty command is refused as the caller's mistake."""
        with pytest.raises(AgentError) as caught:
            await start(agent, "")
        assert (caught.value.status, caught.value.code) == (400, "proc.command_required")

    @pytest.mark.spec("A3.2")
    async def test_a_command_that_cannot_be_spawned_is_an_error_of_the_start(self, agent: Agent) -> None:
        """A directory that does not exist fails the start, with the system's words in the detail."""
        with pytest.raises(AgentError) as caught:
            await start(agent, "true", workdir="/does/not/exist")
        assert (caught.value.status, caught.value.code) == (500, "proc.start_failed")
        assert caught.value.detail

    @pytest.mark.spec("A3.3", "A3.s2", "A3.17")
    async def test_both_outputs_are_one_in_order_of_arrival(self, agent: Agent) -> None:
        """stdout and stderr share one buffer, whatever way the lines come."""
        ended = await run(agent, "echo one; echo two >&2; echo three; echo four >&2")
        assert ended == ProcessOutput(output="one\ntwo\nthree\nfour\n", running=False, exit_code=0)

    @pytest.mark.spec("A3.3")
    async def test_a_command_reads_nothing_and_leads_its_own_group(self, agent: Agent) -> None:
        """stdin is at its end from the start, and the shell's number is its group's."""
        ended = await run(agent, "cat; kill -0 -$$ && echo leader")
        assert ended.output == "leader\n"

    @pytest.mark.spec("A3.4")
    async def test_cancelling_a_call_does_not_end_the_process(self, agent: Agent) -> None:
        """A caller that stops waiting leaves the process alone."""
        process_id = await start(agent, "sleep 300")
        with anyio.move_on_after(0.05) as waiting:
            await agent.processes.process_output(process_id, wait=True)
        assert waiting.cancelled_caught
        assert (await agent.processes.process_output(process_id)).running
        await end(agent, process_id)

    @pytest.mark.spec("A3.5")
    async def test_a_command_runs_where_it_was_asked_to(self, agent: Agent, directory: str) -> None:
        """The requested directory is used as given and shown in the list."""
        assert (await run(agent, "pwd -P", workdir=directory)).output == f"{directory}\n"
        assert (await agent.processes.list_processes())[0].workdir == directory

    @pytest.mark.spec("A3.6", "A3.s4")
    async def test_a_request_adds_to_the_agents_environment(self, agent: Agent) -> None:
        """The request's variables are there, and so are the agent's own."""
        ended = await run(agent, 'echo "$ADDED"; test -n "$PATH" && echo kept', env={"ADDED": "b c"})
        assert ended.output == "b c\nkept\n"

    @pytest.mark.spec("A3.6", "A3.7", "A3.s5", "A1.8")
    async def test_a_request_cannot_forge_the_chat(self, agent: Agent) -> None:
        """The identity's chat wins over the request's; without an identity the request may set it."""
        command, forged = 'echo "$CODER_CHAT_ID"', {"CODER_CHAT_ID": "evil"}
        assert (await run(agent.identified(ALICE), command, env=forged)).output == f"{ALICE.chat_id}\n"
        assert (await run(agent, command, env=forged)).output == "evil\n"

    @pytest.mark.spec("A3.8", "A3.13")
    async def test_background_is_only_reported(self, agent: Agent) -> None:
        """A background process runs, ends and answers like any other."""
        request = StartProcess(command="echo done", background=True)
        process_id = (await agent.processes.start_process(request)).id
        ended = await agent.processes.process_output(process_id, wait=True)
        assert (ended.output, ended.exit_code) == ("done\n", 0)
        assert (await agent.processes.list_processes())[0].background

    @pytest.mark.spec("A3.9")
    async def test_ids_are_never_given_twice(self, agent: Agent) -> None:
        """Equal commands are different processes."""
        ids = [await start(agent, "true") for _ in range(5)]
        assert len(set(ids)) == 5

    @pytest.mark.spec("A3.10", "A3.s3")
    async def test_an_exit_code_is_reported_as_it_is(self, agent: Agent) -> None:
        """The shell's code is the process's."""
        ended = await run(agent, "exit 42")
        assert (ended.exit_code, ended.running) == (42, False)

    @pytest.mark.spec("A3.10", "A3.s12", "A3.23")
    async def test_a_killed_process_ends_with_minus_one(self, agent: Agent) -> None:
        """Kill is answered at once, and the end has no code of its own."""
        process_id = await start(agent, "sleep 300")
        ended = await end(agent, process_id)
        assert (ended.running, ended.exit_code) == (False, -1)

    @pytest.mark.spec("A3.13", "A3.10")
    async def test_a_list_tells_what_is_known_and_no_more(self, agent: Agent) -> None:
        """A running process has no exit code and no time of exit; an exited one has both."""
        process_id = await start(agent, "sleep 300")
        (running,) = await agent.processes.list_processes()
        assert (running.id, running.command, running.running) == (process_id, "sleep 300", True)
        assert {"exit_code", "exited_at_unix"}.isdisjoint(running.to_json())
        await end(agent, process_id)
        (exited,) = await agent.processes.list_processes()
        assert (exited.running, exited.exit_code) == (False, -1)
        assert exited.exited_at_unix is not None
        assert exited.exited_at_unix >= exited.started_at_unix == running.started_at_unix

    @pytest.mark.spec("A3.14", "A3.18", "A3.s7", "A3.s8")
    async def test_a_chats_processes_are_its_own(self, agent: Agent) -> None:
        """Another chat neither lists, reads nor signals them; a caller without a chat sees all."""
        alice, bob = agent.identified(ALICE), agent.identified(BOB)
        process_id = await start(alice, "sleep 300")
        assert await bob.processes.list_processes() == ()
        for view in (alice, agent):
            assert [process.id for process in await view.processes.list_processes()] == [process_id]
        with pytest.raises(AgentError) as read:
            await bob.processes.process_output(process_id)
        with pytest.raises(AgentError) as signalled:
            await bob.processes.signal_process(process_id, "kill")
        assert [caught.value.code for caught in (read, signalled)] == ["proc.not_found"] * 2
        assert [caught.value.status for caught in (read, signalled)] == [404] * 2
        await end(agent, process_id)

    @pytest.mark.spec("A3.14", "A3.18")
    async def test_a_process_that_no_chat_started_is_listed_for_none(self, agent: Agent) -> None:
        """It is not in a chat's list, but whoever knows its id may read it."""
        process_id = await start(agent, "echo open")
        await agent.processes.process_output(process_id, wait=True)
        alice = agent.identified(ALICE)
        assert await alice.processes.list_processes() == ()
        assert (await alice.processes.process_output(process_id)).output == "open\n"

    @pytest.mark.spec("A3.15", "A3.s9")
    async def test_a_list_shows_running_ones_first_and_then_the_newest(self, agent: Agent) -> None:
        """It is cut after ordering, so an old process that still runs stays in it."""
        oldest = await start(agent, "sleep 300")
        exited = [await start(agent, "true") for _ in range(PROCESS_LIST_MAX + 4)]
        for process_id in exited:
            await agent.processes.process_output(process_id, wait=True)
        listed = [process.id for process in await agent.processes.list_processes()]
        assert listed == [oldest, *reversed(exited)][:PROCESS_LIST_MAX]
        await end(agent, oldest)

    @pytest.mark.spec("A3.17", "A4.4")
    async def test_a_long_output_keeps_both_ends(self, agent: Agent) -> None:
        """What is missing in the middle is counted."""
        ended = await run(agent, "seq 1 20000")
        assert ended.output.startswith("1\n2\n")
        assert ended.output.endswith("\n20000\n")
        assert ended.truncated is not None
        assert ended.truncated.omitted_bytes == ended.truncated.original_bytes - 32768
        assert f"\n\n... [omitted {ended.truncated.omitted_bytes} bytes] ...\n\n" in ended.output

    @pytest.mark.spec("A3.18")
    async def test_an_unknown_process_is_not_found(self, agent: Agent) -> None:
        """Whoever asks, and whether for output or to signal."""
        unknown = "00000000-0000-4000-8000-000000000000"
        with pytest.raises(AgentError) as read:
            await agent.processes.process_output(unknown)
        with pytest.raises(AgentError) as signalled:
            await agent.processes.signal_process(unknown, "kill")
        assert [caught.value.status for caught in (read, signalled)] == [404, 404]

    @pytest.mark.spec("A3.19")
    async def test_exited_means_that_all_output_is_there(self, agent: Agent) -> None:
        """However the question falls, no snapshot says "exited" and misses bytes."""
        process_id = await start(agent, "seq 1 3000; echo end")
        with anyio.fail_after(PATIENCE_S):
            while (snapshot := await agent.processes.process_output(process_id)).running:
                await anyio.lowlevel.checkpoint()
        assert snapshot.output.endswith("\nend\n")

    @pytest.mark.spec("A3.20", "A3.22", "A3.s15")
    async def test_every_waiter_gets_the_same_end(self, agent: Agent) -> None:
        """Several wait at once; who comes too late does not wait at all."""
        process_id = await start(agent, "sleep 0.1; exit 5")
        ends: list[ProcessOutput] = []

        async def wait() -> None:
            ends.append(await agent.processes.process_output(process_id, wait=True))

        with anyio.fail_after(PATIENCE_S):
            async with anyio.create_task_group() as waiters:
                for _ in range(3):
                    waiters.start_soon(wait)
            await wait()
        assert [ended.exit_code for ended in ends] == [5, 5, 5, 5]

    @pytest.mark.spec("A3.e", "A3.18")
    async def test_a_bad_signal_is_checked_in_order(self, agent: Agent) -> None:
        """A foreign process first, then the signal's text, then the process."""
        process_id = await start(agent.identified(ALICE), "true")
        await agent.processes.process_output(process_id, wait=True)

        async def status(view: Agent, process: str, signal: str) -> int | None:
            with pytest.raises(AgentError) as caught:
                await view.processes.signal_process(process, signal)
            return caught.value.status

        assert await status(agent.identified(BOB), process_id, "") == 404
        assert await status(agent, "unknown", "") == 400
        assert await status(agent, process_id, "") == 400
        assert await status(agent, process_id, "KILL") == 400
        assert await status(agent, "unknown", "kill") == 404

    @pytest.mark.spec("A3.e", "A3.s14")
    async def test_a_finished_process_cannot_be_signalled(self, agent: Agent) -> None:
        """It is known, and that it has ended is told as a conflict."""
        process_id = await start(agent, "true")
        await agent.processes.process_output(process_id, wait=True)
        with pytest.raises(AgentError) as caught:
            await agent.processes.signal_process(process_id, "kill")
        assert (caught.value.status, caught.value.code) == (409, "proc.not_running")

    @pytest.mark.spec("A3.23", "A3.s13", "A3.3")
    async def test_a_signal_reaches_the_whole_group(self, agent: Agent) -> None:
        """Terminate is heard by the shell's child, too."""
        child = "(trap 'echo child heard; exit' TERM; echo ready; while :; do sleep 0.05; done)"
        process_id = await start(agent, f"{child} & wait")
        await wait_for_output(agent, process_id, "ready")
        await agent.processes.signal_process(process_id, "terminate")
        with anyio.fail_after(PATIENCE_S):
            ended = await agent.processes.process_output(process_id, wait=True)
        assert "child heard" in ended.output
        assert ended.exit_code == -1

    @pytest.mark.spec("A3.24")
    async def test_a_signal_is_sent_not_obeyed(self, agent: Agent) -> None:
        """A process that ignores it runs on, though the call succeeded."""
        process_id = await start(agent, "trap 'echo ignored' TERM; echo ready; while :; do sleep 0.05; done")
        await wait_for_output(agent, process_id, "ready")
        await agent.processes.signal_process(process_id, "terminate")
        await wait_for_output(agent, process_id, "ignored")
        assert (await end(agent, process_id)).exit_code == -1

    @pytest.mark.spec("A3.25")
    async def test_closing_twice_is_as_good_as_once(self, agent: Agent) -> None:
        """A closed connection starts nothing, whichever view closed it."""
        await agent.identified(ALICE).close()
        await agent.close()
        with pytest.raises(AgentError):
            await start(agent, "true")
