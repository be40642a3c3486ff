"""The acts of the demo. Each returns what it saw, for the proof."""

import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Final

import anyio
from anyio.abc import Process
from attrs import frozen

import chatcore
from chatcore.adapters.cli.demo.cast import FOLLOW_UP, STORY, TELL_STORY
from chatcore.adapters.cli.demo.other_worker import HEARTBEAT, LEASE
from chatcore.adapters.cli.screen import Screen
from chatcore.compose.chats import Chat, Chats
from chatcore.domain.content.messages import Message, Role
from chatcore.domain.content.parts import TextPart
from chatcore.domain.ids import Seq
from chatcore.domain.json_text import JsonValue
from chatcore.domain.live.view_events import PartShown, QueueShown, ViewEvent

REQUEST: Final = "A test of this project fails. Please find out why and repair it, then show me that all tests pass."
INTERRUPTED: Final = "an interrupt keeps what was said"
KILLED: Final = "a killed worker loses no word that was shown"
_WORDS_BEFORE_CUT: Final = 12
"""Words of the story that are shown before it is stopped."""


@frozen(kw_only=True)
class Seen:
    """What an act saw: whether it did what it is there to show, and the particulars."""

    act: str
    holds: bool
    particulars: dict[str, JsonValue]

    def to_json(self) -> dict[str, JsonValue]:
        """For the proof."""
        return {"act": self.act, "holds": self.holds, **self.particulars}


async def repair(
    chats: Chats, screen: Screen, *, told_first: Sequence[str] = (), expected: str = ""
) -> tuple[Chat, Seen]:
    """The model repairs the project; a follow-up is sent while it is busy, waits, and is answered.

    told_first: instructions, for a model that does not know the project. expected: words that the answer must hold.
    """
    chat = await chats.create(REQUEST, owner="you", system=told_first)
    sent, queued = False, 0
    async for event in _until_rest(chat, screen, after=None):
        if not sent and isinstance(event, PartShown):
            await chat.send(FOLLOW_UP)
            sent = True
        if isinstance(event, QueueShown):
            queued = max(queued, len(event.queued))
    answer, failed = await chat.answer(), (await chat.head()).last_error
    particulars: dict[str, JsonValue] = {"queued": queued, "answer": answer}
    if failed is not None:
        particulars["error"] = failed.message
    holds = failed is None and queued == 1 and bool(answer) and expected in answer
    return chat, Seen(act="a follow-up waits its turn", holds=holds, particulars=particulars)


async def interrupted(chat: Chat, screen: Screen) -> Seen:
    """A reply is stopped half-way; what was said is kept."""
    after = (await chat.head()).seq
    await chat.send(TELL_STORY)
    shown, stopped = "", False
    async for event in _until_rest(chat, screen, after=after):
        shown += _words(event)
        if not stopped and len(shown.split()) >= _WORDS_BEFORE_CUT:
            await chat.interrupt()
            stopped = True
    message = (await chat.transcript())[-1]
    kept = _text(message)
    holds = stopped and message.partial and kept.startswith(shown) and STORY.startswith(kept) and kept != STORY
    return Seen(act=INTERRUPTED, holds=holds, particulars={"shown": shown, "kept": kept})


async def killed(store: str, screen: Screen) -> Seen:
    """A worker process is killed in mid-sentence; another one takes over, and no word that was shown is lost."""
    lease, heartbeat = LEASE.total_seconds(), HEARTBEAT.total_seconds()
    screen.tell(f"lease {lease:g} s, heartbeat {heartbeat:g} s, journal before_show; a worker process starts")
    shown, shown_when_killed = "", ""
    async with chatcore.open(store, worker=False) as chats, AsyncExitStack() as processes:
        first = await processes.enter_async_context(_worker_process(store))
        chat = await chats.create(TELL_STORY, owner="you")
        async for event in _until_rest(chat, screen, after=None):
            shown += _words(event)
            if not shown_when_killed and len(shown.split()) >= _WORDS_BEFORE_CUT:
                first.kill()
                shown_when_killed = shown
                screen.tell(
                    f"SIGKILL to process {first.pid}: a second worker starts, and waits until the lease has run out"
                )
                await processes.enter_async_context(_worker_process(store))
        replies = [_text(message) for message in await chat.transcript() if message.role is Role.ASSISTANT]
    told = " ".join(reply.strip() for reply in replies)
    holds = len(replies) > 1 and replies[0].startswith(shown_when_killed) and told == STORY
    particulars: dict[str, JsonValue] = {
        "lease_s": lease,
        "heartbeat_s": heartbeat,
        "shown_when_killed": shown_when_killed,
        "kept_of_the_dead_worker": replies[0] if replies else "",
    }
    return Seen(act=KILLED, holds=holds, particulars=particulars)


async def _until_rest(chat: Chat, screen: Screen, *, after: Seq | None) -> AsyncIterator[ViewEvent]:
    """What happens in the chat, shown on the screen, until it has answered everything."""
    async with chat.chats.watching.watch_batches(chat.id, actor=chat.actor, after=after) as batches:
        async for batch in batches:
            rested = screen.show_all(batch)
            for event in batch:
                yield event
            if rested:
                return


@asynccontextmanager
async def _worker_process(store: str) -> AsyncIterator[Process]:
    """A worker in a process of its own, which is killed at the end if it still runs."""
    command = [sys.executable, "-m", "chatcore.adapters.cli.demo.other_worker", store]
    async with await anyio.open_process(command, stdout=None, stderr=None) as process:
        try:
            yield process
        finally:
            if process.returncode is None:
                process.kill()


def _words(event: ViewEvent) -> str:
    match event:
        case PartShown(role=Role.ASSISTANT, part=TextPart(text=text)):
            return text
        case _:
            return ""


def _text(message: Message) -> str:
    return "".join(part.text for part in message.content if isinstance(part, TextPart))
