"""Ids of tool calls that are unique within a message, whatever a model makes of them (spec chat-core 1.5, 4.7)."""

from chatcore.domain.content.call_ids import sanitised_call_id
from chatcore.domain.limits import TOOL_CALL_ID_BYTES_MAX


def cut_to_bytes(text: str, bytes_max: int) -> str:
    """The longest beginning of the text that takes at most `bytes_max` bytes of UTF-8."""
    # A character takes at most four bytes, so short text needs no measuring.
    if 4 * len(text) <= bytes_max:
        return text
    return text.encode("utf-8", "replace")[:bytes_max].decode("utf-8", "ignore")


class CallIds:
    """Gives every call of one answer an id of its own. A function of the ids asked for, in their order.

    A free id is kept (cut to TOOL_CALL_ID_BYTES_MAX bytes); a taken one gets the suffix `_2`, `_3` …; a call without
    an id is named by the prefix and its position, counted from 1. Taken means: equal once sanitised.
    """

    def __init__(self, prefix: str) -> None:
        self._prefix = prefix
        self._taken: set[str] = set()
        self._suffix: dict[str, int] = {}
        self._count = 0

    def reserve(self, call_id: str) -> None:
        """Keep an id from the calls to come: something else in the answer has it."""
        self._taken.add(sanitised_call_id(call_id))

    def take(self, wanted: str) -> str:
        """The id for the next call, which the model named `wanted`."""
        self._count += 1
        base = cut_to_bytes(wanted or f"{self._prefix}{self._count}", TOOL_CALL_ID_BYTES_MAX)
        call_id = base
        key = sanitised_call_id(base)
        number = self._suffix.get(key, 1)
        while sanitised_call_id(call_id) in self._taken:
            number += 1
            suffix = f"_{number}"
            call_id = cut_to_bytes(base, TOOL_CALL_ID_BYTES_MAX - len(suffix)) + suffix
        self._suffix[key] = number
        self._taken.add(sanitised_call_id(call_id))
        return call_id
