"""The simulated workspace keeps the contract of the agent port."""

from posixpath import join
from typing import Final

import anyio
import pytest
import trio.testing

import chatcore
from chatcore.adapters.scripted import Call, Pause, Saying, ScriptedModel
from chatcore.app.workspaces import OneWorkspace
from chatcore.domain.workspace.editing.values import Edit, EditRequest, FileEdits
from chatcore.ports.agent import AgentError, AgentUnreachable, CapabilityMissing
from chatcore.testing.contracts.agent import AgentContract
from chatcore.testing.contracts.agent_kit import ALICE, read, run, start
from chatcore.testing.deeds import results
from chatcore.testing.simulated_workspace import Invocation, Running, SimulatedWorkspace, Terminated, ToStderr
from chatcore.testing.workspace.tree import Link


def child_hears(_: Invocation) -> Running:
    """A shell whose child answers to the signal that goes to the whole group."""
    yield "ready\n"
    try:
        while True:
            yield Pause(0.05)
    except Terminated:
        yield "child heard\n"
        raise


def ignores(_: Invocation) -> Running:
    """A shell that answers to the signal and goes on."""
    yield "ready\n"
    while True:
        try:
            yield Pause(0.05)
        except Terminated:
            yield "ignored\n"


def links(run: Invocation) -> Running:
    """A file and 41 links, each to the one before."""
    yield from ()
    directory = run.args[0].split("'")[1]
    run.tree.write(join(directory, "l0"), b"")
    for number in range(1, 42):
        run.tree.put(join(directory, f"l{number}"), Link(f"l{number - 1}"))
    return 0


SCRIPTS: Final = {r"\(trap.*& wait": child_hears, r"trap .*": ignores, r"cd '.*' && touch l0; n=0; while .*": links}
"""What the suite asks of a shell and the small one does not understand."""


class TestSimulatedWorkspace(AgentContract):
    """On asyncio and on trio."""

    @pytest.fixture
    def agent(self) -> SimulatedWorkspace:
        """An empty one."""
        return SimulatedWorkspace(scripts=SCRIPTS)


class TestItsOwnPromises:
    """What a simulated workspace promises beyond the port."""

    pytestmark = pytest.mark.anyio

    async def test_a_missing_capability_is_the_ports_own_error(self) -> None:
        """What it never has, and what it was told to leave out."""
        workspace = SimulatedWorkspace(without=["files"])
        for capability in ("files", "git", "desktop"):
            with pytest.raises(CapabilityMissing) as caught:
                getattr(workspace.identified(ALICE), capability)
            assert capability == caught.value.capability
        assert workspace.processes is not None

    async def test_an_unplugged_one_is_unreachable_and_goes_on(self) -> None:
        """Calls fail through every view, retryable; what ran has gone on meanwhile."""
        workspace = SimulatedWorkspace(programs={"build": build})
        process_id = await start(workspace, "build")
        workspace.reachable = False
        view = workspace.identified(ALICE)
        with pytest.raises(AgentUnreachable) as caught:
            await view.processes.list_processes()
        assert caught.value.retryable
        assert not await view.await_reachable(0.05)
        workspace.reachable = True
        assert await view.await_reachable(0.05)
        assert "built\n" == (await workspace.processes.process_output(process_id, wait=True)).output

    async def test_programs_are_texts_and_generators(self) -> None:
        """A text is printed; a generator prints, takes time, reads and writes files, and has an exit code."""
        workspace = SimulatedWorkspace(
            {"/home/user/in": "3"}, programs={"git": "nothing to commit\n", "double": double}
        )
        assert "nothing to commit\n" == (await run(workspace, "git status")).output
        ended = await run(workspace, "double in out && cat out")
        assert ("doubling\n6", 0) == (ended.output, ended.exit_code)
        assert b"6" == await read(workspace, "/home/user/out")
        failed = await run(workspace, "double nothing out || echo failed")
        assert ("doubling\ndouble: No such file or directory\nfailed\n", 0) == (failed.output, failed.exit_code)

    async def test_what_a_program_prints_may_go_elsewhere(self) -> None:
        """Redirections take the words, not what is for people; a pipe hands them on."""
        workspace = SimulatedWorkspace(programs={"double": double, "shout": shout})
        await run(workspace, "echo 4 > in; double in out > log")
        assert b"doubling\n" == await read(workspace, "/home/user/log")
        assert "A\nB\n" == (await run(workspace, "echo a > f; echo b >> f; cat f | shout")).output
        assert "for people\n" == (await run(workspace, "double > log; double > log 2>&1; true")).output

    async def test_what_the_shell_does_not_understand_is_said(self) -> None:
        """With exit code 2 and the way out; nothing of the line runs."""
        workspace = SimulatedWorkspace()
        for line in ("touch x; for f in a b; do echo $f; done", "echo `pwd`", "(exit 3)", "sleep 1 & true", "ls *.py"):
            ended = await run(workspace, line)
            assert 2 == ended.exit_code
            assert "give the workspace a script" in ended.output
        assert () == tuple(workspace.tree.names("/home/user"))
        assert 127 == (await run(workspace, "nosuch")).exit_code

    async def test_a_program_that_crashes_or_never_pauses_ends(self) -> None:
        """With its error as its last words."""
        workspace = SimulatedWorkspace(programs={"crash": crash, "spin": spin})
        crashed = await run(workspace, "crash")
        assert ("crash: ZeroDivisionError: integer division or modulo by zero\n", 1) == (
            crashed.output,
            crashed.exit_code,
        )
        spun = await run(workspace, "spin")
        assert "without a pause" in spun.output

    async def test_rights_are_looked_at(self) -> None:
        """A file that may not be read, and a directory that may not be written in, are 403."""
        workspace = SimulatedWorkspace({"/project/secret": "x", "/locked/file": "y"})
        await run(workspace, "chmod 000 /project/secret; chmod 500 /locked")
        with pytest.raises(AgentError) as unread:
            await workspace.files.read_file("/project/secret")
        with pytest.raises(AgentError) as unwritten:
            await workspace.files.write_file("/locked/new", b"")
        edit = EditRequest(files=(FileEdits(path="/locked/file", edits=(Edit(search="y", replace="z"),)),))
        with pytest.raises(AgentError) as unedited:
            await workspace.files.edit_files(edit)
        assert [403] * 3 == [each.value.status for each in (unread, unwritten, unedited)]


