"""Rules of A3 and A5 about this machine that only show when the test arranges the machine for them."""

import os
from collections.abc import Mapping
from pathlib import Path

import pytest

from chatcore.adapters.agent.local import LocalAgent, LocalSettings
from chatcore.adapters.agent.local.agent import OpenedLocalAgent
from chatcore.adapters.system import SystemClock, SystemIds
from chatcore.domain.workspace.editing.apply import apply_edit
from chatcore.domain.workspace.editing.values import Edit
from chatcore.domain.workspace.line_reader import LineFailure, LineLimits
from chatcore.ports.agent import AgentError
from chatcore.testing.contracts.agent_kit import run, start

on_both_loops = pytest.mark.anyio


def opened(settings: LocalSettings | None = None) -> OpenedLocalAgent:
    """A local agent with the system's clock and ids."""
    return LocalAgent.open(clock=SystemClock(), ids=SystemIds(), settings=settings)


@on_both_loops
@pytest.mark.spec("A3.2", "A3.25")
async def test_a_closed_agent_starts_nothing(tmp_path: Path) -> None:
    """The start fails like any other that cannot be carried out, and the command does not run."""
    async with opened() as agent:
        await agent.close()
        with pytest.raises(AgentError) as caught:
            await start(agent, f"touch '{tmp_path}/ran'")

    assert (500, "proc.start_failed") == (caught.value.status, caught.value.code)
    assert [] == os.listdir(tmp_path)


@on_both_loops
@pytest.mark.spec("A3.3")
async def test_a_command_is_run_by_sh_and_reads_from_the_null_device() -> None:
    """Whatever the agent's own input is."""
    reading, writing = os.pipe()
    kept = os.dup(0)
    os.dup2(reading, 0)
    try:
        async with opened() as agent:
            ended = await run(agent, 'echo "$0"; readlink /proc/self/fd/0')
    finally:
        os.dup2(kept, 0)
        for descriptor in (kept, reading, writing):
            os.close(descriptor)

    assert "sh\n/dev/null\n" == ended.output


@on_both_loops
@pytest.mark.spec("A3.6", "A3.s6")
async def test_when_the_hook_fails_the_process_environment_is_still_there(monkeypatch: pytest.MonkeyPatch) -> None:
    """All of it, and above it what the request sets."""
    monkeypatch.setenv("PLAIN", "plain")

    def hook(environment: Mapping[str, str]) -> Mapping[str, str]:
        raise LookupError("no environment today")

    async with opened(LocalSettings(environment_hook=hook)) as agent:
        ended = await run(agent, 'echo "$PLAIN $ASKED"', env={"ASKED": "asked"})

    assert "plain asked\n" == ended.output


@on_both_loops
@pytest.mark.spec("A5.2.1", "A5.2.2")
async def test_every_way_in_which_lines_cannot_be_read_has_its_kind(tmp_path: Path) -> None:
    """None is an exception, none brings content, and each says in words what is wrong."""
    file = tmp_path / "file"
    file.write_text("one\ntwo\nthree")
    small = LineLimits(file_bytes_max=12)
    narrow = LineLimits(response_bytes_max=8)
    few = LineLimits(response_lines_max=2)
    async with opened() as agent:
        files = agent.files
        read = {
            LineFailure.PATH_MISSING: await files.read_file_lines(""),
            LineFailure.PATH_RELATIVE: await files.read_file_lines("file"),
            LineFailure.NOT_FOUND: await files.read_file_lines(f"{tmp_path}/none"),
            LineFailure.NOT_A_FILE: await files.read_file_lines(str(tmp_path)),
            LineFailure.TOO_LARGE: await files.read_file_lines(str(file), limits=small),
            LineFailure.OFFSET_BEYOND_END: await files.read_file_lines(str(file), offset=4),
            LineFailure.TOO_MANY_BYTES: await files.read_file_lines(str(file), limits=narrow),
            LineFailure.TOO_MANY_LINES: await files.read_file_lines(str(file), limit=3, limits=few),
        }

    assert list(read) == [outcome.failure for outcome in read.values()]
    assert {(False, None)} == {(outcome.success, outcome.content) for outcome in read.values()}
    told = {failure: outcome.error or "" for failure, outcome in read.items()}
    assert all(told.values())
    assert all(number in told[LineFailure.TOO_LARGE] for number in ("13", "12"))
    assert all(number in told[LineFailure.OFFSET_BEYOND_END] for number in ("4", "3"))
    assert "offset" in told[LineFailure.TOO_MANY_LINES]


@pytest.mark.spec("A5.5.splicing.1")
def test_the_end_that_search_and_replacement_share_keeps_the_files_own_lead() -> None:
    """An inserted line shifts the lines below it; they are paired from the end, not by their number."""
    edit = Edit(search="one\ntwo\nend\n", replace="one\ntwo\nnew\nend\n")

    assert "\tone\n\ttwo\n\t\tnew\n\t\tend\n" == apply_edit("\tone\n\ttwo\n\t\tend\n", edit)


@pytest.mark.spec("A5.5.splicing.5")
def test_the_unit_of_indentation_divides_every_lead() -> None:
    """Leads of four and six spaces make a unit of two: the new line is one level deeper, in the file's tabs."""
    edit = Edit(search="    one\n      two\n", replace="    one\n      two\n        new\n")

    assert "\tone\n\t\ttwo\n\t\t\tnew\n" == apply_edit("\tone\n\t\ttwo\n", edit)


@pytest.mark.spec("A5.5.splicing.4")
def test_an_inserted_line_leans_on_the_neighbour_that_it_stands_as_deep_as() -> None:
    """On the one before it here; where the file's unit cannot be told, it gets that line's lead."""
    edit = Edit(search="one\n  end\n", replace="one\nnew\n  end\n")

    assert "\tone\n\tnew\n    end\n" == apply_edit("\tone\n    end\n", edit)
    deeper = Edit(search="one\n  end\n", replace="one\n  new\n  end\n")
    assert "\tone\n    new\n    end\n" == apply_edit("\tone\n    end\n", deeper)
