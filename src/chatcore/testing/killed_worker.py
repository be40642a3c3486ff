"""A supervisor that starts workers and kills them with SIGKILL: `python -m chatcore.testing.killed_worker`.

Each line of its input is a Request as JSON, each line of its output a Report. The worker of a request is a process of
its own, forked from here so that nothing has to be imported anew. It tells over a pipe whatever it does (a call of
the store, a run of a tool, a part that its viewer was shown); at the moment that the request names it is killed.
"""

import json
import os
import signal
import sys
import time
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Final

import anyio
from attrs import asdict, frozen

import chatcore
from chatcore.adapters.scripted import Call, Saying, ScriptedModel
from chatcore.adapters.system import SystemClock
from chatcore.app.tools.tool import Repeat
from chatcore.compose.store_urls import Opened, open_store
from chatcore.domain.chat.cancellations import CancelReason
from chatcore.domain.content.prompt import PromptText, PromptToolResult
from chatcore.domain.content.tool_results import ToolOutcome, ToolText
from chatcore.domain.json_text import JsonValue
from chatcore.domain.live.batching import JournalMode, JournalSettings
from chatcore.domain.live.view_events import PartShown
from chatcore.domain.turn.tools import ToolDefinition, object_schema
from chatcore.ports.model import ModelRequest
from chatcore.testing.gated_store import GatedStore, StoreCall

LEASE: Final = timedelta(seconds=0.4)
DELTAS_PER_STEP: Final = 70
DEED: Final = b"d"
PART: Final = b"p"
_TOLD: Final = ("append", "journal_write", "heartbeat")


@frozen(kw_only=True)
class Request:
    """Work on a chat until killed."""

    folder: str = ""
    """Where the store is, and what the worker leaves behind."""
    chat_id: str = ""
    mode: str = JournalMode.BATCHED
    moment: int
    """After so many signs of work; a negative one leaves the worker alone until the chat rests."""
    deeds_only: bool = False
    """Count only what the worker does, not the parts that its viewer is shown: they are many."""
    delay_s: float = 0.0
    """And so much later."""


@frozen(kw_only=True)
class Report:
    """The worker is dead."""

    signs: int
    """How many signs of work it gave."""
    deeds: int
    """How many of them were calls of the store and runs of tools."""
    at: float
    """When it was killed, on the machine's monotonic clock."""


def store_url(folder: str) -> str:
    """The store of a chat that has a folder of its own."""
    return f"sqlite:///{folder}/chats.db"


def settings(mode: str) -> chatcore.ServiceSettings:
    """Short leases, and the journal's defaults."""
    return chatcore.ServiceSettings(
        work=chatcore.WorkSettings(
            lease_expiry=LEASE, heartbeat=LEASE / 4, acquire_interval=timedelta(milliseconds=50)
        ),
        journal=JournalSettings(mode=JournalMode(mode)),
    )


def script(voice: str, request: ModelRequest) -> Iterator[Saying]:
    """Three steps, by what was done so far, and a short answer to what was asked meanwhile."""
    seen = [part for message in request.messages for part in message.content]
    done = [part for part in seen if isinstance(part, PromptToolResult) and CancelReason.CUT_SHORT not in part.text]
    if any(isinstance(part, PromptText) and part.text == "And?" for part in seen):
        yield "That is all."
        return
    step = min(len(done), 3)
    yield "".join(f"{voice}{step}.{number}{'.' * 90} " for number in range(DELTAS_PER_STEP))
    if step == 0:
        yield Call("note")
        yield Call("stamp")
    elif step < 3:
        yield Call("note")


def model(voice: str) -> ScriptedModel:
    """The script, told word by word in a voice that tells who said it."""
    return ScriptedModel(partial(script, voice), words_per_delta=1, delay_s=0.001)


