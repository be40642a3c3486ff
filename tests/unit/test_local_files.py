"""What a local agent's files do beyond the contract: permissions, modes, cancelling, touched paths (A5)."""

import os
import tempfile
from collections.abc import AsyncIterator, Awaitable, Iterator
from pathlib import Path

import anyio
import pytest

from chatcore.adapters.agent.local import LocalAgent
from chatcore.adapters.system import SystemClock, SystemIds
from chatcore.domain.ids import ChatId
from chatcore.domain.workspace.editing.values import Edit, EditRequest, FileEdits
from chatcore.domain.workspace.identity import ChatIdentity
from chatcore.domain.workspace.line_reader import LineFailure
from chatcore.ports.agent import AgentError
from chatcore.testing.contracts.agent_kit import ALICE, read

pytestmark = pytest.mark.anyio

CHILD = ChatIdentity(chat_id=ChatId("33333333-3333-4333-8333-333333333333"), ancestors=(ALICE.chat_id,))


@pytest.fixture
async def agent() -> AsyncIterator[LocalAgent]:
    """This machine."""
    async with LocalAgent.open(clock=SystemClock(), ids=SystemIds()) as local:
        yield local


@pytest.fixture
def unprivileged() -> Iterator[Path]:
    """A directory of a user to whom permissions apply; the superuser becomes nobody for the test."""
    with tempfile.TemporaryDirectory() as made:
        if os.geteuid() != 0:
            yield Path(made)
            return
        os.chown(made, 65534, 65534)
        os.seteuid(65534)
        try:
            yield Path(made)
        finally:
            os.seteuid(0)


@pytest.mark.spec("A5.3.5", "A5.4.6")
async def test_only_what_succeeded_for_a_chat_is_remembered(agent: LocalAgent, tmp_path: Path) -> None:
    """As the caller wrote it; a failed or anonymous change leaves no trace."""
    written, edited = f"{tmp_path}/./written", f"{tmp_path}/edited"
    child = agent.identified(CHILD)
    await agent.files.write_file(edited, b"a")
    await child.files.write_file(written, b"a")
    request = EditRequest(files=(FileEdits(path=edited, edits=(Edit(search="a", replace="b"),)),))
    await child.files.edit_files(request)
    with pytest.raises(AgentError):
        await child.files.write_file(f"{edited}/in/the/way", b"")
    with pytest.raises(AgentError):
        await child.files.edit_files(request)
    for chat in (CHILD.chat_id, ALICE.chat_id):
        assert agent.paths.get_paths(chat) == (written, edited)


@pytest.mark.spec("A5.1.4", "A5.2.2", "A5.3.3", "A5.4", "A5.6.3", "A5.7.1", "A5.3.1")
async def test_permissions_are_told(agent: LocalAgent, unprivileged: Path) -> None:
    """403 wherever the system refuses; 500 where a write cannot even find its place."""
    locked, secret, shut = unprivileged / "locked", unprivileged / "secret", unprivileged / "shut"
    locked.mkdir()
    (locked / "file").write_bytes(b"a")
    locked.chmod(0o555)
    secret.write_bytes(b"a")
    secret.chmod(0)
    shut.mkdir(mode=0)
    files = agent.files

    async def status(call: Awaitable[object]) -> int | None:
        with pytest.raises(AgentError) as caught:
            await call
        return caught.value.status

    def edit(path: Path) -> EditRequest:
        return EditRequest(files=(FileEdits(path=str(path), edits=(Edit(search="a", replace="b"),)),))

    assert (await files.read_file_lines(str(secret))).failure is LineFailure.NO_PERMISSION
    assert await status(files.read_file(str(secret))) == 403
    assert await status(files.edit_files(edit(secret))) == 403
    assert await status(files.edit_files(edit(locked / "file"))) == 403
    assert await status(files.write_file(str(locked / "file"), b"b")) == 403
    assert await status(files.write_file(str(locked / "new" / "file"), b"b")) == 403
    assert await status(files.ls(str(shut))) == 403
    assert await status(files.resolve_path(str(shut / "x"))) == 403
    assert await status(files.write_file(str(shut / "x"), b"b")) == 500
    assert await read(agent, str(locked / "file")) == b"a"
    shut.chmod(0o700)


