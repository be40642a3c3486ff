"""The files of the agent contract (agent-and-relay A5)."""

from collections.abc import AsyncIterator

import pytest

from chatcore.domain.limits import READ_FILE_BYTES_MAX
from chatcore.domain.workspace.editing.values import Edit, EditRequest, EditsDone, FileEdits
from chatcore.domain.workspace.line_reader import LineLimits
from chatcore.ports.agent import Agent, AgentError, ListDirectory
from chatcore.testing.contracts.agent_kit import AgentFixtures, read, run


@pytest.mark.anyio
class FilesContract(AgentFixtures):
    """Promises about files."""

    @pytest.mark.spec("A5.1.1", "A5.1.2", "A5.1.3", "A5.s1", "A2.2")
    async def test_a_part_of_a_file_can_be_read(self, agent: Agent, directory: str) -> None:
        """From an offset, so many bytes, and with the media type of its name."""
        path = f"{directory}/a.png"
        await agent.files.write_file(path, b"0123456789")
        content = await agent.files.read_file(path, 4, 3)
        async with content.stream:
            assert b"".join([chunk async for chunk in content.stream]) == b"456"
        assert (content.media_type, content.length_bytes) == ("image/png", 3)

    @pytest.mark.spec("A5.1.1", "A5.1.2", "A2.1")
    @pytest.mark.parametrize(
        ("offset", "limit", "expected"),
        [(0, 0, b"0123456789"), (7, 0, b"789"), (7, 99, b"789"), (10, 0, b""), (99, 5, b"")],
    )
    async def test_reading_stops_at_the_end(
        self, agent: Agent, directory: str, offset: int, limit: int, expected: bytes
    ) -> None:
        """No limit means to the end; an offset at or past it gives nothing."""
        await agent.files.write_file(f"{directory}/file", b"0123456789")
        assert await read(agent, f"{directory}/file", offset, limit) == expected

    @pytest.mark.spec("A5.1.1", "A1.3")
    async def test_a_negative_number_is_named(self, agent: Agent, directory: str) -> None:
        """Each bad field is told."""
        with pytest.raises(AgentError) as caught:
            await agent.files.read_file(f"{directory}/file", -1, -1)
        assert caught.value.status == 400
        assert [problem.field for problem in caught.value.validations] == ["offset", "limit"]

    @pytest.mark.spec("A5.1.3")
    async def test_a_name_that_says_nothing_is_just_bytes(self, agent: Agent, directory: str) -> None:
        """The media type is then the general one."""
        await agent.files.write_file(f"{directory}/thing", b"x")
        content = await agent.files.read_file(f"{directory}/thing")
        await content.stream.aclose()
        assert content.media_type == "application/octet-stream"

    @pytest.mark.spec("A5.1.4", "A5.s2")
    async def test_what_is_no_file_cannot_be_read(self, agent: Agent, directory: str) -> None:
        """Missing is 404, a directory or a device 400, a relative path 400."""
        statuses = []
        for path in (f"{directory}/missing", directory, "/dev/null", "relative"):
            with pytest.raises(AgentError) as caught:
                await agent.files.read_file(path)
            statuses.append(caught.value.status)
        assert statuses == [404, 400, 400, 400]

    @pytest.mark.spec("A5.2.5", "A5.2.7", "A5.s3")
    async def test_lines_are_numbered_as_in_the_file(self, agent: Agent, directory: str) -> None:
        """A part of a file keeps its own numbers."""
        await agent.files.write_file(f"{directory}/file", b"a\nb\nc\nd\ne")
        shown = await agent.files.read_file_lines(f"{directory}/file", 2, 2)
        assert (shown.success, shown.content) == (True, "2\tb\n3\tc")
        assert (shown.file_size, shown.total_lines, shown.lines_read) == (9, 5, 2)

    @pytest.mark.spec("A5.2.1", "A5.2.2", "A5.s2")
    async def test_reading_lines_never_raises(self, agent: Agent, directory: str) -> None:
        """Whatever is wrong with the file is told in the result."""
        paths = ("", "relative", f"{directory}/missing", directory)
        results = [await agent.files.read_file_lines(path) for path in paths]
        assert [result.success for result in results] == [False] * 4
        assert all(result.error for result in results)

    @pytest.mark.spec("A5.2.1", "A5.2.2", "A5.s4")
    async def test_a_file_over_the_limit_is_refused(self, agent: Agent, directory: str) -> None:
        """Strictly over: the limit itself is fine; the text names both sizes."""
        await agent.files.write_file(f"{directory}/file", b"x" * (READ_FILE_BYTES_MAX + 1))
        refused = await agent.files.read_file_lines(f"{directory}/file")
        assert (refused.success, refused.content) == (False, None)
        assert f"{READ_FILE_BYTES_MAX + 1}" in (refused.error or "")
        assert f"{READ_FILE_BYTES_MAX}" in (refused.error or "")
        limits = LineLimits(file_bytes_max=READ_FILE_BYTES_MAX + 1)
        assert (await agent.files.read_file_lines(f"{directory}/file", limits=limits)).success

    @pytest.mark.spec("A5.3.1", "A5.3.5", "A5.s7")
    async def test_writing_makes_missing_directories(self, agent: Agent, directory: str) -> None:
        """With mode 0755, and the answer names the path."""
        path = f"{directory}/some/where/file"
        written = await agent.files.write_file(path, b"words")
        assert path in written.message
        assert await read(agent, path) == b"words"
        assert (await run(agent, f"stat -c %a '{directory}/some' '{directory}/some/where'")).output == "755\n755\n"

    @pytest.mark.spec("A5.3.1", "A5.s8")
    async def test_what_is_in_the_way_is_told(self, agent: Agent, directory: str) -> None:
        """A file for a directory, a directory for a file, a relative path: all 400, and nothing is replaced."""
        await agent.files.write_file(f"{directory}/file", b"old")
        for path in (f"{directory}/file/x", f"{directory}/file/x/y", directory, "relative"):
            with pytest.raises(AgentError) as caught:
                await agent.files.write_file(path, b"new")
            assert caught.value.status == 400
        assert await read(agent, f"{directory}/file") == b"old"

    @pytest.mark.spec("A5.3.2", "A5.s9")
    async def test_writing_keeps_the_mode(self, agent: Agent, directory: str) -> None:
        """An executable stays one; a new file gets what the umask leaves; no temporary file stays."""
        path = f"{directory}/script"
        await run(agent, f"umask 022; echo old > '{path}'; chmod 0755 '{path}'")
        await agent.files.write_file(path, b"new")
        await agent.files.edit_files(_edits(path, Edit(search="new", replace="newer")))
        assert (await run(agent, f"stat -c %a '{path}'; ls -A '{directory}'")).output == "755\nscript\n"
        assert await read(agent, path) == b"newer"

    @pytest.mark.spec("A5.3.3", "A5.s10")
    async def test_a_body_that_breaks_off_changes_nothing(self, agent: Agent, directory: str) -> None:
        """The old content stays, and no temporary file does."""

        async def body() -> AsyncIterator[bytes]:
            yield b"half"
            raise ConnectionError("gone")

        await agent.files.write_file(f"{directory}/file", b"old")
        with pytest.raises(AgentError) as caught:
            await agent.files.write_file(f"{directory}/file", body())
        assert caught.value.status == 500
        assert (await run(agent, f"ls -A '{directory}'")).output == "file\n"
        assert await read(agent, f"{directory}/file") == b"old"

    @pytest.mark.spec("A5.3.2")
    async def test_a_body_may_come_in_pieces(self, agent: Agent, directory: str) -> None:
        """The file is the pieces put together."""

        async def body() -> AsyncIterator[bytes]:
            for number in range(100):
                yield b"%d," % number

        await agent.files.write_file(f"{directory}/file", body())
        assert await read(agent, f"{directory}/file") == b"".join(b"%d," % number for number in range(100))

    @pytest.mark.spec("A5.3.4", "A5.4.4", "A5.s17")
    async def test_a_link_stays_a_link(self, agent: Agent, directory: str) -> None:
        """Writing and editing change its target; a dangling link makes its target."""
        link, target = f"{directory}/link", f"{directory}/target"
        await run(agent, f"ln -s target '{link}'")
        await agent.files.write_file(link, b"one")
        await agent.files.edit_files(_edits(link, Edit(search="one", replace="two")))
        assert (await run(agent, f"readlink '{link}'")).output == "target\n"
        assert await read(agent, target) == b"two"

    @pytest.mark.spec("A5.4")
    async def test_an_edit_needs_files_paths_and_edits(self, agent: Agent, directory: str) -> None:
        """Each thing that is missing is the caller's mistake."""
        edit = Edit(search="a", replace="b")
        for request in (
            EditRequest(files=()),
            _edits("", edit),
            _edits("relative", edit),
            _edits(f"{directory}/file"),
            _edits(directory, edit),
        ):
            with pytest.raises(AgentError) as caught:
                await agent.files.edit_files(request)
            assert caught.value.status == 400

    @pytest.mark.spec("A5.4.1", "A5.s11", "A5.s12")
    async def test_nothing_is_written_unless_all_edits_succeed(self, agent: Agent, directory: str) -> None:
        """All failures are told together, under the highest of their statuses."""
        first, second = f"{directory}/first", f"{directory}/second"
        for path in (first, second):
            await agent.files.write_file(path, b"old")
        good = FileEdits(path=first, edits=(Edit(search="old", replace="new"),))
        bad = FileEdits(path=second, edits=(Edit(search="absent", replace="new"),))
        missing = FileEdits(path=f"{directory}/missing", edits=(Edit(search="a", replace="b"),))
        with pytest.raises(AgentError) as one:
            await agent.files.edit_files(EditRequest(files=(good, bad)))
        with pytest.raises(AgentError) as two:
            await agent.files.edit_files(EditRequest(files=(bad, missing, good)))
        assert (one.value.status, one.value.code, two.value.status) == (400, "edit.not_found", 404)
        assert second in two.value.message
        assert missing.path in two.value.message
        assert [await read(agent, path) for path in (first, second)] == [b"old", b"old"]

    @pytest.mark.spec("A5.4", "A5.4.3")
    async def test_entries_of_one_path_are_merged(self, agent: Agent, directory: str) -> None:
        """Their edits run in the order of the request, each on the result before, and the answer has one entry."""
        path = f"{directory}/file"
        await agent.files.write_file(path, b"a\n")
        first = FileEdits(path=path, edits=(Edit(search="a", replace="b"),))
        second = FileEdits(path=path, edits=(Edit(search="b", replace="c"),))
        done = await agent.files.edit_files(EditRequest(files=(first, second), include_diff=True))
        assert await read(agent, path) == b"c\n"
        assert done.files is not None
        (file,) = done.files
        assert (file.path, file.diff) == (path, f"--- {path}\n+++ {path}\n@@ -1 +1 @@\n-a\n+c\n")

    @pytest.mark.spec("A5.4", "A5.s17")
    async def test_one_file_under_two_names_is_refused(self, agent: Agent, directory: str) -> None:
        """A link and its target in one request would undo each other."""
        target, link = f"{directory}/target", f"{directory}/link"
        await agent.files.write_file(target, b"a b")
        await run(agent, f"ln -s target '{link}'")
        files = (
            FileEdits(path=target, edits=(Edit(search="a", replace="x"),)),
            FileEdits(path=link, edits=(Edit(search="b", replace="y"),)),
        )
        with pytest.raises(AgentError) as caught:
            await agent.files.edit_files(EditRequest(files=files))
        assert (caught.value.status, await read(agent, target)) == (400, b"a b")

    @pytest.mark.spec("A5.4", "A5.4.5", "A5.s16")
    async def test_diffs_come_only_when_asked_for(self, agent: Agent, directory: str) -> None:
        """An edit that changes nothing has an empty diff, and its entry all the same."""
        path = f"{directory}/file"
        await agent.files.write_file(path, b"same\n")
        edit = Edit(search="same", replace="same")
        assert await agent.files.edit_files(_edits(path, edit)) == EditsDone()
        done = await agent.files.edit_files(EditRequest(files=_edits(path, edit).files, include_diff=True))
        assert done.to_json() == {"files": [{"path": path, "diff": ""}]}

    @pytest.mark.spec("A5.5")
    async def test_an_edit_leaves_foreign_bytes_alone(self, agent: Agent, directory: str) -> None:
        """What is no UTF-8 stays byte for byte."""
        path = f"{directory}/file"
        await agent.files.write_file(path, b"\xff\xfe caf\xe9\r\nword\r\n\x80")
        await agent.files.edit_files(_edits(path, Edit(search="word", replace="wörd")))
        assert await read(agent, path) == b"\xff\xfe caf\xe9\r\nw\xc3\xb6rd\r\n\x80"

    @pytest.mark.spec("A5.6.1", "A5.6.2")
    async def test_a_listing_puts_directories_first(self, agent: Agent, directory: str) -> None:
        """Then byte order; a link to a directory is no directory."""
        await run(agent, f"cd '{directory}' && mkdir b Z && touch a Y é && ln -s b link")
        listing = await agent.files.ls(directory)
        assert [(entry.name, entry.is_dir) for entry in listing.contents] == [
            ("Z", True),
            ("b", True),
            ("Y", False),
            ("a", False),
            ("link", False),
            ("é", False),
        ]
        assert listing.contents[0].absolute_path_string == f"{directory}/Z"
        assert "/" + "/".join(listing.absolute_path) == listing.absolute_path_string == directory

    @pytest.mark.spec("A5.6.1")
    async def test_a_directory_may_be_named_by_segments(self, agent: Agent, directory: str) -> None:
        """Below the root or the home; a path, when given, wins."""
        segments = tuple(directory.strip("/").split("/"))
        request = ListDirectory(path=segments)
        home = await agent.files.ls(request=ListDirectory(relativity="home"))
        assert (await agent.files.ls(request=request)).absolute_path == segments
        assert (await agent.files.ls("/", request)).absolute_path == ()
        assert home.absolute_path_string == (await run(agent, "cd ~ && pwd")).output.strip()

    @pytest.mark.spec("A5.6.1", "A5.6.3")
    async def test_what_cannot_be_listed(self, agent: Agent, directory: str) -> None:
        """Missing is 404; a relative path, a file and an unknown starting point are 500."""
        await agent.files.write_file(f"{directory}/file", b"")
        statuses = []
        for path in (f"{directory}/missing", "relative", f"{directory}/file"):
            with pytest.raises(AgentError) as caught:
                await agent.files.ls(path)
            statuses.append(caught.value.status)
        with pytest.raises(AgentError) as unknown:
            await agent.files.ls(request=ListDirectory(relativity="moon"))
        assert [*statuses, unknown.value.status] == [404, 500, 500, 500]

    @pytest.mark.spec("A5.7.1")
    async def test_a_path_is_resolved_as_far_as_it_exists(self, agent: Agent, directory: str) -> None:
        """Links are followed, also absolute and dangling ones; a missing tail is kept."""
        await run(agent, f"cd '{directory}' && mkdir real && ln -s real link && ln -s '{directory}/gone/away' loose")
        resolve = agent.files.resolve_path
        assert await resolve(f"{directory}/link/x/y") == f"{directory}/real/x/y"
        assert await resolve(f"{directory}/loose") == f"{directory}/gone/away"
        assert await resolve(f"{directory}/./real/../link/") == f"{directory}/real"
        with pytest.raises(AgentError) as caught:
            await resolve("relative")
        assert caught.value.status == 400

    @pytest.mark.spec("A5.7.1")
    async def test_forty_links_may_be_followed(self, agent: Agent, directory: str) -> None:
        """The 41st is one too many."""
        chain = "touch l0; n=0; while [ $n -lt 41 ]; do ln -s l$n l$((n+1)); n=$((n+1)); done"
        await run(agent, f"cd '{directory}' && {chain}")
        assert await agent.files.resolve_path(f"{directory}/l40") == f"{directory}/l0"
        with pytest.raises(AgentError) as caught:
            await agent.files.resolve_path(f"{directory}/l41")
        assert caught.value.status == 500


def _edits(path: str, *edits: Edit) -> EditRequest:
    return EditRequest(files=(FileEdits(path=path, edits=edits),))
