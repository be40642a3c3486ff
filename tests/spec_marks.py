"""Which test shows which rule of the specification; run by `make check`.

Prints every (rule, test) pair, or with `--quiet` their number, and exits 1 naming each rule of `spec_rules.txt` that no
test is marked with. Marks are found by reading the test files, those of the contract suites included; a test that is
skipped or expected to fail shows nothing.
"""

import ast
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Final

HERE: Final = Path(__file__).resolve().parent
ROOT: Final = HERE.parent
RULES: Final = HERE / "spec_rules.txt"
PLACES: Final = (HERE, ROOT / "src" / "chatcore" / "testing" / "contracts")
_EXCEPTION: Final = re.compile(r"except (?P<rule>\S+): (?P<why>.+)")
_RANGE: Final = re.compile(r"(?P<stem>.*?)(?P<first>\d+)-(?P<last>\d+)")
_SHOWS_NOTHING: Final = frozenset({"skip", "skipif", "xfail", "soak"})


def wanted(text: str) -> frozenset[str]:
    """The rules that a list asks for, exceptions taken out. Raises: ValueError, an exception is no rule of the list."""
    rules: set[str] = set()
    excepted: set[str] = set()
    for line in text.splitlines():
        if exception := _EXCEPTION.fullmatch(line):
            excepted.add(exception["rule"])
        elif line and not line.startswith("#"):
            rules.update(_expanded(line))
    if strangers := excepted - rules:
        raise ValueError(f"{', '.join(sorted(strangers))}: an exception to a rule that nobody asked for")
    return frozenset(rules - excepted)


def _expanded(line: str) -> Iterator[str]:
    numbers = _RANGE.fullmatch(line)
    if numbers is None:
        yield line
        return
    for number in range(int(numbers["first"]), int(numbers["last"]) + 1):
        yield f"{numbers['stem']}{number}"


def marks(path: Path) -> Iterator[tuple[str, str]]:
    """The (rule, test) pairs of one file."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    everywhere = [rule for node in tree.body if _is_pytestmark(node) for rule in _rules_in(node)]
    yield from _marks_in(tree.body, str(path.relative_to(ROOT)), everywhere)


def _marks_in(body: list[ast.stmt], place: str, inherited: list[str]) -> Iterator[tuple[str, str]]:
    for node in body:
        match node:
            case ast.ClassDef(name=name, decorator_list=decorators, body=inner):
                own = [rule for decorator in decorators for rule in _rules_in(decorator)]
                yield from _marks_in(inner, f"{place}::{name}", inherited + own)
            case ast.FunctionDef() | ast.AsyncFunctionDef() if node.name.startswith("test"):
                if any(_mark_name(child) in _SHOWS_NOTHING for each in node.decorator_list for child in ast.walk(each)):
                    continue
                own = [rule for decorator in node.decorator_list for rule in _rules_in(decorator)]
                yield from ((rule, f"{place}::{node.name}") for rule in dict.fromkeys(inherited + own))


def _rules_in(node: ast.AST) -> Iterator[str]:
    """The arguments of every `pytest.mark.spec(…)` inside, such as one of a parameter of the test."""
    for child in ast.walk(node):
        if isinstance(child, ast.Call) and _mark_name(child.func) == "spec":
            yield from (str(each.value) for each in child.args if isinstance(each, ast.Constant))


def _mark_name(node: ast.AST) -> str | None:
    match node:
        case ast.Attribute(value=ast.Attribute(value=ast.Name(id="pytest"), attr="mark"), attr=name):
            return name
    return None


def _is_pytestmark(node: ast.stmt) -> bool:
    match node:
        case ast.Assign(targets=[ast.Name(id="pytestmark")]):
            return True
    return False


def _place(rule: str) -> tuple[tuple[int, str], ...]:
    """Sorts A3.2 before A3.10."""
    return tuple((int(piece), "") if piece.isdigit() else (-1, piece) for piece in re.split(r"(\d+)", rule))


def main(arguments: list[str]) -> int:
    """Print what is shown and what is missing."""
    pairs = {pair for place in PLACES for path in place.rglob("*.py") for pair in marks(path)}
    rules = wanted(RULES.read_text(encoding="utf-8"))
    missing = sorted(rules - {rule for rule, _ in pairs}, key=_place)
    if "--quiet" not in arguments:
        for rule, test in sorted(pairs, key=lambda pair: (_place(pair[0]), pair[1])):
            print(f"{rule:<20} {test}")
    print(f"{len(rules) - len(missing)} of {len(rules)} rules have a test; {len(pairs)} marks in all")
    for rule in missing:
        print(f"{rule}: no test is marked with it", file=sys.stderr)
    return 1 if missing else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
