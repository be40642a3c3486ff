"""Which store a URL names. Adapters are imported when they are asked for, and not before."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from attrs import frozen

from chatcore.domain.chat.codec import Codec
from chatcore.domain.errors import ChatcoreError
from chatcore.ports.clock import Clock
from chatcore.ports.pubsub import PubSub
from chatcore.ports.store import Store

if TYPE_CHECKING:
    from chatcore.adapters.sqlite import SqliteSettings


class UnknownStore(ChatcoreError):
    """The URL names no store that chatcore knows."""

    def __init__(self, url: str) -> None:
        super().__init__(f"no store is called {url!r}; use memory:// or sqlite:///path/to/chats.db")
        self.url = url


@frozen(kw_only=True)
class Opened:
    """A store and the hints that belong to it."""

    store: Store
    pubsub: PubSub


@asynccontextmanager
async def open_store(url: str, *, clock: Clock, sqlite: "SqliteSettings | None" = None) -> AsyncIterator[Opened]:
    """Open the store that a URL names, and close it at the end.

    `memory://` keeps everything in this process; `sqlite:///chats.db` is a file, relative to where the process runs,
    `sqlite:////var/chats.db` an absolute one.
    Raises: UnknownStore; what the adapter raises for a file that is not its own.
    """
    scheme, separator, rest = url.partition("://")
    if not separator:
        raise UnknownStore(url)
    match scheme:
        case "memory" if not rest:
            opened = _memory(clock)
        case "sqlite" if len(rest) > 1 and rest.startswith("/"):
            opened = await _sqlite(rest[1:], clock, sqlite)
        case _:
            raise UnknownStore(url)
    try:
        yield opened
    finally:
        await opened.pubsub.aclose()
        await opened.store.aclose()


def _memory(clock: Clock) -> Opened:
    from chatcore.adapters.memory import MemoryPubSub, MemoryStore

    return Opened(store=MemoryStore(clock=clock), pubsub=MemoryPubSub())


async def _sqlite(path: str, clock: Clock, settings: "SqliteSettings | None") -> Opened:
    from chatcore.adapters.sqlite import SqlitePubSub, SqliteSettings, SqliteStore

    settings, codec = settings or SqliteSettings(), fastest_codec()
    store = await SqliteStore.open(path, clock=clock, settings=settings, codec=codec)
    return Opened(store=store, pubsub=await SqlitePubSub.open(path, settings=settings, codec=codec))


def fastest_codec() -> Codec:
    """The codec over orjson where it is installed (extra `fast`), else over the standard library; they agree."""
    try:
        from chatcore.adapters.fast_json import ORJSON_CODEC
    except ImportError:
        return Codec()
    return ORJSON_CODEC
