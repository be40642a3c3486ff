"""Invariant 1: what is stored is what happened, whole and in order."""

from typing import ClassVar

from attrs import define, field

from chatcore.domain.ids import ChatId, Seq
from chatcore.domain.work.verify import LogCheck, StoredRow
from chatcore.testing.simulation.checking import Checker, World
from chatcore.testing.simulation.happenings import Committed, Landed, PageRead
from chatcore.testing.simulation.trace import Noted


@define
class _Log:
    check: LogCheck = field(factory=LogCheck)
    rows: list[tuple[str, Seq]] = field(factory=list)
    """Type and append end of each event; that of seq 1 is the first."""


class ContiguousLogs(Checker):
    """Folds every log as it grows, and once more as it is stored in the end."""

    name: ClassVar = "contiguous_logs"
    sentence: ClassVar = (
        "Every log is contiguous, its stored head and details equal their folds, and no page ends inside an append."
    )

    def __init__(self) -> None:
        self._logs: dict[ChatId, _Log] = {}

    def see(self, noted: Noted) -> None:
        """Fold what was appended; look where pages end."""
        match noted.what:
            case Committed(landed=landed):
                for each in landed:
                    self._grow(each)
            case PageRead():
                self._look_at_page(noted.what)
            case _:
                return

    def at_rest(self, world: World) -> None:
        """Compare what is stored with the logs, and the logs with what was seen being appended."""
        for chat_id, chat in world.chats.items():
            check = LogCheck()
            faults = [fault for stored in chat.log for fault in check.feed(stored)]
            row = chat.row
            beside = StoredRow(
                head=row.head, details=row.details, acquired_at=row.acquired_at, runnable_at=row.runnable_at
            )
            faults += check.finish(beside)
            if faults:
                raise self.fail(f"event {faults[0].seq}: {faults[0].why}", chat_id)
            seen = self._logs.get(chat_id, _Log()).rows
            if seen != [(stored.event.TYPE, stored.upto) for stored in chat.log]:
                raise self.fail(f"the log holds {len(chat.log)} events, but not the {len(seen)} appended ones", chat_id)
        if missing := sorted(set(self._logs) - set(world.chats)):
            raise self.fail("the chat was appended to and is gone", missing[0])

    def _grow(self, landed: Landed) -> None:
        log = self._logs.setdefault(landed.chat_id, _Log())
        for stored in landed.events:
            for fault in log.check.feed(stored):
                raise self.fail(f"event {fault.seq}: {fault.why}", landed.chat_id)
            log.rows.append((stored.event.TYPE, stored.upto))
        if log.check.head != landed.head:
            raise self.fail(f"the head {landed.head} is not the fold {log.check.head}", landed.chat_id)

    def _look_at_page(self, page: PageRead) -> None:
        if not page.seqs or page.chat_id is None:
            return
        rows = self._logs.get(page.chat_id, _Log()).rows
        # A page of the newest events begins with a whole append, any other page ends with one.
        newest = page.method == "newest"
        edge = page.seqs[0] if newest else page.seqs[-1]
        upto = rows[edge - 1][1] if edge <= len(rows) else edge
        if newest:
            left_out = [seq for seq, row in enumerate(rows[: edge - 1], 1) if row[1] == upto and _wanted(row, page)]
        else:
            left_out = [seq for seq, row in enumerate(rows[edge:upto], edge + 1) if _wanted(row, page)]
        if left_out:
            raise self.fail(
                f"a page by {page.method} ends at {edge} and leaves out {left_out} of its append", page.chat_id
            )


def _wanted(row: tuple[str, Seq], page: PageRead) -> bool:
    return not page.types or row[0] in page.types
