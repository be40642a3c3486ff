"""The `relay` port: the parts of replies that other replicas make (agent-and-relay C6.b, C6.c; architecture 7, 8)."""

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, AbstractContextManager
from typing import ClassVar, Protocol

from attrs import frozen

from chatcore.domain.ids import ChatId, WorkerId
from chatcore.domain.live.journal import Episode, JournalPart
from chatcore.ports.errors import AdapterError


class RelayError(AdapterError):
    """Base of the errors of relays. Parts are a preview: what lasts comes from the log, relay or not."""


class RelayUnreachable(RelayError):
    """The replica is unknown or did not answer the dial as it should; another try may succeed."""

    retryable: ClassVar[bool] = True

    def __init__(self, worker_id: WorkerId, reason: str, *, status: int | None = None) -> None:
        super().__init__(f"replica {worker_id} could not be dialled: {reason}")
        self.worker_id = worker_id
        self.status = status
        """The HTTP status of the answer; None if there was none (C6.8)."""


class RelayRefused(RelayError):
    """The replica does not let this viewer in: authentication failed, and trying again is no use (C5.3, C6.9)."""

    def __init__(self, worker_id: WorkerId, status: int) -> None:
        super().__init__(f"replica {worker_id} refused the dial: authentication failed with status {status}")
        self.worker_id = worker_id
        self.status = status
        """401 or 403."""


class RelayBroken(RelayError):
    """The connection broke. What it did not bring is there on the next one."""

    retryable: ClassVar[bool] = True


@frozen(kw_only=True)
class RelayedParts:
    """Parts of an episode, at least one and about RELAY_BATCH_PARTS_MAX (256) at most, in client form and in order."""

    episode: Episode
    parts: tuple[JournalPart, ...]


@frozen(kw_only=True)
class RelayedGap:
    """Parts of the episode were dropped on the way: select it again to have them."""

    episode: Episode


class RelayConnection(Protocol):
    """The parts that one replica makes of one chat.

    Iterating gives those of the selected episode: all from number 1 on, then each as soon as the replica shows it.
    Right after a selection, parts may still come of the one before. The iteration ends when the replica ends the
    connection in order; that an episode has ended is not told. One task iterates, another may select meanwhile.

    Iterating raises: RelayBroken.
    """

    def __aiter__(self) -> AsyncIterator[RelayedParts | RelayedGap]:
        """What comes from now on."""
        ...

    async def select(self, episode: Episode) -> None:
        """Ask for an episode of the chat, instead of the one before; for the same one again, from number 1 on.

        One that did not begin yet is no error: nothing comes until it does (C6.7).
        Raises: RelayBroken.
        """
        ...


class Relay(Protocol):
    """Connects to the parts of other replicas."""

    def dial(
        self, worker_id: WorkerId, chat_id: ChatId, *, session_token: str = ""
    ) -> AbstractAsyncContextManager[RelayConnection]:
        """Connect to the replica of a worker, whether or not it works on the chat; leaving the context hangs up.

        `session_token` is the viewer's own, by which the replica knows who asks (C4.5, C4.6); never shown in errors.
        Entering it and leaving it may be cancelled at any time, and no connection stays behind.
        Entering raises: RelayRefused, with 401 or 403; RelayUnreachable. Leaving raises nothing of its own.
        """
        ...


class EpisodeReader(Protocol):
    """Reads the parts that are made in one process; one episode of one chat at a time."""

    def select(self, episode: Episode | None) -> None:
        """Follow an episode, which need not have begun, instead of the one before; None follows nothing."""
        ...

    def after(self, number: int) -> tuple[JournalPart, ...]:
        """The parts of the selected episode above a number, as far as there are any."""
        ...


class ServedParts(Protocol):
    """What a replica serves to those who dial it: the parts that are made in its process."""

    def reading(self, chat_id: ChatId, wake: Callable[[], None]) -> AbstractContextManager[EpisodeReader]:
        """Read a chat's parts; `wake` is called, and must not raise, whenever there is something new."""
        ...
