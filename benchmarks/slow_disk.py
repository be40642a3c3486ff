"""A disk whose commits take their time, for a machine that has none: every durable commit waits a little longer.

Whatever opens its database inside the context is slowed down alike, chatcore and what is written by hand. On a disk
that answers in a tenth of a millisecond, a ratio of whole turns says how fast Python is; on one that has to reach its
platters or its replicas, it says how often a turn waits for it.
"""

import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any


class _SlowConnection(sqlite3.Connection):
    """Waits after each commit that wrote something."""

    commit_s = 0.0
    _changes = 0

    def execute(self, sql: str, /, *parameters: Any) -> sqlite3.Cursor:
        """As it is, but for COMMIT."""
        cursor = super().execute(sql, *parameters)
        if sql == "COMMIT" and self.total_changes != self._changes:
            self._changes = self.total_changes
            time.sleep(self.commit_s)
        return cursor


@contextmanager
def slow_disk(commit_ms: float) -> Iterator[None]:
    """Let every commit of a connection that is opened inside take so much longer."""
    connect = sqlite3.connect
    slow = type("SlowConnection", (_SlowConnection,), {"commit_s": commit_ms / 1000})
    sqlite3.connect = partial(connect, factory=slow)  # type: ignore[assignment]  # the same, with another default
    try:
        yield
    finally:
        sqlite3.connect = connect