@pytest.mark.spec("A5.4.2")
async def test_a_failing_write_leaves_the_files_before_it_written(agent: LocalAgent, unprivileged: Path) -> None:
    """Each file is atomic, the request is not."""
    (unprivileged / "locked").mkdir()
    paths = [unprivileged / "open", unprivileged / "locked" / "file"]
    for path in paths:
        path.write_bytes(b"a")
    (unprivileged / "locked").chmod(0o555)
    edits = (Edit(search="a", replace="b"),)
    with pytest.raises(AgentError) as caught:
        await agent.files.edit_files(EditRequest(files=tuple(FileEdits(path=str(path), edits=edits) for path in paths)))
    assert caught.value.status == 403
    assert [path.read_bytes() for path in paths] == [b"b", b"a"]


@pytest.mark.spec("A5.3.2")
async def test_a_new_file_has_the_mode_that_the_umask_leaves(agent: LocalAgent, tmp_path: Path) -> None:
    """0666 without the umask's bits, and the temporary file is a hidden sibling with eight hexadecimal digits."""
    before = os.umask(0o027)
    seen: list[str] = []

    async def body() -> AsyncIterator[bytes]:
        seen.extend(os.listdir(tmp_path))
        yield b"x"

    try:
        await agent.files.write_file(str(tmp_path / "file"), body())
    finally:
        os.umask(before)
    assert (tmp_path / "file").stat().st_mode & 0o777 == 0o640
    (temporary,) = seen
    assert temporary.startswith(".file.tmp.")
    assert int(temporary.removeprefix(".file.tmp."), 16) < 16**8 == 16 ** len(temporary.removeprefix(".file.tmp."))
    assert os.listdir(tmp_path) == ["file"]


@pytest.mark.spec("A5.3.3")
async def test_a_cancelled_write_changes_nothing(agent: LocalAgent, tmp_path: Path) -> None:
    """The caller may go at any time; no temporary file stays."""
    path = tmp_path / "file"
    path.write_bytes(b"old")

    async def body() -> AsyncIterator[bytes]:
        yield b"half"
        scope.cancel()
        await anyio.sleep_forever()

    with anyio.CancelScope() as scope:
        await agent.files.write_file(str(path), body())
    assert scope.cancelled_caught
    assert (os.listdir(tmp_path), path.read_bytes()) == (["file"], b"old")


@pytest.mark.spec("A5.3.1")
async def test_a_special_file_is_never_replaced(agent: LocalAgent, tmp_path: Path) -> None:
    """Renaming over a device or a pipe would remove it; reading from one might never end."""
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    with anyio.fail_after(5):
        with pytest.raises(AgentError) as written:
            await agent.files.write_file(str(pipe), b"x")
        with pytest.raises(AgentError) as read_file:
            await agent.files.read_file(str(pipe))
        lines = await agent.files.read_file_lines(str(pipe))
    assert (written.value.status, read_file.value.status) == (400, 400)
    assert lines.failure is LineFailure.NOT_A_FILE
    assert pipe.is_fifo()


@pytest.mark.spec("A5.4.1", "A5.4.3")
async def test_edits_at_the_same_time_do_not_undo_each_other(agent: LocalAgent, tmp_path: Path) -> None:
    """A model may ask for several in one step."""
    path = tmp_path / "file"
    path.write_text("".join(f"<{number}>\n" for number in range(20)))

    async def edit(number: int) -> None:
        change = Edit(search=f"<{number}>", replace=f"done {number}")
        await agent.files.edit_files(EditRequest(files=(FileEdits(path=str(path), edits=(change,)),)))

    async with anyio.create_task_group() as editors:
        for number in range(20):
            editors.start_soon(edit, number)
    assert path.read_text() == "".join(f"done {number}\n" for number in range(20))


@pytest.mark.spec("A5.1.4")
@pytest.mark.parametrize("path", ["/a\0b", "/\ud800"])
async def test_an_impossible_path_is_refused(agent: LocalAgent, path: str) -> None:
    """A null byte or half a character names nothing on this system."""
    with pytest.raises(AgentError) as caught:
        await agent.files.read_file(path)
    assert caught.value.status == 400
    assert not (await agent.files.read_file_lines(path)).success


@pytest.mark.spec("A5.1.2", "A2.2")
async def test_a_stream_ends_where_it_was_to_and_can_be_closed_early(agent: LocalAgent, tmp_path: Path) -> None:
    """Its pieces are never longer than asked for; a closed one gives nothing more."""
    (tmp_path / "file").write_bytes(b"0123456789")
    content = await agent.files.read_file(str(tmp_path / "file"), 2, 5)
    assert [await content.stream.receive(3), await content.stream.receive(3)] == [b"234", b"56"]
    with pytest.raises(anyio.EndOfStream):
        await content.stream.receive()
    await content.stream.aclose()
    await content.stream.aclose()
    with pytest.raises(anyio.ClosedResourceError):
        await content.stream.receive()
