"""Prints the digests of some seeds, and can be told to make a mistake: `digests.py <mistake> <profile> <seed> …`.

The mistakes are those that make a simulation depend on its process; `none` makes none.
"""

import sys
import time
from collections.abc import Callable
from typing import Final

from chatcore.app.chat_service import Words
from chatcore.domain.content.parts import Part
from chatcore.testing.simulation import Sabotage, simulate

Accepted = Callable[[Words], tuple[Part, ...]]


def iterating_a_set(accepted: Accepted) -> Accepted:
    """The words of a message come out of a set, in the order of this process."""
    return lambda words: accepted(" ".join(set(words.split())) if isinstance(words, str) else words)


def reading_the_wall_clock(accepted: Accepted) -> Accepted:
    """The machine's time gets into a message."""
    return lambda words: accepted(f"{words} {time.time_ns()}" if isinstance(words, str) else words)


def asking_an_address(accepted: Accepted) -> Accepted:
    """The place of an object in memory gets into a message."""
    return lambda words: accepted(f"{words} {id(object())}" if isinstance(words, str) else words)


MISTAKES: Final = {"set": iterating_a_set, "clock": reading_the_wall_clock, "address": asking_an_address}


def main(mistake: str, profile: str, *seeds: str) -> None:
    """Run the seeds."""
    sabotage = None
    if mistake != "none":
        sabotage = Sabotage(
            name=mistake,
            sentence="A run depends on its process.",
            checker="none: digests differ",
            target="chatcore.app.chat_service:_accepted",
            swap=MISTAKES[mistake],
        )
    for seed in seeds:
        run = simulate(int(seed), profile=profile, sabotage=sabotage)
        print(seed, run.digest, run.violation)


if __name__ == "__main__":
    main(*sys.argv[1:])
