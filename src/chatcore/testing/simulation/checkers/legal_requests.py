"""Invariant 5, at the model port: no provider would refuse a request."""

from typing import ClassVar

from chatcore.testing.legal_prompts import faults_of_prompt
from chatcore.testing.simulation.checking import Checker
from chatcore.testing.simulation.happenings import ModelAsked
from chatcore.testing.simulation.trace import Noted


class LegalRequests(Checker):
    """Looks at every prompt."""

    name: ClassVar = "legal_requests"
    sentence: ClassVar = (
        "Every request at the model port is legal: each local call is directly followed by exactly one result."
    )

    def see(self, noted: Noted) -> None:
        """Read the prompt as a provider would."""
        if isinstance(noted.what, ModelAsked) and (faults := faults_of_prompt(noted.what.request.messages)):
            raise self.fail("; ".join(faults), noted.what.chat_id)
