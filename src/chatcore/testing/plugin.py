"""Fixtures for pytest, loaded by itself wherever chatcore is installed.

    scripted_model      `scripted_model(script)` is a ScriptedModel; after the test, what it was asked must be legal
    simulation          `simulation(profile="rough")` is a run of `simulate` with the test's seed; a violation fails it
    chat_seed           the seed; by default one of the test's own, the same in every run

`--chat-seed 7` takes another seed, `--chat-seed 0:50` runs every test that has one with each of fifty. A test that
fails says how to run it again with the seed it had.
"""

import shlex
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from hashlib import sha256
from typing import TYPE_CHECKING, Final, Protocol

import pytest

if TYPE_CHECKING:
    from chatcore.adapters.scripted import Saying, Script, ScriptedModel
    from chatcore.testing.simulation.profile import Profile
    from chatcore.testing.simulation.run import Run

SEEDS_MAX: Final = 1 << 31
"""Seeds that tests have of their own are below it."""

_EXTRA: Final = ("hypothesis", "trio")


class MakeModel(Protocol):
    """What the fixture `scripted_model` is."""

    def __call__(self, script: "Script | Sequence[Iterable[Saying]]", *, delay_s: float = 0.0) -> "ScriptedModel":
        """A model that says what the script says."""
        ...


class Simulate(Protocol):
    """What the fixture `simulation` is: `simulate`, with the seed of the test."""

    def __call__(self, *, profile: "str | Profile" = "hostile", **options: object) -> "Run":
        """A run without a violation; the options are those of `simulate`. Fails the test if an invariant breaks."""
        ...


def pytest_addoption(parser: pytest.Parser) -> None:
    """`--chat-seed`."""
    parser.getgroup("chatcore").addoption(
        "--chat-seed",
        type=_seeds,
        default=(),
        metavar="SEED[:END]",
        help="seed of tests that use `chat_seed` or `simulation`: one (7), or each of a range (0:50)",
    )


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """One test for each seed that was asked for."""
    seeds: Sequence[int] = metafunc.config.getoption("chat_seed")
    if seeds and "chat_seed" in metafunc.fixturenames:
        metafunc.parametrize("chat_seed", seeds, ids=[f"seed-{seed}" for seed in seeds])


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Say how to run a failed test again with its seed."""
    report = yield
    seed = getattr(item, "funcargs", {}).get("chat_seed")
    if report.failed and seed is not None:
        report.sections.append(("The same again", _replay(item.nodeid, seed)))
    return report


@pytest.fixture
def chat_seed(request: pytest.FixtureRequest) -> int:
    """The seed of this test: of `--chat-seed`, else one that its name gives."""
    name: str = request.node.nodeid
    return int.from_bytes(sha256(name.encode()).digest()[:8]) % SEEDS_MAX


@pytest.fixture
def scripted_model() -> Iterator[MakeModel]:
    """Makes models that are driven by a script; afterwards every prompt that they were shown must be legal."""
    from chatcore.adapters.scripted import ScriptedModel

    models: list[ScriptedModel] = []

    def make(script: "Script | Sequence[Iterable[Saying]]", *, delay_s: float = 0.0) -> ScriptedModel:
        models.append(ScriptedModel(script, delay_s=delay_s))
        return models[-1]

    yield make
    _check_prompts(models)


@pytest.fixture
def simulation(chat_seed: int) -> Simulate:
    """Runs a simulated cluster with the seed of the test."""
    try:
        from chatcore.testing.simulation.simulate import simulate
    except ModuleNotFoundError as error:
        missing, _, _ = (error.name or "").partition(".")
        if missing not in _EXTRA:
            raise
        pytest.fail(f"the fixture `simulation` needs {missing}: install chatcore[testing]", pytrace=False)

    def run(*, profile: "str | Profile" = "hostile", **options: object) -> "Run":
        # The options are simulate's own; naming their types here once more would only let them differ.
        live: Callable[..., Run] = simulate
        done = live(chat_seed, profile=profile, **options)
        if done.violation is not None:
            pytest.fail(f"{done}\n{done.story()}", pytrace=False)
        return done

    return run


def _replay(name: str, seed: int) -> str:
    again = name.replace(f"[seed-{seed}]", "").replace(f"-seed-{seed}]", "]").replace(f"[seed-{seed}-", "[")
    return f"pytest {shlex.quote(again)} --chat-seed {seed}"


def _check_prompts(models: Iterable["ScriptedModel"]) -> None:
    from chatcore.testing.legal_prompts import faults_of_prompt

    for model in models:
        for number, asked in enumerate(model.requests, 1):
            faults = faults_of_prompt(asked.messages)
            assert not faults, f"prompt {number} of a scripted model is not legal: {'; '.join(faults)}"


def _seeds(text: str) -> Sequence[int]:
    """`7` is one seed, `0:50` are fifty. Raises: ValueError, which pytest turns into a word about usage."""
    first, colon, end = text.partition(":")
    seeds = range(int(first), int(end)) if colon else range(int(first), int(first) + 1)
    if not seeds or seeds[0] < 0:
        raise ValueError(f"{text!r} is no seed and no range of seeds")
    return seeds
