"""A relayed view on both event loops and in real time: what the virtual clock of the other tests does not show."""

import logging

import anyio
import pytest

from chatcore.app.view_settings import ViewSettings
from chatcore.domain.chat import commands as c
from chatcore.domain.content.parts import TextPart
from chatcore.domain.live.view_events import PartShown
from chatcore.testing.relay_stage import B, C, RelayCluster
from chatcore.testing.situations import words
from chatcore.testing.view_client import ViewClient

pytestmark = pytest.mark.anyio


@pytest.mark.spec("C7.1", "C7.3", "C7.4", "architecture-7")
async def test_a_relayed_view_survives_trouble() -> None:
    """Parts, a broken connection, a slow dial that is superseded, another worker, and leaving in the middle of it."""
    cluster, client = await RelayCluster.running(ViewSettings(journal_poll=None)), ViewClient()
    with anyio.fail_after(10):
        async with cluster.watched(client) as view:
            cluster.say(cluster.far, "a")
            while len(client.parts) < 1:
                client.take(await anext(view))
            cluster.relay.drop(B, broken=True)
            cluster.say(cluster.far, "b")
            while len(client.parts) < 2:
                client.take(await anext(view))
            cluster.relay.takes_s[B] = 60
            cluster.relay.drop(B)
            with anyio.move_on_after(0.3):
                client.take(await anext(view))
            assert cluster.dialled == [B, B, B]
            await cluster.take_over(C)
            cluster.say(cluster.farther, "c")
            while _texts(client.parts) != ["c"]:
                client.take(await anext(view))
            await cluster.stage.do(c.CommitAnswer(content=words("c")))
            client.take(await anext(view))
    assert cluster.relay.open == 0
    assert [_texts(preview) for preview in client.previews] == [["a", "b"], ["c"]]


@pytest.mark.spec("C5.3")
async def test_a_refusal_is_told_in_the_log(caplog: pytest.LogCaptureFixture) -> None:
    """Once, with the status and without the viewer's token; failures that are tried again are no warnings."""
    cluster = await RelayCluster.running(ViewSettings(journal_poll=None))
    cluster.relay.answer(B, 503)
    with caplog.at_level(logging.INFO), anyio.move_on_after(0.15):
        async with cluster.watched(ViewClient(), token="secret") as view:
            await anext(view)
    assert {record.levelname for record in caplog.records} == {"INFO"}
    caplog.clear()
    cluster.relay.answer(B, 401)
    with caplog.at_level(logging.INFO), anyio.move_on_after(0.15):
        async with cluster.watched(ViewClient(), token="secret") as view:
            await anext(view)
    (record,) = caplog.records
    assert record.levelname == "WARNING"
    assert "401" in record.getMessage()
    assert "secret" not in record.getMessage()


async def test_an_error_inside_the_view_comes_out_as_it_is() -> None:
    """What its user raises is not wrapped, and the connection is closed."""
    cluster = await RelayCluster.running(ViewSettings(journal_poll=None))
    with pytest.raises(KeyError, match="mine"):
        await _broken(cluster)
    assert cluster.relay.open == 0


async def _broken(cluster: RelayCluster) -> None:
    async with cluster.watched(ViewClient()):
        await anyio.sleep(0.1)
        assert cluster.relay.open == 1
        raise KeyError("mine")


def _texts(parts: list[PartShown] | tuple[PartShown, ...]) -> list[str]:
    return [shown.part.text for shown in parts if isinstance(shown.part, TextPart)]
