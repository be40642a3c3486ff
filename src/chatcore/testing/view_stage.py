"""One chat, its store, and processes that work on it and watch it: the stage for tests of views.

    stage = Stage()
    await stage.do(create())
    async with stage.here.watching.watch(stage.chat_id, actor=stage.owner) as view: …

What happens on it is appended as `ChatWriter` would, but without a worker: the test says what happens, and when.
"""

from attrs import define, field

from chatcore.adapters.memory import MemoryPubSub, MemoryStore
from chatcore.app.journal_writer import JournalWriter
from chatcore.app.live_parts import LiveParts
from chatcore.app.view_settings import ViewSettings
from chatcore.app.watching import Watching
from chatcore.domain.chat.append import Decided
from chatcore.domain.chat.commands import Command
from chatcore.domain.chat.envelope import StoredEvent
from chatcore.domain.chat.fence import Fence
from chatcore.domain.chat.head import ChatHead
from chatcore.domain.content.messages import Role
from chatcore.domain.content.parts import TextPart
from chatcore.domain.ids import ChatId, Seq
from chatcore.domain.live.batching import JournalSettings
from chatcore.domain.live.journal import Episode, JournalPart
from chatcore.domain.turn.answer import Published
from chatcore.ports.actor import SYSTEM, Actor
from chatcore.ports.pubsub import ChatChanged, PubSub
from chatcore.ports.store import Store
from chatcore.testing.appends import append_decided, append_of
from chatcore.testing.chat_log import ChatLog
from chatcore.testing.clocks import ManualClock
from chatcore.testing.situations import OWNER, ROOT


@define
class Process:
    """What one process has of its own: the parts it makes, and its views."""

    live: LiveParts
    watching: Watching


@define
class Stage:
    """A chat and two processes that share its store. `deaf`: hints get lost on their way to the viewers."""

    store: Store = field(factory=lambda: MemoryStore(clock=ManualClock()))
    settings: ViewSettings = field(factory=ViewSettings)
    deaf: bool = False
    chat_id: ChatId = ROOT
    owner: Actor = field(factory=lambda: Actor.owner(OWNER))
    head: ChatHead | None = None
    pubsub: PubSub = field(factory=MemoryPubSub)
    here: Process = field(init=False)
    there: Process = field(init=False)

    def __attrs_post_init__(self) -> None:
        self.here, self.there = self._process(), self._process()

    async def do(self, *commands: Command) -> ChatHead:
        """Append commands, as the chat's runner where they need one, and send the hint."""
        details = None if self.head is None else await self.store.details(self.chat_id, actor=SYSTEM)
        append = append_of(self.chat_id, self.head, *commands, details=details)
        await self.store.append([append], actor=SYSTEM)
        return await self._told(append.head)

    async def play(self, decided: Decided) -> ChatHead:
        """Append what was decided on the head of the stage."""
        details = None if self.head is None else await self.store.details(self.chat_id, actor=SYSTEM)
        append = append_decided(self.chat_id, self.head, decided, details=details)
        await self.store.append([append], actor=SYSTEM)
        return await self._told(append.head)

    async def log(self) -> ChatLog:
        """The chat as its log tells it."""
        events: list[StoredEvent] = []
        after: Seq = 0
        while page := (await self.store.events(self.chat_id, actor=SYSTEM, after=after)).events:
            events += page
            after = page[-1].seq
        ends = sorted({each.upto for each in events})
        return ChatLog(self.chat_id, [each.event for each in events], ends, self.head)

    @property
    def episode(self) -> Episode:
        """The episode that the chat is in."""
        assert self.head is not None, "the chat exists"
        return Episode.of(self.chat_id, self.head)

    def say(self, *texts: str) -> None:
        """The worker of this process shows words, in the episode of the moment."""
        self.here.live.open(self.episode)
        for text in texts:
            self.here.live.publish(self.episode, said(text))

    async def say_there(self, *texts: str) -> None:
        """The worker of the other process shows words and writes them to the journal."""
        assert self.head is not None, "the chat exists"
        self.there.live.open(self.episode)
        parts: list[JournalPart] = []
        for text in texts:
            part = self.there.live.publish(self.episode, said(text))
            parts += [] if part is None else [part]
        await self.store.journal_write(self.chat_id, fence=Fence.of(self.head), episode=self.episode, parts=parts)

    def sink(self, settings: JournalSettings) -> JournalWriter:
        """Where a turn of this process would show what it makes."""
        return JournalWriter(self.chat_id, self.store, self.here.live, settings)

    def _process(self) -> Process:
        live = LiveParts()
        pubsub = MemoryPubSub() if self.deaf else self.pubsub
        return Process(live, Watching(self.store, pubsub, live, self.settings))

    async def _told(self, head: ChatHead) -> ChatHead:
        self.head = head
        await self.pubsub.publish([ChatChanged.of(self.chat_id, head)])
        return head


def said(text: str) -> Published:
    """Words of a model."""
    return Published(role=Role.ASSISTANT, part=TextPart(text=text))
