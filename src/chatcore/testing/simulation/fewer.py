"""Leaving out of a list what is not needed for something to happen (delta debugging)."""

from collections.abc import Callable, Sequence
from typing import TypeVar

T = TypeVar("T")

StillFails = Callable[[Sequence[T]], bool]
"""Whether it happens with these items alone. It must give the same answer whenever it is asked the same."""


def fewer(items: Sequence[T], still_fails: StillFails[T]) -> tuple[T, ...]:
    """As few items, in their order, as single removals can lead to; `still_fails(items)` is taken for granted.

    Nothing is tried first, then halves, quarters and so on are left out, the last ones first: what comes late is rarely
    the cause. Cost: about log2(n) questions where nothing is needed, some n x log2(n) where everything is.
    """
    left = tuple(items)
    if not left or still_fails(()):
        return ()
    size = max(1, len(left) // 2)
    while True:
        end, removed = len(left), False
        while end > 0:
            start = max(0, end - size)
            candidate = (*left[:start], *left[end:])
            if candidate and still_fails(candidate):
                left, removed = candidate, True
            end = start
        if size == 1 and not removed:
            return left
        if not removed or size > 1:
            size = max(1, size // 2)


def shortest(length: int, still_fails: Callable[[int], bool]) -> int:
    """A small length for which it happens, by bisection; `still_fails(length)` is taken for granted."""
    low, high = 0, length
    while low < high:
        middle = (low + high) // 2
        if still_fails(middle):
            high = middle
        else:
            low = middle + 1
    return high


def smallest(value: int, still_fails: Callable[[int], bool], *, low: int = 0) -> int:
    """The first number from `low` on for which it happens; `still_fails(value)` is taken for granted."""
    return next((each for each in range(low, value) if still_fails(each)), value)


def simpler(choices: bytes, still_fails: Callable[[bytes], bool]) -> bytes:
    """A simpler schedule: shorter, then with fewer choices that are not FIFO's, then with smaller ones.

    `still_fails` is asked about schedules without zeros at their end, which mean nothing; of the given one it is taken
    for granted.
    """

    def fails(tried: bytes) -> bool:
        return still_fails(tried.rstrip(b"\0"))

    left = choices[: shortest(len(choices), lambda length: fails(choices[:length]))]
    odd = fewer([place for place, choice in enumerate(left) if choice], lambda some: fails(_only(left, some)))
    left = _only(left, odd)
    for place in odd:
        left = _with(left, place, _mildest(left, place, fails))
    return left.rstrip(b"\0")


def _mildest(choices: bytes, place: int, fails: Callable[[bytes], bool]) -> int:
    return smallest(choices[place], lambda choice: fails(_with(choices, place, choice)), low=1)


def _only(choices: bytes, places: Sequence[int]) -> bytes:
    """FIFO everywhere else."""
    kept = bytearray(len(choices))
    for place in places:
        kept[place] = choices[place]
    return bytes(kept)


def _with(choices: bytes, place: int, choice: int) -> bytes:
    return choices[:place] + bytes([choice]) + choices[place + 1 :]
