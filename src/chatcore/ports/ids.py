"""New identifiers."""

from typing import Protocol


class Ids(Protocol):
    """Makes identifiers."""

    def new(self) -> str:
        """A UUID in lower-case hyphenated text, different from every other; later ones sort later (UUIDv7)."""
        ...
