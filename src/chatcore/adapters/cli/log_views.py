"""Reading a store for the `log` commands. A store that does not exist is an error, never made."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import anyio
import click
from attrs import frozen

from chatcore.app.transcripts import read_transcript
from chatcore.app.verifying import verify_store
from chatcore.compose.store_urls import Opened, open_store
from chatcore.compose.system import system_clock
from chatcore.domain.chat.codec import Codec
from chatcore.domain.chat.envelope import StoredEvent
from chatcore.domain.content.messages import Message
from chatcore.domain.content.parts_json import content_json
from chatcore.domain.errors import ChatcoreError
from chatcore.domain.ids import ChatId, Seq
from chatcore.domain.json_text import JsonValue, parse_json
from chatcore.domain.work.verify import Fault
from chatcore.ports.actor import SYSTEM
from chatcore.ports.store import Store


class NoSuchFile(ChatcoreError):
    """The file of a store does not exist, or is empty; a command that only reads makes none."""

    def __init__(self, path: str) -> None:
        super().__init__(f"there is no file {path}, or it is empty; name a store that exists with --store")
        self.path = path


class NothingKept(ChatcoreError):
    """A store in memory begins empty with every process: there is nothing in it to read."""

    def __init__(self, url: str) -> None:
        super().__init__(f"the store {url} holds nothing when a command begins; name one that is kept with --store")


@frozen(kw_only=True)
class VerifyReport:
    """What verifying a store found."""

    chats: int
    events: int
    faults: tuple[tuple[ChatId, Fault], ...]

    def to_json(self) -> JsonValue:
        """The report for programs."""
        faults: list[JsonValue] = [
            {"chat_id": chat_id, "seq": fault.seq, "why": fault.why} for chat_id, fault in self.faults
        ]
        return {"ok": not self.faults, "chats": self.chats, "events": self.events, "faults": faults}


@asynccontextmanager
async def existing_store(url: str) -> AsyncIterator[Store]:
    """The store, if it exists. Raises NoSuchFile."""
    async with existing(url) as opened:
        yield opened.store


@asynccontextmanager
async def existing(url: str) -> AsyncIterator[Opened]:
    """The store with its hints, if it exists. Raises NoSuchFile, NothingKept."""
    if url.startswith("memory:"):
        raise NothingKept(url)
    path = anyio.Path(url.removeprefix("sqlite:///"))
    if url.startswith("sqlite:///") and not (await path.exists() and (await path.stat()).st_size):
        raise NoSuchFile(str(path))
    async with open_store(url, clock=system_clock()) as opened:
        yield opened


async def read_events(url: str, chat_id: str) -> list[dict[str, JsonValue]]:
    """Every event of a chat with its envelope."""
    found: list[dict[str, JsonValue]] = []
    await export_events(url, (chat_id,), found.append)
    return found


async def export_events(url: str, chat_ids: tuple[str, ...], take: Callable[[dict[str, JsonValue]], None]) -> None:
    """Hand over every event of the named chats, or of all, chat after chat."""
    async with existing_store(url) as store:
        batch = tuple(map(ChatId, chat_ids)) or await store.chat_ids()
        while batch:
            for chat_id in batch:
                await _pages(store, chat_id, 0, take)
            batch = () if chat_ids else await store.chat_ids(after=batch[-1])


async def follow_events(url: str, chat_id: str, after: int, show: Callable[[dict[str, JsonValue]], None]) -> None:
    """Hand over the events behind a seq, and then every further one as soon as a hint tells of it."""
    async with existing(url) as opened, opened.pubsub.watch_chat(ChatId(chat_id)) as hints:
        after = await _pages(opened.store, ChatId(chat_id), after, show)
        async for _ in hints:
            after = await _pages(opened.store, ChatId(chat_id), after, show)


async def _pages(store: Store, chat_id: ChatId, after: Seq, take: Callable[[dict[str, JsonValue]], None]) -> Seq:
    more = True
    while more:
        page = await store.events(chat_id, actor=SYSTEM, after=after)
        for event in page.events:
            take(_event_json(event))
        after = page.events[-1].seq if page.events else after
        more = page.more
    return after


async def read_transcript_json(url: str, chat_id: str) -> list[dict[str, JsonValue]]:
    """Every message that readers see."""
    async with existing_store(url) as store:
        await store.head(ChatId(chat_id), actor=SYSTEM)
        messages = await read_transcript(store, ChatId(chat_id), actor=SYSTEM)
    return [message_json(message) for message in messages]


async def verify_all(url: str, *, show_progress: bool) -> VerifyReport:
    """Verify every chat of a store, with a count on the error stream for people who wait."""
    chats = events = 0
    faults: list[tuple[ChatId, Fault]] = []
    async with existing_store(url) as store:
        async for verified in verify_store(store):
            chats += 1
            events += verified.events
            faults += [(verified.chat_id, fault) for fault in verified.faults]
            if show_progress:
                click.echo(f"\r{chats} chats, {events} events", nl=False, err=True)
    if show_progress:
        click.echo(err=True)
    return VerifyReport(chats=chats, events=events, faults=tuple(faults))


def message_json(message: Message) -> dict[str, JsonValue]:
    """A message in the wire's form."""
    return {
        "id": message.id,
        "role": str(message.role),
        "visibility": str(message.visibility),
        "content": [*content_json(message.content)],
        "partial": message.partial,
    }


def _event_json(stored: StoredEvent) -> dict[str, JsonValue]:
    encoded = Codec().encode_event(stored.event)
    return {
        "chat_id": stored.chat_id,
        "seq": stored.seq,
        "upto": stored.upto,
        "type": encoded.type,
        "schema": encoded.schema,
        "actor": stored.actor,
        "command_id": stored.command_id,
        "recorded_at": stored.recorded_at.isoformat(),
        "payload": parse_json(encoded.payload),
    }
