"""Several chats and families under arbitrary commands: the plain model, the memory store and SQLite side by side.

Everything that is appended goes to all three. After each step they agree in heads, details, events and columns, and
every invariant of a chat holds. What is refused, what is stale and what is repeated changes nothing anywhere.
"""

import asyncio
from collections.abc import Mapping, Sequence
from datetime import timedelta
from itertools import pairwise
from tempfile import TemporaryDirectory
from typing import Final, TypeAlias

import pytest
from attrs import evolve
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from chatcore.adapters.memory import MemoryStore
from chatcore.adapters.sqlite import SqliteSettings, SqliteStore
from chatcore.adapters.sqlite.settings import Durability
from chatcore.domain.chat import commands as c
from chatcore.domain.chat.append import Append, Decided, decide_append
from chatcore.domain.chat.command_keys import command_key
from chatcore.domain.chat.details import changes_details
from chatcore.domain.chat.envelope import StoredEvent
from chatcore.domain.chat.events import Event, MessageAdded, MessageQueued, TurnStarted
from chatcore.domain.chat.fence import Fence
from chatcore.domain.chat.rejections import ChatNotFound, Rejection, StaleFence
from chatcore.domain.chat.states import execution_state
from chatcore.domain.chat.transitions import TRANSITIONS
from chatcore.domain.chat.tree import decide_archived, decide_child
from chatcore.domain.chat.values import TurnCause
from chatcore.domain.content.messages import Role
from chatcore.domain.content.parts import TextPart
from chatcore.domain.ids import ChatId, CommandId, UserId
from chatcore.domain.live.journal import Episode, JournalPart
from chatcore.domain.work.columns import chat_times
from chatcore.ports.actor import SYSTEM, Actor
from chatcore.ports.store import Store
from chatcore.ports.store_errors import Conflict
from chatcore.ports.store_values import Appended, ChatAppend, Heartbeat
from chatcore.testing.chat_log import ChatLog
from chatcore.testing.clocks import ManualClock
from chatcore.testing.invariants import faults_of_chat
from chatcore.testing.strategies.commands import creates, fitting_appends
from chatcore.testing.strategies.nonsense import any_commands

CHATS_MAX: Final = 4
EXPIRY: Final = timedelta(minutes=5)
CREATES: Final = creates()
PAUSES: Final = st.sampled_from((timedelta(seconds=1), timedelta(minutes=4), timedelta(minutes=6)))
STRANGER: Final = Actor.owner(UserId("a stranger"))

Decisions: TypeAlias = Mapping[ChatId, Decided]


