"""What turns frames of one API into stream events (spec chat-core 4.7)."""

from collections.abc import Iterator
from typing import Protocol

from chatcore.domain.turn.stream import StreamEvent


class Translator(Protocol):
    """Translates one answer. Mutable and pure: the events depend on the frames alone."""

    @property
    def finished(self) -> bool:
        """Whether StreamFinished was yielded; then nothing more is fed."""
        ...

    def feed(self, event: str, data: str) -> Iterator[StreamEvent]:
        """The events of one frame; `data` is never empty. Frames that mean nothing give none.

        Raises: ModelError, an error that the provider told, or a frame that cannot be read.
        """
        ...

    def end(self, *, torn: bool) -> Iterator[StreamEvent]:
        """What follows from the end of the body, if StreamFinished was not yielded yet.

        `torn` says that it broke off within a frame. Raises: ModelError CUT_OFF, the stream's own end was not read.
        """
        ...
