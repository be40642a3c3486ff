"""What is wrong with content that was stored or sent (spec chat-core 1.3, 1.7)."""

from attrs import frozen

from chatcore.domain.errors import ChatcoreError


@frozen(eq=False)
class ContentError(ChatcoreError):
    """A content cannot be read. Nothing of it was used."""

    index: int | None
    """The part that is wrong, counted from 0; None where the content as a whole is."""
    why: str

    def __str__(self) -> str:
        where = "the content" if self.index is None else f"part {self.index} of the content"
        return f"{where} cannot be read: {self.why}; have a look at where it came from"
