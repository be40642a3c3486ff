"""A worker has so many places; what finds none waits for the next one that is free, and for nothing else (4.1, 7.2)."""

from collections.abc import Mapping
from datetime import timedelta

import anyio
import pytest
import trio.testing

from chatcore.adapters.scripted import Pause, ScriptedModel
from chatcore.app.settings import ServiceSettings, WorkSettings
from chatcore.domain.chat.values import Status
from chatcore.testing.replicas import Replicas

pytestmark = pytest.mark.anyio
PLACES, CHATS, TURN_S = 2, 11, 3
SETTINGS = ServiceSettings(work=WorkSettings(chats_max=PLACES, acquire_interval=timedelta(hours=1)))


@pytest.fixture
def anyio_backend() -> tuple[str, Mapping[str, object]]:
    """Trio on a clock that jumps to whatever comes next."""
    return "trio", {"clock": trio.testing.MockClock(autojump_threshold=0)}


@pytest.mark.parametrize("elsewhere", [False, True])
async def test_a_chat_that_found_no_place_is_taken_as_soon_as_one_is_free(elsewhere: bool) -> None:
    """Whether it was sent running by this process or by another: the next look at intervals is an hour away."""
    replicas = Replicas()
    model = ScriptedModel(lambda _: [Pause(TURN_S), "Done."])
    async with replicas.open(worker=False) as front, replicas.open(model, settings=SETTINGS) as replica:
        chats = (front if elsewhere else replica).chats
        asked = [await chats.create(f"Question {number}", owner="ada") for number in range(CHATS)]
        heads = [await chat.rest() for chat in asked]

        assert {Status.WAITING} == {head.status for head in heads}
        rounds = -(-CHATS // PLACES)
        assert rounds * TURN_S <= anyio.current_time() < (rounds + 1) * TURN_S
