"""The `push` port: notifications to people who are not watching (spec chat-core 12.6)."""

from typing import ClassVar, Protocol

from attrs import field, frozen

from chatcore.domain.ids import ChatId, UserId
from chatcore.ports.errors import AdapterError


@frozen(kw_only=True)
class PushSubscription:
    """Where a person's browser takes notifications (Web Push). The keys are secrets and never shown."""

    endpoint: str
    public_key: str = field(repr=False)
    """The browser's P-256 key, base64url."""
    auth_secret: str = field(repr=False)
    """Sixteen bytes, base64url."""


@frozen(kw_only=True)
class PushMessage:
    """What a notification says. The text is shown on lock screens: nothing confidential belongs into it."""

    user_id: UserId
    chat_id: ChatId
    title: str
    body: str


class SubscriptionGone(AdapterError):
    """The browser does not take notifications there any more: delete the subscription."""


class PushUnavailable(AdapterError):
    """The push service did not take the notification; another try may succeed."""

    retryable: ClassVar[bool] = True


class Push(Protocol):
    """Sends notifications. Best effort: a notification is never worth failing a turn for."""

    async def send(self, message: PushMessage, subscription: PushSubscription) -> None:
        """Hand one notification to the push service; returns when it was taken, not when it was shown.

        Raises: SubscriptionGone; PushUnavailable.
        """
        ...
