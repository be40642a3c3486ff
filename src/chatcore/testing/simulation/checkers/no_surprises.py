"""Whatever goes wrong outside, chatcore's own code foresaw it."""

from typing import ClassVar

from chatcore.testing.simulation.checking import OF_THE_CLUSTER, Checker
from chatcore.testing.simulation.happenings import Complained
from chatcore.testing.simulation.trace import Noted


class NoSurprises(Checker):
    """Reads what chatcore logs as errors: work that broke, failures that could not be recorded."""

    name: ClassVar = "no_surprises"
    sentence: ClassVar = OF_THE_CLUSTER[name]

    def see(self, noted: Noted) -> None:
        """Take every complaint for a violation."""
        if isinstance(noted.what, Complained):
            raise self.fail(noted.what.text, noted.what.chat_id)
