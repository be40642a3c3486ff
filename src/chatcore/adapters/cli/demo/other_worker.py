"""A worker in a process of its own, for the demo to kill: `python -m … STORE_URL`."""

import sys
from datetime import timedelta
from typing import Final

import anyio

import chatcore
from chatcore.adapters.cli.demo.cast import tell_on
from chatcore.compose.scripted import ScriptedModel
from chatcore.domain.live.batching import JournalMode, JournalSettings

LEASE: Final = timedelta(seconds=2)
HEARTBEAT: Final = timedelta(seconds=0.5)


async def work(store: str) -> None:
    """Work on the chats of a store until killed."""
    settings = chatcore.ServiceSettings(
        work=chatcore.WorkSettings(lease_expiry=LEASE, heartbeat=HEARTBEAT, acquire_interval=timedelta(seconds=0.2)),
        journal=JournalSettings(mode=JournalMode.BEFORE_SHOW, interval=timedelta(milliseconds=100)),
    )
    async with chatcore.open(store, model=ScriptedModel(tell_on, words_per_delta=1, delay_s=0.05), settings=settings):
        await anyio.sleep_forever()


if __name__ == "__main__":
    anyio.run(work, sys.argv[1])