class TestVirtualTime:
    """On trio's clock that jumps, long programs take no time, and events come in order."""

    pytestmark = pytest.mark.anyio

    @pytest.fixture
    def anyio_backend(self) -> tuple[str, dict[str, object]]:
        """Trio on a clock that jumps to whatever comes next."""
        return "trio", {"clock": trio.testing.MockClock(autojump_threshold=0)}

    async def test_programs_share_one_time(self) -> None:
        """A program ends when its time is over; of two that write one file, the later one wins, whoever is asked."""
        workspace = SimulatedWorkspace()
        slow = await start(workspace, "sleep 200; echo slow > file")
        quick = await start(workspace, "sleep 100; echo quick > file; echo -n quick")
        began = anyio.current_time()
        assert "" == (await workspace.processes.process_output(quick)).output
        await anyio.sleep(250)
        assert "quick" == (await workspace.processes.process_output(quick)).output
        assert b"slow\n" == await read(workspace, "/home/user/file")
        by_id = {info.id: info for info in await workspace.processes.list_processes()}
        times = [(by_id[each].exited_at_unix or 0) - by_id[each].started_at_unix for each in (slow, quick)]
        assert [200, 100] == times
        assert 250 == anyio.current_time() - began

    async def test_the_same_commands_are_the_same_run(self) -> None:
        """Ids, times and outputs alike."""

        async def live() -> list[object]:
            workspace = SimulatedWorkspace(programs={"build": build})
            for line in ("build", "mktemp -d", "sleep 5; ls /tmp"):
                await run(workspace, line)
            listed = [
                (info.id, info.command, (info.exited_at_unix or 0) - info.started_at_unix)
                for info in await workspace.processes.list_processes()
            ]
            return [listed, sorted(workspace.tree.names("/tmp"))]

        assert await live() == await live()

    async def test_a_model_works_in_it(self) -> None:
        """The standard tools run on it as on any workspace."""
        workspace = SimulatedWorkspace({"/project/a.txt": "one\n"}, programs={"build": build}, directory="/project")
        script: list[list[Saying]] = [
            [Call("execute", {"command": "build && cat a.txt"}), Call("read_file", {"path": "/project/a.txt"})],
            [Call("write_file", {"path": "/project/b.txt", "content": "two"})],
            ["Done."],
        ]
        async with chatcore.open(model=ScriptedModel(script), workspace=OneWorkspace(workspace)) as chats:
            chat = await chats.create("Build it.", owner="ada")
            await chat.rest()
            said = [result.result for result in await results(chat)]
        assert "built\\none\\n" in (said[0] or "")
        assert "1\\tone" in (said[1] or "")
        assert b"two" == workspace.tree.read("/project/b.txt")
        assert ("/project", "/project/b.txt") == workspace.paths.get_paths(chat.id)


def build(_: Invocation) -> Running:
    """Takes a moment."""
    yield Pause(0.05)
    yield "built\n"
    return 0


def double(run: Invocation) -> Running:
    """Twice the number in one file into another."""
    if not run.args:
        yield ToStderr("for people\n")
        return 2
    yield "doubling\n"
    yield Pause(0.02)
    run.write(run.args[1], str(2 * int(run.read(run.args[0]))))
    return 0


def shout(run: Invocation) -> Running:
    """What it is given, aloud."""
    yield run.stdin.upper()
    return 0


def crash(_: Invocation) -> Running:
    """Has a bug."""
    yield str(1 // 0)
    return 0


def spin(_: Invocation) -> Running:
    """Never ends."""
    while True:
        yield ""