def tools(folder: str, sign: "Signs | None" = None) -> list[chatcore.Tool]:
    """`note` writes a line whenever it is run; `stamp` is idempotent and writes one for each key."""

    def tell() -> None:
        if sign is not None:
            sign.give()

    async def note(context: chatcore.ToolContext, _: Mapping[str, JsonValue]) -> ToolOutcome:
        tell()
        await anyio.sleep(0.002)
        write_line(f"{folder}/deeds", f"note {context.idempotency_key}")
        tell()
        await anyio.sleep(0.002)
        return ToolText(text=f"noted {context.idempotency_key}")

    async def stamp(context: chatcore.ToolContext, _: Mapping[str, JsonValue]) -> ToolOutcome:
        tell()
        line = f"stamp {context.idempotency_key}"
        if line not in lines(f"{folder}/deeds"):
            write_line(f"{folder}/deeds", line)
        tell()
        await anyio.sleep(0.003)
        return ToolText(text=f"stamped {context.idempotency_key}")

    return [
        chatcore.Tool(definition=_definition("note"), handler=note),
        chatcore.Tool(definition=_definition("stamp"), handler=stamp, repeat=Repeat.IDEMPOTENT),
    ]


def _definition(name: str) -> ToolDefinition:
    return ToolDefinition(name=name, description=name, input_schema=object_schema({}))


def write_line(path: str, line: str) -> None:
    """Add a line that a dead process cannot take back."""
    file = os.open(path, os.O_APPEND | os.O_CREAT | os.O_WRONLY, 0o600)
    os.write(file, f"{line}\n".encode())
    os.fsync(file)
    os.close(file)


def lines(path: str) -> list[str]:
    """The lines of a file; none if it does not exist."""
    file = Path(path)
    return file.read_text().splitlines() if file.exists() else []


class Signs:
    """Tells the supervisor that something was done."""

    def __init__(self, pipe: int) -> None:
        self._pipe = pipe

    def give(self, kind: bytes = DEED) -> None:
        """One more sign."""
        os.write(self._pipe, kind)

    async def before(self, call: StoreCall) -> None:
        """A call of the store begins."""
        if call.name in _TOLD:
            self.give()

    async def after(self, call: StoreCall) -> None:
        """A call of the store has landed."""
        if call.name in _TOLD:
            self.give()


@asynccontextmanager
async def service(request: Request, sign: Signs) -> AsyncIterator[chatcore.Chats]:
    """A worker whose calls of the store are told."""
    async with open_store(store_url(request.folder), clock=SystemClock()) as opened:
        gated = GatedStore(opened.store)
        gated.before, gated.after = sign.before, sign.after
        async with chatcore.open(
            store=Opened(store=gated, pubsub=opened.pubsub),
            model=model("a"),
            tools=tools(request.folder, sign),
            settings=settings(request.mode),
        ) as chats:
            yield chats


async def work(request: Request, sign: Signs) -> None:
    """Work on the chat, and record what a viewer of this process is shown, as it is shown."""
    async with service(request, sign) as chats, anyio.create_task_group() as tasks:
        chat = chats.chat(request.chat_id, owner="ada")
        record = os.open(f"{request.folder}/shown", os.O_APPEND | os.O_CREAT | os.O_WRONLY, 0o600)

        async def view() -> None:
            async with chats.watching.watch(chat.id, actor=chat.actor) as events:
                async for event in events:
                    if isinstance(event, PartShown):
                        os.write(record, shown_line(event, events.cursor).encode())
                        sign.give(PART)

        tasks.start_soon(view)
        await chat.rest()
        tasks.cancel_scope.cancel()


def shown_line(shown: PartShown, cursor: int | None) -> str:
    """A part that was shown, when it was, and where its viewer would go on."""
    fields = {
        "history_version": shown.history_version,
        "number": shown.number,
        "text": getattr(shown.part, "text", None),
        "call_id": getattr(shown.part, "tool_call_id", None),
        "result": getattr(shown.part, "result", None),
        "whole": not getattr(shown.part, "args_delta", ""),
        "at": time.monotonic(),
        "cursor": cursor,
    }
    return json.dumps(fields) + "\n"


def supervise(request: Request) -> Report:
    """Fork the worker, count its signs, and kill it."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reading)
        try:
            anyio.run(work, request, Signs(writing))
        finally:
            os._exit(0)
    os.close(writing)
    signs = deeds = 0
    while (deeds if request.deeds_only else signs) != request.moment and (sign := os.read(reading, 1)):
        signs += 1
        deeds += sign == DEED
    time.sleep(request.delay_s)
    at = time.monotonic()
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    os.close(reading)
    return Report(signs=signs, deeds=deeds, at=at)


def main() -> None:
    """Carry out requests until there are none."""
    for line in sys.stdin:
        print(json.dumps(asdict(supervise(Request(**json.loads(line))))), flush=True)


if __name__ == "__main__":
    main()
