"""The command line (click). Commands import what they need when they run, so that `--help` is quick."""

from chatcore.adapters.cli.root import main

__all__ = ["main"]
