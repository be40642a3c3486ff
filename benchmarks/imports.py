"""What importing chatcore costs, beside importing what it stands on."""

import subprocess
import sys
from statistics import median
from time import perf_counter
from typing import Final

from benchmarks.result import Result

TARGET: Final = 1.3
_STARTS: Final = {
    "nothing": "pass",
    "base": "import attrs, cattrs, anyio",
    "chatcore": "import attrs, cattrs, anyio, chatcore",
    "everything": "import attrs, cattrs, anyio, sqlite_utils, chatcore; chatcore.open, chatcore.Tool",
    "everything's base": "import attrs, cattrs, anyio, sqlite_utils",
}


def run(*, quick: bool) -> list[Result]:
    """Medians of interleaved starts of the interpreter, less the time of an empty one."""
    times: dict[str, list[float]] = {name: [] for name in _STARTS}
    for _ in range(5 if quick else 15):
        for name, code in _STARTS.items():
            began = perf_counter()
            subprocess.run([sys.executable, "-c", code], check=True)
            times[name].append(1000 * (perf_counter() - began))
    empty = median(times["nothing"])
    took = {name: median(each) - empty for name, each in times.items()}
    return [
        Result.at_most("import chatcore", took["chatcore"], "ms", "attrs, cattrs, anyio", took["base"], TARGET),
        Result.at_most(
            "and the names for a service", took["everything"], "ms", "with sqlite_utils", took["everything's base"]
        ),
    ]
