"""Errors of the outside world (architecture 11)."""

from typing import ClassVar

from chatcore.domain.errors import ChatcoreError


class AdapterError(ChatcoreError):
    """The outside world failed. `retryable` says whether asking again may help."""

    retryable: ClassVar[bool] = False
