"""Drawing a small Python project with one bug and a test suite that finds it."""

import random
import subprocess
import sys
from pathlib import Path

from attrs import frozen

from chatcore.adapters.cli.demo.specimens import SPECIMENS, Specimen
from chatcore.domain.json_text import JsonValue


@frozen(kw_only=True)
class Project:
    """What was drawn. The model is told none of it."""

    folder: Path
    module: str
    function: str
    bug: str
    test: str

    def to_json(self) -> dict[str, JsonValue]:
        """What was drawn, for the proof."""
        return {"file": f"{self.module}.py", "function": self.function, "bug": self.bug, "test": self.test}

    def tests_pass(self) -> bool:
        """Run the project's tests, outside the chat."""
        command = [sys.executable, "-m", "unittest", "discover", "-s", str(self.folder)]
        return subprocess.run(command, cwd=self.folder, capture_output=True, check=False).returncode == 0


def draw_project(folder: Path, seed: int) -> Project:
    """Write the project of a seed into an empty folder: a broken module, two whole ones, and tests for all."""
    chance = random.Random(seed)
    broken, *whole = chance.sample(SPECIMENS, k=3)
    bug = chance.choice(broken.bugs)
    module, function, test = chance.choice(broken.modules), chance.choice(broken.functions), chance.choice(broken.tests)
    folder.mkdir(parents=True, exist_ok=True)
    source = broken.source.format(function=function)
    assert source.count(bug.right) == 1, "a bug replaces one place"
    _write(folder, module, source.replace(bug.right, bug.wrong), broken, function, test)
    for specimen in whole:
        name = specimen.functions[0]
        _write(folder, specimen.modules[0], specimen.source.format(function=name), specimen, name, specimen.tests[0])
    return Project(folder=folder, module=module, function=function, bug=bug.kind, test=test)


def _write(folder: Path, module: str, source: str, specimen: Specimen, function: str, test: str) -> None:
    checks = "".join(f"        {check.format(function=function)}\n" for check in specimen.checks)
    title = "".join(word.capitalize() for word in module.split("_"))
    (folder / f"{module}.py").write_text(source)
    (folder / f"test_{module}.py").write_text(
        f"import unittest\n\nfrom {module} import {function}\n\n\n"
        f"class {title}Test(unittest.TestCase):\n    def {test}(self):\n{checks}\n\n"
        f'if __name__ == "__main__":\n    unittest.main()\n'
    )
