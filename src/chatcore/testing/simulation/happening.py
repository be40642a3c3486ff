"""What everything that a simulation notes has in common."""

from attrs import frozen

from chatcore.domain.ids import ChatId


@frozen(kw_only=True)
class Happening:
    """Base of everything that is noted. `chat_id` is None where no single chat is concerned."""

    chat_id: ChatId | None = None

    def line(self) -> str:
        """One line for people."""
        raise NotImplementedError

    def exact(self) -> str:
        """Everything that must be the same when the run is repeated; by default the line."""
        return self.line()
