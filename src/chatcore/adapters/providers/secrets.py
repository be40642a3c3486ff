"""Keeping keys out of everything that is told (architecture 11)."""

import re
from collections.abc import Iterable
from typing import Final

HIDDEN: Final = "[hidden]"
"""Stands where a key stood."""

_SHAPES: Final = re.compile(
    r"(?i)\bbearer\s+[\w\-.~+/=]{8,}|\b(?:sk|pk|rk|xai|gsk|key|csk|tgp)[-_][A-Za-z0-9_\-]{12,}|\bAIza[\w\-]{20,}"
)
_LENGTH_MIN: Final = 4


class Secrets:
    """Takes secrets out of texts: those it was given, and whatever looks like a key."""

    def __init__(self, secrets: Iterable[str] = ()) -> None:
        # A very short one stands in ordinary words, and hiding it there would give it away.
        kept = {secret.strip() for secret in secrets if len(secret.strip()) >= _LENGTH_MIN}
        self._secrets = sorted(kept, key=len, reverse=True)

    def hide(self, text: str) -> str:
        """The text without secrets."""
        for secret in self._secrets:
            text = text.replace(secret, HIDDEN)
        return _SHAPES.sub(HIDDEN, text)

    def __repr__(self) -> str:
        return "Secrets()"
