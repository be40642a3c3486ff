"""The contract of the `push` port."""

import pytest

from chatcore.domain.ids import ChatId, UserId
from chatcore.ports.push import Push, PushMessage, PushSubscription, SubscriptionGone

MESSAGE = PushMessage(user_id=UserId("ada"), chat_id=ChatId("chat"), title="Repair", body="The chat has answered.")


@pytest.mark.anyio
class PushContract:
    """Subclass it and override the three fixtures; run it on every backend that the adapter supports."""

    @pytest.fixture
    def push(self) -> Push:
        """The adapter under test."""
        raise AssertionError("override the fixture `push`")

    @pytest.fixture
    def subscription(self) -> PushSubscription:
        """A subscription that takes notifications."""
        raise AssertionError("override the fixture `subscription`")

    @pytest.fixture
    def gone_subscription(self) -> PushSubscription:
        """A subscription that was deleted."""
        raise AssertionError("override the fixture `gone_subscription`")

    async def test_a_notification_is_taken(self, push: Push, subscription: PushSubscription) -> None:
        """Sending returns once the notification was handed over; the same one may be sent again."""
        await push.send(MESSAGE, subscription)
        await push.send(MESSAGE, subscription)

    async def test_a_deleted_subscription_is_told(self, push: Push, gone_subscription: PushSubscription) -> None:
        """A deleted subscription is an error of its own, which trying again does not help."""
        with pytest.raises(SubscriptionGone) as caught:
            await push.send(MESSAGE, gone_subscription)

        assert not caught.value.retryable

    async def test_secrets_are_not_shown(self, subscription: PushSubscription) -> None:
        """Neither key of a subscription appears when it is printed."""
        assert subscription.auth_secret not in repr(subscription)
        assert subscription.public_key not in repr(subscription)
