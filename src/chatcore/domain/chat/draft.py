"""The events that a command makes true, with the head that they lead to."""

from attrs import define, field

from chatcore.domain.chat.events import Event
from chatcore.domain.chat.evolve import evolve
from chatcore.domain.chat.head import ChatHead


@define
class Draft:
    """Collects events while a command is decided. `head` is always the fold of all of them."""

    head: ChatHead
    events: list[Event] = field(factory=list)

    def add(self, *events: Event) -> None:
        """Append events and fold them."""
        for event in events:
            self.head = evolve(self.head, event)
            self.events.append(event)

    @classmethod
    def created(cls, first: Event) -> "Draft":
        """A draft of a new chat."""
        return cls(head=evolve(None, first), events=[first])
