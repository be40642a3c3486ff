"""The `pubsub` port: best-effort hints that something changed (2.10). The log is the truth; hints only save waiting."""

from collections.abc import AsyncIterator, Sequence
from contextlib import AbstractAsyncContextManager
from typing import Protocol, TypeAlias

from attrs import frozen

from chatcore.domain.chat.head import ChatHead
from chatcore.domain.chat.values import Status
from chatcore.domain.ids import ChatId, RunnerId, Seq, WorkerId


@frozen(kw_only=True)
class ChatChanged:
    """A chat's log has grown; what a viewer needs to know whether it has to read."""

    chat_id: ChatId
    seq: Seq
    """The spec's `snapshot_version`."""
    worker_id: WorkerId | None
    runner_id: RunnerId | None
    history_version: Seq
    queue_version: Seq
    retry_version: Seq
    generation_attempt: int
    status: Status
    archived: bool

    @classmethod
    def of(cls, chat_id: ChatId, head: ChatHead) -> "ChatChanged":
        """The hint for a head that was just committed."""
        return cls(
            chat_id=chat_id,
            seq=head.seq,
            worker_id=head.worker_id,
            runner_id=head.runner_id,
            history_version=head.history_version,
            queue_version=head.queue_version,
            retry_version=head.retry_version,
            generation_attempt=head.generation_attempt,
            status=head.status,
            archived=head.archived,
        )


@frozen(kw_only=True)
class WorkWanted:
    """A chat wants a worker."""

    chat_id: ChatId
    seq: Seq


@frozen
class Lagged:
    """The receiver was too slow, or the connection broke: hints were lost, so read whatever you watch."""


Hint: TypeAlias = ChatChanged | WorkWanted


class PubSub(Protocol):
    """Hints between writers, viewers and workers: dropped, repeated, reordered at will; loss by overflow is told."""

    async def publish(self, hints: Sequence[Hint]) -> None:
        """Send hints, after the commit they tell of. Never waits for a receiver; a failure to send is not an error."""
        ...

    def watch_chat(self, chat_id: ChatId) -> AbstractAsyncContextManager[AsyncIterator[ChatChanged | Lagged]]:
        """Hints about one chat, from the moment the context is entered."""
        ...

    def watch_work(self) -> AbstractAsyncContextManager[AsyncIterator[WorkWanted | Lagged]]:
        """Hints that chats want a worker, from the moment the context is entered."""
        ...

    async def aclose(self) -> None:
        """End all subscriptions; may be called twice."""
        ...
