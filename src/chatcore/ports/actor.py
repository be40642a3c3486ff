"""Who asks: every read and write names its actor, and nobody sees another owner's chat (architecture 8)."""

from enum import StrEnum
from typing import Final

from attrs import frozen

from chatcore.domain.ids import RunnerId, UserId


class ActorKind(StrEnum):
    """What an actor may see: an owner its own chats, workers and the system all."""

    OWNER = "owner"
    WORKER = "worker"
    SYSTEM = "system"


@frozen
class Actor:
    """Who asks. `id` is what the log records: a user's id, a runner's id, or `system`."""

    kind: ActorKind
    id: str

    @classmethod
    def owner(cls, user_id: UserId) -> "Actor":
        """The owner of chats."""
        return cls(ActorKind.OWNER, user_id)

    @classmethod
    def worker(cls, runner_id: RunnerId) -> "Actor":
        """The runner of a chat."""
        return cls(ActorKind.WORKER, runner_id)

    def may_see(self, owner_id: UserId) -> bool:
        """Whether a chat of this owner exists for the actor."""
        return self.kind is not ActorKind.OWNER or self.id == owner_id


SYSTEM: Final = Actor(ActorKind.SYSTEM, "system")
"""The service itself: time-outs, retention, verification."""
