"""Breaks the rules of chats (`src/chatcore/domain/chat`) in every small way and counts what the tests notice.

python tests/mutants.py            runs mutmut (long), then reports
python tests/mutants.py --report   reports on the run that is there

Exits 1 if fewer than KILLED_PERCENT_MIN of the mutants are noticed, or if a survivor is not explained in
`mutants_survivors.txt`. A line there is `function | what was there | what the mutant has instead | why it is harmless`.
"""

import json
import os
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

from attrs import frozen

KILLED_PERCENT_MIN: Final = 90
ROOT: Final = Path(__file__).resolve().parent.parent
MUTATED: Final = ROOT / "mutants" / "src" / "chatcore" / "domain" / "chat"
EXPLAINED: Final = Path(__file__).with_name("mutants_survivors.txt")
_SURVIVED: Final = 0
_NO_TESTS: Final = (5, 33)


@frozen(order=True)
class Change:
    """What a mutant differs in; it does not name its number, which moves with every edit."""

    function: str
    before: str
    after: str

    def __str__(self) -> str:
        return f"{self.function} | {self.before} | {self.after}"


@frozen(kw_only=True)
class Results:
    """What became of all mutants."""

    exit_codes: dict[str, int | None]
    """By the mutant's name; None if it was not run."""

    @property
    def survivors(self) -> list[str]:
        """Mutants that no test noticed, or that no test runs."""
        return [name for name, code in self.exit_codes.items() if code in (_SURVIVED, *_NO_TESTS)]

    @property
    def killed_percent(self) -> float:
        """How many of the mutants were noticed."""
        run = [code for code in self.exit_codes.values() if code is not None]
        return 100 * sum(code not in (_SURVIVED, *_NO_TESTS) for code in run) / max(len(run), 1)


def run_mutmut() -> None:
    """Run all mutants. mutmut's own exit code says nothing of them."""
    environment = {**os.environ, "CHATCORE_PROFILE": "mutants"}
    subprocess.run([sys.executable, "-m", "mutmut", "run"], cwd=ROOT, env=environment, check=True)


def read_results() -> Results:
    """The outcome of the run that is there."""
    codes: dict[str, int | None] = {}
    for path in sorted(MUTATED.glob("*.meta")):
        codes |= json.loads(path.read_text(encoding="utf-8"))["exit_code_by_key"]
    return Results(exit_codes=codes)


def change_of(mutant: str) -> Change:
    """The lines in which a mutant differs, without the space around them."""
    shown = subprocess.run(
        [sys.executable, "-m", "mutmut", "show", mutant], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout
    removed = [line[1:].strip() for line in shown.splitlines() if re.match(r"-(?!--)", line)]
    added = [line[1:].strip() for line in shown.splitlines() if re.match(r"\+(?!\+\+)", line)]
    return Change(_function(mutant), " ".join(removed), " ".join(added))


def explained() -> dict[Change, str]:
    """The survivors that somebody looked at, with the reason."""
    found: dict[Change, str] = {}
    for line in EXPLAINED.read_text(encoding="utf-8").splitlines():
        if line.strip() and not line.startswith("#"):
            function, before, after, why = (part.strip() for part in line.split(" | "))
            found[Change(function, before, after)] = why
    return found


def report(results: Results) -> Iterator[str]:
    """The summary, then every survivor that nobody has explained, in the form of the file of explanations."""
    per_file: Counter[str] = Counter()
    survived: Counter[str] = Counter()
    for name in results.exit_codes:
        per_file[_module(name)] += 1
        survived[_module(name)] += name in results.survivors
    for module in sorted(per_file):
        yield f"{module:24} {per_file[module] - survived[module]:5} of {per_file[module]:5} noticed"
    yield f"{results.killed_percent:.1f} % of {len(results.exit_codes)} mutants noticed; {KILLED_PERCENT_MIN} % wanted"
    known = explained()
    unexplained = sorted({change_of(name) for name in results.survivors} - set(known))
    if unexplained:
        yield f"{len(unexplained)} survivors are not explained in {EXPLAINED.name}:"
        yield from (f"{change} | ?" for change in unexplained)


def main(arguments: Sequence[str]) -> int:
    """Run, report, and tell by the exit code whether the tests are good enough."""
    if "--report" not in arguments:
        run_mutmut()
    results = read_results()
    lines = list(report(results))
    sys.stdout.write("\n".join((*lines, "")))
    return 0 if results.killed_percent >= KILLED_PERCENT_MIN and not lines[-1].endswith("| ?") else 1


def _module(mutant: str) -> str:
    return mutant.split(".")[-2]


def _function(mutant: str) -> str:
    """`module.function` or `module.Class.method` of a mutant's mangled name."""
    mangled = re.sub(r"__mutmut_\d+$", "", mutant.split(".")[-1])
    return f"{_module(mutant)}.{re.sub('^x_?', '', mangled).strip('ǁ').replace('ǁ', '.')}"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
