"""Writes the pages that are derived from the code: `transitions.md`, `limits.md` and `invariants.md`.

python docs/generate.py            writes them
python docs/generate.py --check    exits 1 and names the pages that are not what would be written
"""

import ast
import re
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Final

from attrs import frozen

from chatcore.domain import limits
from chatcore.domain.chat.states import CommandKey, ExecutionState
from chatcore.domain.chat.transitions import RUNNER_COMMANDS, TRANSITIONS, allowed_commands
from chatcore.testing.simulation.invariants_page import invariants_page

FOLDER: Final = Path(__file__).parent
LIMITS: Final = Path(limits.__file__)
UNITS: Final = frozenset({"KIB", "MIB"})
"""Constants that are no limits."""

_SECTION: Final = re.compile(r"\s*\(((?:chat-core|agent-and-relay|architecture|events|our own)[^()]*)\)")
_SECTIONS_BEHIND: Final = re.compile(r":? \(|: (?=chat-core|agent-and-relay|architecture|events)")
_STATUSES: Final = {"E": "error", "R": "running", "I": "interrupting", "A": "requires_action", "W": "waiting"}


@frozen(kw_only=True)
class Limit:
    """A constant of `limits.py`."""

    name: str
    value: int | float
    doc: str
    """Without the section."""
    section: str
    """Of the specification or the design."""
    group: str


def transitions_page() -> str:
    """The transition table, as a table, as a diagram, and state by state."""
    return "\n".join(
        (
            "# Transitions",
            "",
            "Generated from `chatcore.domain.chat.transitions` by `make docs`; do not edit.",
            "",
            "A chat is in one of thirteen states, which follow from its log. Where two states are named, the second",
            "holds if messages still wait afterwards. What is not named is refused.",
            "",
            *_states(),
            "",
            "## Which command leads where",
            "",
            *_table(),
            "",
            "Commands marked * belong to the runner that holds the chat, and need its fence.",
            "",
            "## Diagram",
            "",
            "Commands that leave the state as it is are left out.",
            "",
            *_diagram(),
            "",
            "## What is allowed in which state",
            "",
            *_allowed(),
            "",
        )
    )


def limits_page() -> str:
    """Every limit with its value, its meaning and the section that sets it."""
    lines = [
        "# Limits",
        "",
        "Generated from `chatcore.domain.limits` by `make docs`; do not edit.",
        "",
        "Every queue, loop, text, retry and wait has a named limit. Of the sections, `chat-core` and `agent-and-relay`",
        "are of the specification, `architecture` and `events` of the design.",
    ]
    group = ""
    for limit in read_limits(LIMITS.read_text(encoding="utf-8")):
        if limit.group != group:
            group = limit.group
            lines += ["", f"## {group}", "", "| limit | value | meaning | section |", "|---|---:|---|---|"]
        lines.append(f"| `{limit.name}` | {limit.value:,} | {limit.doc} | {limit.section} |")
    return "\n".join((*lines, ""))


def read_limits(source: str) -> list[Limit]:
    """The limits of a module's source, in order. Raises ValueError for one without a docstring or a section."""
    found: list[Limit] = []
    body = ast.parse(source).body
    lines = source.splitlines()
    for statement, follower in zip(body, [*body[1:], None], strict=True):
        if not isinstance(statement, ast.AnnAssign) or not isinstance(statement.target, ast.Name):
            continue
        name = statement.target.id
        if name in UNITS or name.startswith("_"):
            continue
        doc = _docstring(follower)
        section = _SECTION.search(doc)
        if section is None:
            raise ValueError(f"{name} in limits.py needs a docstring with its (section)")
        found.append(
            Limit(
                name=name,
                value=getattr(limits, name),
                doc=doc[: section.start()] + doc[section.end() :],
                section=section[1],
                group=_group(lines[: statement.lineno]),
            )
        )
    return found


def pages() -> Mapping[str, str]:
    """The text of each page by its name."""
    return {
        "transitions.md": transitions_page(),
        "limits.md": limits_page(),
        "invariants.md": invariants_page(),
    }


def stale(folder: Path) -> list[str]:
    """The names of the pages in a folder that are missing or not what would be written."""
    return [
        name
        for name, text in pages().items()
        if not (folder / name).exists() or (folder / name).read_text(encoding="utf-8") != text
    ]


def main(arguments: Sequence[str], folder: Path = FOLDER) -> int:
    """Write the pages, or with --check tell which ones are stale. Returns the exit code."""
    if "--check" in arguments:
        for name in (old := stale(folder)):
            sys.stdout.write(f"{folder.name}/{name} is stale; run: make docs\n")
        return 1 if old else 0
    for name, text in pages().items():
        (folder / name).write_text(text, encoding="utf-8")
    return 0


def _states() -> Iterator[str]:
    yield "| state | status | messages wait | archived |"
    yield "|---|---|---|---|"
    for state in ExecutionState:
        if state is ExecutionState.NONE:
            yield "| N | does not exist | | |"
            continue
        letters = state.removeprefix("X")
        waits = "yes" if letters.endswith("1") else "no"
        yield f"| {state} | {_STATUSES[letters[0]]} | {waits} | {'yes' if state.startswith('X') else 'no'} |"


def _table() -> Iterator[str]:
    yield f"| command | {' | '.join(ExecutionState)} |"
    yield f"|---|{'---|' * len(ExecutionState)}"
    for key in CommandKey:
        cells = " | ".join(_targets(state, key) for state in ExecutionState)
        yield f"| {key}{' *' if key in RUNNER_COMMANDS else ''} | {cells} |"


def _targets(state: ExecutionState, key: CommandKey) -> str:
    targets = TRANSITIONS.get((state, key), frozenset())
    return ", ".join(target for target in ExecutionState if target in targets)


def _diagram() -> Iterator[str]:
    edges: dict[tuple[ExecutionState, ExecutionState], list[str]] = {}
    for state in ExecutionState:
        for key in CommandKey:
            for target in ExecutionState:
                if target is not state and target in TRANSITIONS.get((state, key), frozenset()):
                    edges.setdefault((state, target), []).append(key)
    yield "```mermaid"
    yield "stateDiagram-v2"
    for (state, target), keys in edges.items():
        start = "[*]" if state is ExecutionState.NONE else state
        yield f"    {start} --> {target}: {', '.join(keys)}"
    yield "```"


def _allowed() -> Iterator[str]:
    for state in ExecutionState:
        allowed = allowed_commands(state)
        yield f"- **{state}**: {', '.join(key for key in CommandKey if key in allowed)}"


def _docstring(statement: ast.stmt | None) -> str:
    if isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant):
        return " ".join(str(statement.value.value).split())
    return ""


def _group(lines_before: Sequence[str]) -> str:
    """The words of the newest comment line, which heads a group."""
    heads = [line for line in lines_before if line.startswith("# ")]
    words = _SECTIONS_BEHIND.split(heads[-1].strip("# -"))[0].strip() if heads else "others"
    return words[:1].upper() + words[1:]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
