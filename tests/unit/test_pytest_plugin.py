"""The plugin, as a project that uses chatcore sees it."""

import re
from importlib.metadata import entry_points
from typing import Final

import pytest

pytest_plugins = ["pytester"]

_INSTALLED: Final = any(point.value == "chatcore.testing.plugin" for point in entry_points(group="pytest11"))


def run(pytester: pytest.Pytester, *args: str) -> pytest.RunResult:
    """Pytest in a process of its own, with the plugin."""
    plugin = () if _INSTALLED else ("-p", "chatcore.testing.plugin")
    return pytester.runpytest_subprocess("-p", "no:cacheprovider", "-W", "error", *plugin, *args)


def test_a_run_has_the_seed_of_its_test(pytester: pytest.Pytester) -> None:
    """The same each time, another one for another test, and the one that was asked for."""
    pytester.makepyfile(
        """
        def test_one(simulation, chat_seed):
            run = simulation(profile="calm", replicas=1, chats=1)
            assert run.seed == chat_seed
            print("seed", run.seed)

        def test_other(chat_seed):
            print("seed", chat_seed)
        """
    )
    first, again = run(pytester, "-s"), run(pytester, "-s")
    first.assert_outcomes(passed=2)

    seeds = [re.findall(r"seed (\d+)", result.stdout.str()) for result in (first, again)]
    assert seeds[0] == seeds[1]
    assert len(set(seeds[0])) == 2
    run(pytester, "-s", "--chat-seed", "7").stdout.fnmatch_lines_random(["*seed 7*"])


def test_a_range_runs_every_test_with_each_seed(pytester: pytest.Pytester) -> None:
    """And leaves those alone that have none."""
    pytester.makepyfile(
        """
        import pytest

        @pytest.mark.parametrize("size", [1, 2])
        def test_sized(chat_seed, size):
            assert 3 <= chat_seed < 6

        def test_plain():
            pass
        """
    )
    run(pytester, "--chat-seed", "3:6").assert_outcomes(passed=7)


@pytest.mark.parametrize("wrong", ["x", "5:3", "-1", ""])
def test_a_wrong_seed_is_told(pytester: pytest.Pytester, wrong: str) -> None:
    """As any wrong option."""
    result = run(pytester, f"--chat-seed={wrong}")

    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["*--chat-seed*"])


def test_a_violation_fails_the_test_and_tells_how_to_replay_it(pytester: pytest.Pytester) -> None:
    """With seed, profile, story and a command, which fails in the same way."""
    pytester.makepyfile(
        test_it="""
        import pytest
        from chatcore.testing import Checker

        class Silence(Checker):
            name = "silence"
            sentence = "Nothing happens."

            def at_rest(self, world):
                raise self.fail("something happened")

        @pytest.mark.parametrize("chats", [1])
        def test_silence(simulation, chats):
            simulation(profile="calm", replicas=1, chats=chats, checkers=[Silence])
        """
    )
    failed = run(pytester, "--chat-seed", "3:5")
    failed.assert_outcomes(failed=2)
    again = "pytest 'test_it.py::test_silence[[]1[]]' --chat-seed 3"
    failed.stdout.fnmatch_lines(
        [f"*{each}*" for each in ("seed 3, profile calm", "VIOLATION silence", "The same again", again)]
    )

    replayed = run(pytester, "test_it.py::test_silence", "--chat-seed", "3")
    replayed.assert_outcomes(failed=1)
    assert next(line for line in failed.outlines if line.startswith("VIOLATION")) in replayed.outlines


def test_a_scripted_model_is_shown_legal_prompts(pytester: pytest.Pytester) -> None:
    """What it was asked is looked at after the test."""
    pytester.makepyfile(
        """
        import anyio, chatcore
        from chatcore.domain.content.messages import Role
        from chatcore.domain.content.prompt import PromptMessage
        from chatcore.ports.model import ModelRequest

        async def ask(model):
            async with chatcore.open(model=model) as chats:
                return await (await chats.create("Hello", owner="ada")).ask("Hello?")

        def test_legal(scripted_model):
            assert "Hi." == anyio.run(ask, scripted_model([["Hi."], ["Hi."]]))

        def test_illegal(scripted_model):
            request = ModelRequest(model_id="m", messages=(PromptMessage(role=Role.USER, content=()),))
            anyio.run(scripted_model([["Hi."]]).generate, request)
        """
    )
    result = run(pytester)
    result.assert_outcomes(passed=2, errors=1)
    result.stdout.fnmatch_lines(["*prompt 1 of a scripted model is not legal: message 0 is empty*"])


def test_without_the_extra_the_plugin_does_nothing(pytester: pytest.Pytester) -> None:
    """Where hypothesis and trio are missing, tests run as ever, and the fixture says what it needs."""
    pytester.makeconftest(
        """
        import sys
        sys.modules["trio"] = sys.modules["hypothesis"] = None
        """
    )
    pytester.makepyfile(
        """
        def test_plain(scripted_model):
            assert scripted_model([["Hi."]]).requests == ()

        def test_simulation(simulation):
            simulation()
        """
    )
    result = run(pytester, "-p", "no:anyio", "-p", "no:hypothesispytest")
    result.assert_outcomes(passed=1, errors=1)
    result.stdout.fnmatch_lines(["*needs trio: install chatcore*testing*"])
