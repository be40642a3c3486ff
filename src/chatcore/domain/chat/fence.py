"""What an activity stands on: if any of it changed, the activity stops without writing (2.9, architecture 3)."""

from attrs import frozen

from chatcore.domain.chat.head import ChatHead
from chatcore.domain.chat.rejections import StaleFence
from chatcore.domain.chat.values import Status
from chatcore.domain.ids import RunnerId, Seq


@frozen(kw_only=True)
class Fence:
    """Checked once per append against the loaded head; the next one is taken from the head that the append returns."""

    runner_id: RunnerId
    history_version: Seq
    generation_attempt: int
    status: Status

    @classmethod
    def of(cls, head: ChatHead) -> "Fence":
        """The fence of the runner that holds the chat. Raises StaleFence if nobody does."""
        if head.runner_id is None:
            raise StaleFence("it has no runner")
        return cls(
            runner_id=head.runner_id,
            history_version=head.history_version,
            generation_attempt=head.generation_attempt,
            status=head.status,
        )

    def check(self, head: ChatHead) -> None:
        """Raises StaleFence, naming the first difference, unless the head is the one that the fence was taken from."""
        if head.runner_id != self.runner_id:
            raise StaleFence(f"runner {head.runner_id or 'nobody'} holds it, not {self.runner_id}")
        if head.history_version != self.history_version:
            raise StaleFence(f"its history is at {head.history_version}, not {self.history_version}")
        if head.generation_attempt != self.generation_attempt:
            raise StaleFence(f"it is at attempt {head.generation_attempt}, not {self.generation_attempt}")
        if head.status is not self.status:
            raise StaleFence(f"it is {head.status}, not {self.status}")
