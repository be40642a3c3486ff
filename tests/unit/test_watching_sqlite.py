"""A viewer in another process than the worker, over one SQLite file (architecture 7): two stores that share nothing
but the file.
"""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, aclosing, asynccontextmanager
from pathlib import Path

import anyio
import pytest

from chatcore.adapters.sqlite import SqlitePubSub, SqliteStore
from chatcore.app.live_parts import LiveParts
from chatcore.app.watching import Watching
from chatcore.domain.chat import commands as c
from chatcore.domain.chat.states import ClientStatus
from chatcore.domain.live.batching import JournalSettings
from chatcore.testing.clocks import ManualClock
from chatcore.testing.situations import acquire, create, words
from chatcore.testing.view_client import ViewClient
from chatcore.testing.view_stage import Stage, said

pytestmark = pytest.mark.anyio


@asynccontextmanager
async def opened(path: Path) -> AsyncIterator[tuple[SqliteStore, SqlitePubSub]]:
    """The file as one process has it."""
    async with AsyncExitStack() as stack:
        store = await stack.enter_async_context(aclosing(await SqliteStore.open(path, clock=ManualClock())))
        yield store, await stack.enter_async_context(aclosing(await SqlitePubSub.open(path)))


@pytest.mark.spec("architecture-7", "6.6.7")
async def test_a_viewer_in_another_process_sees_the_reply_grow(tmp_path: Path) -> None:
    """Parts come through the journal, then the message, then the end of the turn; nothing is shown twice."""
    path = tmp_path / "chats.db"
    async with opened(path) as (store, pubsub), opened(path) as (other, hints):
        stage = Stage(store=store, pubsub=pubsub)
        await stage.do(create())
        sink = stage.sink(JournalSettings())
        watching, client = Watching(other, hints, LiveParts()), ViewClient()
        async with (
            anyio.create_task_group() as tasks,
            watching.watch_batches(stage.chat_id, actor=stage.owner) as view,
        ):
            tasks.start_soon(sink.run)
            with anyio.fail_after(20):
                client.take(await anext(view))
                sink.open(await stage.do(acquire()))
                for word in ("It ", "is ", "four."):
                    sink.show(said(word))
                while len(client.parts) < 3:
                    client.take(await anext(view))
                await stage.do(c.CommitAnswer(content=words("It is four.")), c.FinishTurn())
                while client.status is not ClientStatus.WAITING:
                    client.take(await anext(view))
            tasks.cancel_scope.cancel()

    assert [message.content for message in client.messages] == [words("question"), words("It is four.")]
    assert [tuple(part.part for part in preview) for preview in client.previews] == [
        (*words("It "), *words("is "), *words("four."))
    ]
