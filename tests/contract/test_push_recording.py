"""The recording push adapter keeps the port's promises."""

import pytest

from chatcore.adapters.push import RecordingPush
from chatcore.ports.push import Push, PushSubscription
from chatcore.testing.contracts.push import MESSAGE, PushContract

GONE = "https://push.example/gone"


@pytest.fixture(params=["asyncio", "trio"])
def anyio_backend(request: pytest.FixtureRequest) -> str:
    """Both event loops."""
    return str(request.param)


def _subscription(endpoint: str) -> PushSubscription:
    return PushSubscription(endpoint=endpoint, public_key="public-key-bytes", auth_secret="secret-bytes")


class TestRecordingPush(PushContract):
    """The contract over the recording adapter."""

    @pytest.fixture
    def push(self) -> Push:
        """A new recorder."""
        return RecordingPush(gone=frozenset({GONE}))

    @pytest.fixture
    def subscription(self) -> PushSubscription:
        """One that takes notifications."""
        return _subscription("https://push.example/here")

    @pytest.fixture
    def gone_subscription(self) -> PushSubscription:
        """One that was deleted."""
        return _subscription(GONE)

    async def test_what_was_sent_is_kept(self, subscription: PushSubscription) -> None:
        """A test can read what was sent, in order."""
        recorder = RecordingPush()

        await recorder.send(MESSAGE, subscription)

        assert [(MESSAGE, subscription)] == recorder.sent
