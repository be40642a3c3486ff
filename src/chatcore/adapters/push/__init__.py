"""Push notifications that are only recorded, for tests and for services without push."""

from attrs import define, field

from chatcore.ports.push import PushMessage, PushSubscription, SubscriptionGone


@define
class RecordingPush:
    """Keeps what it was asked to send. `gone` names endpoints that answer as a deleted subscription does."""

    gone: frozenset[str] = frozenset()
    sent: list[tuple[PushMessage, PushSubscription]] = field(factory=list)

    async def send(self, message: PushMessage, subscription: PushSubscription) -> None:
        """Keep a notification. Raises SubscriptionGone for an endpoint in `gone`."""
        if subscription.endpoint in self.gone:
            raise SubscriptionGone("the browser takes no notifications there any more; delete the subscription")
        self.sent.append((message, subscription))
