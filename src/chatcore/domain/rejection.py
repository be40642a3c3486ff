"""The root of every refusal: the caller asked for what the rules forbid (architecture 3 and 11)."""

from typing import ClassVar

from chatcore.domain.errors import ChatcoreError


class Rejection(ChatcoreError):
    """What was asked is not allowed, and nothing was changed. Match on the class or on `code`, never on the text."""

    code: ClassVar[str] = "rejected"
