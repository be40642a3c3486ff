"""What is kept of a process's output: its beginning and its newest bytes (agent-and-relay A4)."""

from contextlib import AbstractContextManager, nullcontext
from typing import Final

from attrs import frozen

from chatcore.domain.json_text import JsonValue
from chatcore.domain.limits import OUTPUT_HEAD_BYTES_MAX, OUTPUT_LINE_BYTES_MAX, OUTPUT_TAIL_BYTES_MAX

STRATEGY: Final = "head_tail"
_CUT_SUFFIX: Final = b" ... [truncated]"


@frozen(kw_only=True)
class Truncation:
    """How much of an output is missing (A4.7). All counts are bytes."""

    original_bytes: int
    """Everything that was ever written."""

    retained_bytes: int
    """Length of the formatted output, its marker included and its lines cut."""

    omitted_bytes: int
    """Bytes that were dropped from the middle; what line cuts removed does not count."""

    strategy: str = STRATEGY

    def to_json(self) -> dict[str, JsonValue]:
        """The wire form of A4.7."""
        return {
            "original_bytes": self.original_bytes,
            "retained_bytes": self.retained_bytes,
            "omitted_bytes": self.omitted_bytes,
            "strategy": self.strategy,
        }


@frozen(kw_only=True)
class FormattedOutput:
    """An output as it is shown."""

    data: bytes
    truncation: Truncation | None = None
    """None when nothing was left out, and also when only lines were cut (A4.4)."""

    @property
    def text(self) -> str:
        """The output as text; a character that a cut broke becomes U+FFFD."""
        return self.data.decode("utf-8", "replace")


class HeadTailBuffer:
    """Takes bytes without end in bounded memory: the first `head_bytes_max` and the newest `tail_bytes_max` stay.

    A write costs O(bytes written), never blocks and never fails. No method awaits, so tasks of one event loop share a
    buffer freely; threads share it when `guard` is a lock (A4.1).
    """

    def __init__(
        self,
        *,
        head_bytes_max: int = OUTPUT_HEAD_BYTES_MAX,
        tail_bytes_max: int = OUTPUT_TAIL_BYTES_MAX,
        guard: AbstractContextManager[object, bool | None] | None = None,
    ) -> None:
        self._head_bytes_max = head_bytes_max
        self._tail_bytes_max = tail_bytes_max
        self._guard = nullcontext() if guard is None else guard
        self._head = bytearray()
        self._tail = bytearray()
        self._total_bytes = 0

    def write(self, data: bytes) -> None:
        """Add bytes; all are accepted, and the oldest bytes of the tail make room."""
        with self._guard:
            self._total_bytes += len(data)
            room = self._head_bytes_max - len(self._head)
            self._head += data[:room]
            # Bytes that the tail would drop at once are never copied, however long the write.
            self._tail += data[max(room, len(data) - self._tail_bytes_max) :]
            del self._tail[: max(0, len(self._tail) - self._tail_bytes_max)]

    @property
    def stored_bytes(self) -> int:
        """Bytes held now: head and tail."""
        with self._guard:
            return len(self._head) + len(self._tail)

    @property
    def total_bytes(self) -> int:
        """Bytes ever written since the start or the last reset."""
        with self._guard:
            return self._total_bytes

    def stored(self) -> bytes:
        """A copy of the bytes held, head and tail put together."""
        with self._guard:
            return bytes(self._head + self._tail)

    def reset(self) -> None:
        """Forget everything."""
        with self._guard:
            self._head.clear()
            self._tail.clear()
            self._total_bytes = 0

    def formatted(self) -> FormattedOutput:
        """The output to show, with what is known about its missing part (A4.4 to A4.7)."""
        with self._guard:
            head, tail, total_bytes = bytes(self._head), bytes(self._tail), self._total_bytes
        if not tail:
            return FormattedOutput(data=_cut_lines(head))
        omitted_bytes = total_bytes - len(head) - len(tail)
        # A joint even in the middle of a line: head and tail were cut apart, and a reader must see where (A4.5).
        joint = b"\n\n... [omitted %d bytes] ...\n\n" % omitted_bytes if omitted_bytes else b"\n"
        data = _cut_lines(head) + joint + _cut_lines(tail)
        truncation = Truncation(original_bytes=total_bytes, retained_bytes=len(data), omitted_bytes=omitted_bytes)
        return FormattedOutput(data=data, truncation=truncation)


def _cut_lines(part: bytes) -> bytes:
    if len(part) <= OUTPUT_LINE_BYTES_MAX:
        return part
    kept_bytes = OUTPUT_LINE_BYTES_MAX - len(_CUT_SUFFIX)
    lines = (
        line if len(line) <= OUTPUT_LINE_BYTES_MAX else line[:kept_bytes] + _CUT_SUFFIX for line in part.split(b"\n")
    )
    return b"\n".join(lines)
