"""`python -m benchmarks [--quick] [--json] [NAME …]`: every claim about speed, measured beside a reference."""

import argparse
import json
import sys
from collections.abc import Callable
from importlib import import_module
from typing import Final

from benchmarks.result import Result

NAMES: Final = ("imports", "codec", "store", "opening", "turns", "long_chats", "deltas", "models", "simulation")


def main() -> int:
    """Print a table, or one JSON object; 1 if a target was missed."""
    parser = argparse.ArgumentParser(prog="benchmarks", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"which to run: {', '.join(NAMES)}; all by default")
    parser.add_argument("--quick", action="store_true", help="smaller and less exact")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    options = parser.parse_args()
    results: dict[str, list[Result]] = {}
    for name in options.names or NAMES:
        print(f"{name} …", file=sys.stderr, flush=True)
        run: Callable[..., list[Result]] = import_module(f"benchmarks.{name}").run
        results[name] = run(quick=options.quick)
        if not options.json:
            print(f"\n{name}")
            print("\n".join(result.line() for result in results[name]), flush=True)
    if options.json:
        print(json.dumps({name: [each.to_json() for each in found] for name, found in results.items()}))
    return int(not all(each.ok for found in results.values() for each in found))


if __name__ == "__main__":
    sys.exit(main())
