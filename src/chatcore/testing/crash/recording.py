"""A log to cut: a chat in a scene, on virtual time, in which nothing goes wrong."""

from functools import partial
from typing import Final

from chatcore.adapters.memory import MemoryPubSub, MemoryStore
from chatcore.app.settings import ServiceSettings
from chatcore.compose.opening import open_chats
from chatcore.compose.store_urls import Opened
from chatcore.domain.chat.envelope import StoredEvent
from chatcore.testing.counted_ids import CountedIds
from chatcore.testing.crash.recovery import read_log
from chatcore.testing.crash.scene import Scene
from chatcore.testing.replicas import LoopClock
from chatcore.testing.virtual_time import run_virtually

OWNER: Final = "ada"
"""Whose chat it is."""

_IDS_FROM: Final = 1 << 40
"""Far from the ids of the workers that take the chat over."""


def record(scene: Scene, *words: str, settings: ServiceSettings | None = None) -> tuple[StoredEvent, ...]:
    """The log of a chat in which somebody says these words, one after the other, each when the last was answered.

    The scene's `check` is not asked. Not for use within an event loop: it starts its own.
    """
    assert words, "somebody says something"
    return run_virtually(partial(_live, scene, words, settings))


async def _live(scene: Scene, words: tuple[str, ...], settings: ServiceSettings | None) -> tuple[StoredEvent, ...]:
    clock = LoopClock()
    store = MemoryStore(clock=clock)
    async with open_chats(
        store=Opened(store=store, pubsub=MemoryPubSub()),
        model=scene.model(),
        tools=scene.tools(),
        workspace=scene.workspaces(),
        settings=settings,
        clock=clock,
        ids=CountedIds(_IDS_FROM),
    ) as chats:
        chat = await chats.create(words[0], owner=OWNER)
        await chat.rest()
        for more in words[1:]:
            await chat.ask(more)
        return await read_log(store, chat.id)
