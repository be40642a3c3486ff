"""The page of the documentation that lists invariants with their checkers, and sabotages with who notices them."""

from collections.abc import Iterator, Mapping
from typing import Final

from chatcore.testing.simulation.checkers import CHECKERS
from chatcore.testing.simulation.checking import OF_THE_CLUSTER
from chatcore.testing.simulation.sabotages import SABOTAGES
from chatcore.testing.simulation.sabotages.needed import SEEDS_MAX, SEEDS_NEEDED

_SOURCE: Final = "../src"
_CLUSTER: Final = "chatcore.testing.simulation.cluster"


def invariants_page() -> str:
    """The page, in Markdown."""
    return "\n".join(
        (
            "# Invariants",
            "",
            "Generated from `chatcore.testing.simulation` by `make docs`; do not edit.",
            "",
            "What must hold in every simulated run, at every step and at rest, and who checks it.",
            "[Simulation](simulation.md) tells how a run is read, and how a checker is added.",
            "",
            "| invariant | in a sentence | checked by |",
            "|---|---|---|",
            *_invariants(),
            "",
            "## Sabotages",
            "",
            "Each breaks one line of chatcore, and the checker that is named notices it within so many seeds of",
            f"`hostile`, counted from seed 0 on, with three replicas. At most {SEEDS_MAX} are allowed.",
            "",
            "| sabotage | what chatcore then does | where | noticed by | seeds |",
            "|---|---|---|---|---:|",
            *_sabotages(SEEDS_NEEDED),
            "",
        )
    )


def _invariants() -> Iterator[str]:
    for checker in CHECKERS:
        yield f"| `{checker.name}` | {checker.sentence} | {_link(checker.__name__, checker.__module__)} |"
    named = {checker.name for checker in CHECKERS}
    for name, sentence in OF_THE_CLUSTER.items():
        if name not in named:
            yield f"| `{name}` | {sentence} | {_link('Cluster', _CLUSTER)} |"


def _sabotages(needed: Mapping[str, int]) -> Iterator[str]:
    modules = {checker.name: checker.__module__ for checker in CHECKERS}
    for name, sabotage in SABOTAGES.items():
        where = sabotage.target.partition(":")[2]
        noticed = _link(sabotage.checker, modules.get(sabotage.checker, _CLUSTER))
        yield f"| `{name}` | {sabotage.sentence} | `{where}` | {noticed} | {needed.get(name, 'not measured')} |"


def _link(text: str, module: str) -> str:
    return f"[{text}]({_SOURCE}/{module.replace('.', '/')}.py)"
