"""A process remembers the heads that it wrote; what other processes wrote meanwhile counts all the same (2.9)."""

import anyio
import pytest
from attrs import evolve, frozen
from hypothesis import given
from hypothesis import strategies as st

from chatcore.adapters.memory import MemoryPubSub, MemoryStore
from chatcore.adapters.system import SystemClock, SystemIds
from chatcore.app.chat_service import ChatService
from chatcore.app.chat_writer import ChatWriter
from chatcore.app.models import ModelTable
from chatcore.app.promotions import Promotions
from chatcore.domain.chat.append import Append
from chatcore.domain.chat.commands import Acquire, Behavior, FinishInterruption, FinishTurn
from chatcore.domain.chat.head import ChatHead
from chatcore.domain.ids import ChatId, RunnerId, UserId, WorkerId
from chatcore.domain.rejection import Rejection
from chatcore.ports.actor import SYSTEM, Actor

ADA, EVE = Actor.owner(UserId("ada")), Actor.owner(UserId("eve"))
CHAT = ChatId("chat")
DEEDS = ("send", "interrupting send", "interrupt", "edit", "archive", "unarchive", "delete", "acquire", "finish", "eve")


@frozen
class Process:
    """What one process has: its writer, which remembers, and its service."""

    service: ChatService
    writer: ChatWriter
    promotions: Promotions

    @classmethod
    def of(cls, store: MemoryStore) -> "Process":
        """A process over a store that others share."""
        promotions = Promotions(store, ModelTable(default="m"))
        writer = ChatWriter(store, MemoryPubSub())
        return cls(ChatService(store, writer, promotions, SystemIds()), writer, promotions)

    async def do(self, deed: str, head: ChatHead) -> str:
        """Do it, and tell how it went; `head` is the chat as it is."""
        try:
            await self._do(deed, head)
        except Rejection as rejection:
            return type(rejection).__name__
        return "done"

    async def _do(self, deed: str, head: ChatHead) -> None:
        service = self.service
        match deed:
            case "send":
                await service.send(CHAT, "Hi", actor=ADA)
            case "interrupting send":
                await service.send(CHAT, "Stop", actor=ADA, behavior=Behavior.INTERRUPT)
            case "interrupt":
                await service.interrupt(CHAT, actor=ADA)
            case "edit":
                await service.edit(CHAT, 2, "Hello?", actor=ADA)
            case "archive" | "unarchive":
                await service.set_archived(CHAT, deed == "archive", actor=ADA)
            case "delete":
                await service.delete_queued(CHAT, head.queue[0].id if head.queue else 1, actor=ADA)
            case "eve":
                await service.send(CHAT, "Let me in", actor=EVE)
            case _:
                await self.writer.write(CHAT, lambda seen: self._work(deed, seen), actor=_runner(head))

    async def _work(self, deed: str, head: ChatHead) -> Append:
        if deed == "acquire":
            return Append(commands=(Acquire(worker_id=WorkerId("w"), runner_id=RunnerId(f"r{head.seq}")),))
        promotion = await self.promotions.first(CHAT, head)
        end = (
            FinishInterruption(promotion=promotion)
            if head.status == "interrupting"
            else FinishTurn(promotion=promotion)
        )
        return Append(commands=(end,))


def _runner(head: ChatHead) -> Actor:
    return Actor.worker(head.runner_id or RunnerId("nobody"))


@pytest.mark.spec("2.9")
@given(st.lists(st.tuples(st.sampled_from(DEEDS), st.integers(0, 2)), max_size=25))
def test_several_processes_decide_as_one_would(deeds: list[tuple[str, int]]) -> None:
    """Every command goes as it would if all came through one process that always reads first."""

    async def main() -> None:
        shared, alone = MemoryStore(clock=SystemClock()), MemoryStore(clock=SystemClock())
        several = [Process.of(shared) for _ in range(3)]
        for store in (shared, alone):
            await Process.of(store).service.create("Hello", actor=ADA, chat_id=CHAT)
        for deed, number in deeds:
            outcomes = []
            for store, process in ((shared, several[number]), (alone, Process.of(alone))):
                outcomes.append(await process.do(deed, await store.head(CHAT, actor=SYSTEM)))
            assert outcomes[0] == outcomes[1], deed
            heads = [evolve(await store.head(CHAT, actor=SYSTEM), worker_id=None) for store in (shared, alone)]
            assert heads[0] == heads[1]

    anyio.run(main)
