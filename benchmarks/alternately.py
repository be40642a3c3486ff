"""Two ways to do a thing, in turn, so that both meet the same disk and the same machine."""

import sqlite3
import sys
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Final

from attrs import frozen
from benchmarks.result import Result

_IO: Final = Path("/proc/self/io")
_WARM: Final = 3


@frozen(kw_only=True)
class Pair:
    """What one turn takes, by chatcore and by hand. Bytes are None where the system does not count them."""

    ours_ms: float
    floor_ms: float
    ours_bytes: float | None
    floor_bytes: float | None

    def holds_from(self, what: str, *, commits: int, target: float, commit_ms: float) -> Result:
        """How slow a disk's commit has to be for the ratio to be `target`; the rest of a turn does not depend on it."""
        ours, floor = self.ours_ms - commits * commit_ms, self.floor_ms - commits * commit_ms
        needed = max(0.0, (ours - target * floor) / ((target - 1) * commits))
        name = f"{what}: {target:g} x holds where a commit takes"
        return Result(name=name, value=needed, unit="ms", reference_name="here", reference=commit_ms)

    def written(self, what: str, target: float) -> list[Result]:
        """The bytes written, where they are counted."""
        if self.ours_bytes is None or self.floor_bytes is None:
            return []
        return [Result.at_most(what, self.ours_bytes, "B", "by hand", self.floor_bytes, target)]


async def alternately(turn: Callable[[], Awaitable[None]], by_hand: Callable[[], None], count: int) -> Pair:
    """Means of so many turns of each kind."""
    for _ in range(_WARM):
        await turn()
        by_hand()
    ours = theirs = 0.0
    ours_bytes = theirs_bytes = 0
    for _ in range(count):
        before, began = _bytes_written(), time.perf_counter()
        await turn()
        between, half = _bytes_written(), time.perf_counter()
        by_hand()
        after, ended = _bytes_written(), time.perf_counter()
        ours, theirs = ours + half - began, theirs + ended - half
        ours_bytes, theirs_bytes = ours_bytes + between - before, theirs_bytes + after - between
    counted = sys.platform == "linux"
    return Pair(
        ours_ms=1000 * ours / count,
        floor_ms=1000 * theirs / count,
        ours_bytes=ours_bytes / count if counted else None,
        floor_bytes=theirs_bytes / count if counted else None,
    )


def assert_kept(path: Path, chat_id: str, *, calls: int, results: int) -> None:
    """Look from another connection: so many answers with a call, and so many results, are in the file."""
    connection = sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)
    query = """
        SELECT count(*) FILTER (WHERE payload LIKE '%"role":"assistant"%'),
        count(*) FILTER (WHERE payload LIKE '%"role":"tool"%')
        FROM events JOIN chats ON chats.key = events.chat WHERE chat_id = ? AND type = 'message_added'"""
    found = connection.execute(query, (chat_id,)).fetchone()
    connection.close()
    if found != (calls, results):
        raise AssertionError(f"kept are {found} calls and results, not {(calls, results)}")


def _bytes_written() -> int:
    """What this process handed to the system for writing so far."""
    if sys.platform != "linux":
        return 0
    return int(_IO.read_text().split("wchar: ")[1].split()[0])