class ChatMachine(RuleBasedStateMachine):
    """The model is a ChatLog per chat; both stores are opened anew for every run."""

    def __init__(self) -> None:
        super().__init__()
        self.loop = asyncio.Runner()
        self.clock = ManualClock()
        self.directory = TemporaryDirectory()
        self.memory = MemoryStore(clock=self.clock)
        self.sqlite = self.loop.run(self.open_sqlite())
        self.chats: dict[ChatId, ChatLog] = {}
        self.touched: set[ChatId] = set()
        self.sends: dict[ChatId, int] = {}
        self.fences: list[tuple[ChatId, Fence]] = []
        self.landed: list[ChatAppend] = []

    async def open_sqlite(self) -> SqliteStore:
        quick = SqliteSettings(durability=Durability.NORMAL)
        return await SqliteStore.open(f"{self.directory.name}/chats.db", clock=self.clock, settings=quick)

    def teardown(self) -> None:
        try:
            self.loop.run(self.check_whole_stores())
        finally:
            self.loop.run(self.sqlite.aclose())
            self.loop.run(self.memory.aclose())
            self.loop.close()
            self.directory.cleanup()

    @property
    def stores(self) -> tuple[Store, Store]:
        return self.memory, self.sqlite

    def pick(self, data: st.DataObject) -> ChatLog:
        return self.chats[data.draw(st.sampled_from(sorted(self.chats)), label="chat")]

    def roots(self) -> list[ChatId]:
        return sorted(chat_id for chat_id, chat in self.chats.items() if chat.current.root_id is None)

    def family(self, root_id: ChatId) -> dict[ChatId, ChatLog]:
        return {chat_id: chat for chat_id, chat in self.chats.items() if root_id in (chat_id, chat.current.root_id)}

    # ---- appending to all three ----

    def land(self, decided: Decisions) -> None:
        """Append to the model and to both stores; what they answer is the same."""
        appends = [self.chat_append(chat_id, each) for chat_id, each in decided.items()]
        answers = self.loop.run(self.append(appends))
        for append, answer in zip(appends, answers, strict=True):
            assert not answer.repeated
            assert append.events == tuple(stored.event for stored in answer.events)
            self.chats.setdefault(append.chat_id, ChatLog(chat_id=append.chat_id)).accept(decided[append.chat_id])
            self.touched.add(append.chat_id)
        self.landed += appends

    def chat_append(self, chat_id: ChatId, decided: Decided) -> ChatAppend:
        chat = self.chats.get(chat_id) or ChatLog(chat_id=chat_id)
        after = chat.copy()
        after.accept(decided)
        return ChatAppend(
            chat_id=chat_id,
            before=chat.head,
            events=decided.events,
            head=decided.head,
            details=after.details if any(map(changes_details, decided.events)) else None,
            command_id=CommandId(f"command-{len(self.landed)}-{chat_id}"),
        )

    async def append(self, appends: Sequence[ChatAppend]) -> tuple[Appended, ...]:
        first, second = [await store.append(appends, actor=SYSTEM) for store in self.stores]
        assert without_positions(first) == without_positions(second)
        return first

    def ask(self, chat: ChatLog, append: Append) -> None:
        """Decide and append; a refusal changes nothing."""
        before, head = chat.state, chat.head
        try:
            decided = decide_append(head, append)
        except Rejection:
            self.touched.add(chat.chat_id)
            return
        if len(append.commands) == 1:
            after = execution_state(decided.head)
            assert after in TRANSITIONS[before, command_key(append.commands[0])]
        self.land({chat.chat_id: decided})
        said = sum(isinstance(command, c.SendMessage) for command in append.commands)
        self.sends[chat.chat_id] = self.sends.get(chat.chat_id, 0) + said
        if decided.head.owned:
            self.fences.append((chat.chat_id, Fence.of(decided.head)))

    # ---- rules; Hypothesis leaves some of them out in each run, so each also brings a chat on ----

    @initialize(create=CREATES)
    def create_first(self, create: c.Create) -> None:
        self.land({ChatId("chat-0"): decide_append(None, Append(commands=(create,)))})

    @rule(data=st.data())
    def go_on(self, data: st.DataObject) -> None:
        chat = self.pick(data)
        if not chat.current.archived:
            self.ask(chat, data.draw(fitting_appends(chat, alone=False), label="append"))

    @precondition(lambda self: len(self.chats) < CHATS_MAX)
    @rule(data=st.data(), create=CREATES)
    def create(self, data: st.DataObject, create: c.Create) -> None:
        chat_id = ChatId(f"chat-{len(self.chats)}")
        self.land({chat_id: decide_append(None, Append(commands=(create,)))})
        self.go_on(data)

    @precondition(lambda self: len(self.chats) < CHATS_MAX)
    @rule(data=st.data(), create=CREATES)
    def spawn(self, data: st.DataObject, create: c.Create) -> None:
        self.go_on(data)
        root_id = data.draw(st.sampled_from(self.roots()), label="root")
        child_id = ChatId(f"chat-{len(self.chats)}")
        try:
            decided = decide_child(child_id, create, root_id, self.chats[root_id].current)
        except Rejection:
            assert self.chats[root_id].current.archived
        else:
            self.land(decided)

    @rule(data=st.data())
    def archive_or_unarchive(self, data: st.DataObject) -> None:
        self.go_on(data)
        root_id = data.draw(st.sampled_from(self.roots()), label="root")
        heads = {chat_id: chat.current for chat_id, chat in self.family(root_id).items()}
        try:
            decided = decide_archived(heads, root_id, archived=not heads[root_id].archived)
        except Rejection:
            assert not heads[root_id].archived
        else:
            assert set(heads) == set(decided)
            self.land(decided)

    @rule(data=st.data())
    def ask_nonsense(self, data: st.DataObject) -> None:
        chat = self.pick(data)
        command = data.draw(any_commands(chat, sound_evidence=True), label="command")
        if not isinstance(command, c.SpawnChild | c.SetArchived):  # these concern whole families
            self.ask(chat, chat.append_of(command))
        self.go_on(data)

    @precondition(lambda self: self.fences)
    @rule(data=st.data())
    def work_under_an_old_fence(self, data: st.DataObject) -> None:
        self.go_on(data)
        chat_id, fence = data.draw(st.sampled_from(self.fences[-6:]), label="fence")
        chat = self.chats[chat_id]
        append = Append(commands=(c.FinishTurn(promotion=chat.first_promotion()),), fence=fence)
        if chat.current.owned and fence == Fence.of(chat.current):
            self.ask(chat, append)
            return
        with pytest.raises(StaleFence):
            decide_append(chat.head, append)

    @precondition(lambda self: self.landed)
    @rule(data=st.data())
    def append_what_landed_before(self, data: st.DataObject) -> None:
        """With its command id it is answered as before; without it is a conflict."""
        append = data.draw(st.sampled_from(self.landed[-6:]), label="append")
        self.loop.run(self.append_again(append))
        self.touched.add(append.chat_id)
        self.go_on(data)

    async def append_again(self, append: ChatAppend) -> None:
        (answer,) = await self.append([append])
        assert answer.repeated
        assert append.events == tuple(stored.event for stored in answer.events)
        for store in self.stores:
            with pytest.raises(Conflict) as conflict:
                await store.append([evolve(append, command_id=None)], actor=SYSTEM)
            assert (append.chat_id, append.expected_seq) == (conflict.value.chat_id, conflict.value.expected_seq)

    @precondition(lambda self: self.fences)
    @rule(data=st.data(), count=st.integers(1, 3))
    def write_journal(self, data: st.DataObject, count: int) -> None:
        chat_id, fence = data.draw(st.sampled_from(self.fences[-3:]), label="fence")
        self.loop.run(self.journal(chat_id, fence, count))
        self.touched.add(chat_id)
        self.go_on(data)

    async def journal(self, chat_id: ChatId, fence: Fence, count: int) -> None:
        episode = Episode.under(chat_id, fence)
        outcomes: list[str] = []
        for store in self.stores:
            kept = await store.journal_read(chat_id)
            start = len(kept.parts) if kept is not None and kept.episode == episode else 0
            parts = [
                JournalPart(number=number, role=Role.ASSISTANT, part=TextPart(text="so"))
                for number in range(start + 1, start + count + 1)
            ]
            try:
                await store.journal_write(chat_id, fence=fence, episode=episode, parts=parts)
            except StaleFence:
                outcomes.append("stale")
            else:
                outcomes.append("written")
        head = self.chats[chat_id].current
        assert ["written" if head.owned and fence == Fence.of(head) else "stale"] * 2 == outcomes

    @rule(data=st.data(), pause=PAUSES)
    def let_time_pass(self, data: st.DataObject, pause: timedelta) -> None:
        self.clock.advance(pause)
        self.go_on(data)

    @rule(data=st.data())
    def beat(self, data: st.DataObject) -> None:
        head = (chat := self.pick(data)).current
        if head.runner_id is not None and head.worker_id is not None:
            signs = [Heartbeat(chat_id=chat.chat_id, runner_id=head.runner_id, worker_id=head.worker_id)]
            for store in self.stores:
                self.loop.run(store.heartbeat(signs))
        self.go_on(data)

    @rule(data=st.data())
    def reopen(self, data: st.DataObject) -> None:
        """What is in the file is all there is."""
        self.loop.run(self.sqlite.aclose())
        self.sqlite = self.loop.run(self.open_sqlite())
        self.go_on(data)

    # ---- what holds after every step ----

    @invariant()
    def every_chat_keeps_its_promises(self) -> None:
        for chat_id in self.touched:
            assert faults_of_chat(self.chats[chat_id]) == []
            assert self.sends.get(chat_id, 0) == sends_in(self.chats[chat_id].events)

    @invariant()
    def families_are_whole(self) -> None:
        for root_id in self.roots():
            family = self.family(root_id)
            assert len({chat.current.archived for chat in family.values()}) == 1
            assert len(family) == self.chats[root_id].current.children + 1

    @invariant()
    def the_stores_agree(self) -> None:
        self.loop.run(self.check_touched())
        self.touched.clear()

    async def check_touched(self) -> None:
        first, second = self.stores
        for chat_id in sorted(self.touched):
            chat = self.chats[chat_id]
            for read in ("snapshot", "row", "landmarks"):
                assert plain(await getattr(first, read)(chat_id, actor=SYSTEM)) == plain(
                    await getattr(second, read)(chat_id, actor=SYSTEM)
                ), read
            assert await first.journal_read(chat_id) == await second.journal_read(chat_id)
            row = await second.row(chat_id, actor=SYSTEM)
            assert (chat.head, chat.details) == (row.head, row.details)
        assert await first.runnable(expiry=EXPIRY) == await second.runnable(expiry=EXPIRY)

    async def check_whole_stores(self) -> None:
        """At the end: whole logs and feeds, the columns as the log gives them, and nobody sees another's chat."""
        for chat_id, chat in self.chats.items():
            pages = [await store.events(chat_id, actor=SYSTEM, limit=10_000) for store in self.stores]
            assert plain(pages[0]) == plain(pages[1])
            assert chat.events == [stored.event for stored in pages[1].events]
            assert [stored.upto for stored in pages[1].events] == uptos(chat)
            for store in self.stores:
                row = await store.row(chat_id, actor=SYSTEM)
                times = chat_times(pages[1].events)
                assert times is not None
                assert (times.created_at, times.updated_at, times.acquired_at, times.runnable_at) == (
                    row.created_at,
                    row.updated_at,
                    row.acquired_at,
                    row.runnable_at,
                )
                with pytest.raises(ChatNotFound):
                    await store.head(chat_id, actor=STRANGER)
        feeds = [await store.feed(limit=100_000) for store in self.stores]
        assert plain(feeds[0].events) == plain(feeds[1].events)
        for actor in (SYSTEM, Actor.owner(UserId("ada")), STRANGER):
            lists = [await store.chats(actor=actor, archived=None, limit=100) for store in self.stores]
            assert lists[0].rows == lists[1].rows


def plain(value: object) -> str:
    """A value as text, without the places in a store's own order."""
    return repr(value) if not isinstance(value, tuple) else repr([evolve(each, position=0) for each in value])


def without_positions(answers: Sequence[Appended]) -> list[tuple[ChatId, bool, tuple[StoredEvent, ...]]]:
    return [
        (answer.chat_id, answer.repeated, tuple(evolve(stored, position=0) for stored in answer.events))
        for answer in answers
    ]


def sends_in(events: Sequence[Event]) -> int:
    """How many sends a log tells of: each is a queued message, or a message that began a turn at once."""
    at_once = 0
    for before, event in pairwise(events):
        if event == TurnStarted(cause=TurnCause.SENT) and isinstance(before, MessageAdded):
            at_once += before.from_queue is None
    return at_once + sum(isinstance(event, MessageQueued) for event in events)


def uptos(chat: ChatLog) -> list[int]:
    """For each event, where its append ends."""
    starts = [0, *chat.ends]
    return [end for start, end in zip(starts, chat.ends, strict=False) for _ in range(start, end)]


TestChatMachine = ChatMachine.TestCase
TestChatMachine.settings = settings(max_examples=settings().max_examples * 3 // 10, stateful_step_count=60)
