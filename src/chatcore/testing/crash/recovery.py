"""One crash: a log is loaded up to a cut, the world is brought to that moment, and a new worker takes over."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final

import anyio

from chatcore.adapters.memory import MemoryPubSub, MemoryStore
from chatcore.app.settings import ServiceSettings
from chatcore.app.tool_step import ToolStep
from chatcore.app.tools.tool import ToolSet
from chatcore.app.verifying import verify_chat
from chatcore.compose.opening import open_chats
from chatcore.compose.store_urls import Opened
from chatcore.domain.chat.append import Decided
from chatcore.domain.chat.details import ChatDetails, fold_details
from chatcore.domain.chat.envelope import StoredEvent
from chatcore.domain.chat.evolve import evolve
from chatcore.domain.chat.head import ChatHead
from chatcore.domain.content.transcript import fold_transcript
from chatcore.domain.ids import ChatId
from chatcore.ports.actor import SYSTEM, Actor, ActorKind
from chatcore.ports.model import Model
from chatcore.ports.store import Store
from chatcore.testing.appends import append_decided
from chatcore.testing.chat_log import ChatLog
from chatcore.testing.counted_ids import CountedIds
from chatcore.testing.crash.calls import RecordedCall, RecordedCalls
from chatcore.testing.crash.errors import CrashFault
from chatcore.testing.crash.scene import Fate, Recovered, Scene
from chatcore.testing.crash.witness import Witness
from chatcore.testing.invariants import faults_of_chat
from chatcore.testing.recorded_logs import appends_of

_A_MOMENT: Final = timedelta(seconds=1)
_PAGE: Final = 500


class LogClock:
    """Wall time that can be set, and goes with anyio's clock from there."""

    def __init__(self, start: datetime) -> None:
        self.set(start)

    def set(self, at: datetime) -> None:
        """It is this time now."""
        self._set_at = at
        self._since_s = anyio.current_time()

    def now(self) -> datetime:
        """The time in UTC."""
        return self._set_at + timedelta(seconds=anyio.current_time() - self._since_s)


async def survive(
    log: Sequence[StoredEvent], *, scene: Scene, fate: Fate, settings: ServiceSettings, patience: timedelta
) -> Recovered:
    """Let the worker die right after the log's last event. Raises: CrashFault; what the scene raises."""
    cut, chat_id = log[-1].seq, log[-1].chat_id
    clock = LogClock(log[0].recorded_at)
    store = MemoryStore(clock=clock)
    head = await _load(store, clock, log)
    clock.set(_nobody_waits(log, head) + settings.work.lease_expiry + _A_MOMENT)
    calls = RecordedCalls.of(log)
    await _relive(scene, chat_id, [*calls.answered, *(calls.open(head) if fate is Fate.DONE else ())])
    witness = Witness()
    model = witness.model(scene.model())
    async with open_chats(
        store=Opened(store=store, pubsub=MemoryPubSub()),
        models={"default": model, **_models_of(log, model)},
        default_model="default",
        tools=witness.tools(scene.tools()),
        workspace=scene.workspaces(),
        settings=settings,
        clock=clock,
        ids=CountedIds(),
    ) as chats:
        with anyio.move_on_after(patience.total_seconds()) as waiting:
            await chats.watching.rest(chat_id, actor=SYSTEM)
            # Whoever works on a chat at rest does it now.
            await anyio.sleep(3 * settings.work.acquire_interval.total_seconds())
    after = await read_log(store, chat_id)
    faults = [] if not waiting.cancelled_caught else [f"after {patience} it has not come to rest"]
    faults += witness.faults
    faults += witness.faults_of_runs(frozenset(_key(chat_id, made) for made in calls.made))
    faults += [f"the store does not verify: {fault.why}" for fault in (await verify_chat(store, chat_id)).faults]
    faults += _faults_of_log(log, after)
    if faults:
        raise CrashFault(cut, fate, faults, after)
    return Recovered(
        cut=cut,
        fate=fate,
        head=await store.head(chat_id, actor=SYSTEM),
        log=after,
        transcript=tuple(fold_transcript((stored.seq, stored.event) for stored in after)),
        runs=tuple(witness.runs),
    )


async def read_log(store: Store, chat_id: ChatId) -> tuple[StoredEvent, ...]:
    """The whole log of a chat."""
    log: list[StoredEvent] = []
    more = True
    while more:
        page = await store.events(chat_id, actor=SYSTEM, after=len(log), limit=_PAGE)
        log += page.events
        more = page.more
    return tuple(log)


async def _load(store: Store, clock: LogClock, log: Sequence[StoredEvent]) -> ChatHead:
    head: ChatHead | None = None
    details = ChatDetails()
    for append in appends_of(log):
        before, events = head, tuple(stored.event for stored in append)
        for event in events:
            head = evolve(head, event)
        assert head is not None, "an append has events"
        first = append[0]
        clock.set(first.recorded_at)
        chat_append = append_decided(
            first.chat_id, before, Decided(events=events, head=head), command_id=first.command_id, details=details
        )
        details = fold_details(events, details)
        await store.append([chat_append], actor=Actor(ActorKind.SYSTEM, first.actor))
    assert head is not None, "a log has appends"
    return head


def _nobody_waits(log: Sequence[StoredEvent], head: ChatHead) -> datetime:
    """When the cut is over, and with it any wait for the client: a log's times need not have gone with its deadline."""
    return max(log[-1].recorded_at, head.deadline_at or log[-1].recorded_at)


async def _relive(scene: Scene, chat_id: ChatId, calls: Sequence[RecordedCall]) -> None:
    """Let the worker that is about to die run these calls; what they answer is on record, or lost."""
    tools = ToolSet.of(scene.tools())
    workspaces = scene.workspaces()
    agent = None if workspaces is None else await workspaces.agent(chat_id)
    for made in calls:
        await ToolStep(chat_id, made.message_id, tools, agent, {}).run([made.call])


def _models_of(log: Iterable[StoredEvent], model: Model) -> Mapping[str, Model]:
    """The one model under every name that the log gives to models."""
    named = {getattr(stored.event, "model_id", None) for stored in log}
    return dict.fromkeys(sorted(filter(None, named)), model)


def _key(chat_id: ChatId, made: RecordedCall) -> str:
    return f"{chat_id}/{made.message_id}/{made.call.call_id}"


def _faults_of_log(before: Sequence[StoredEvent], after: Sequence[StoredEvent]) -> list[str]:
    kept = [(stored.seq, stored.upto, stored.actor, stored.event) for stored in after[: len(before)]]
    if kept != [(stored.seq, stored.upto, stored.actor, stored.event) for stored in before]:
        return ["events from before the crash are not there any more, or not as they were"]
    chat = ChatLog(chat_id=before[-1].chat_id)
    for append in appends_of(after):
        events = tuple(stored.event for stored in append)
        head = chat.head
        for event in events:
            head = evolve(head, event)
        assert head is not None, "an append has events"
        chat.accept(Decided(events=events, head=head))
    return faults_of_chat(chat)
