"""The entry point for services that embed chatcore: `chatcore.open(…)` gives Chats, and those give Chat."""

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AbstractAsyncContextManager

from attrs import frozen

from chatcore.app.chat_service import ChatService, Words
from chatcore.app.transcripts import read_transcript
from chatcore.app.watching import Watching
from chatcore.domain.chat.commands import Behavior, Settings
from chatcore.domain.chat.head import ChatHead
from chatcore.domain.content.messages import Message, Role
from chatcore.domain.content.parts import TextPart
from chatcore.domain.ids import ChatId, CommandId, Seq, UserId, WorkerId
from chatcore.domain.live.view_events import ViewEvent
from chatcore.ports.actor import Actor
from chatcore.ports.pubsub import PubSub
from chatcore.ports.relay import ServedParts
from chatcore.ports.store import Store


@frozen(kw_only=True)
class Chats:
    """All chats of a store. `service`, `store` and `pubsub` give everything that the short methods here leave out."""

    service: ChatService
    watching: Watching
    store: Store
    pubsub: PubSub
    parts: ServedParts
    """The replies that this process makes right now: what it serves to the relays of other replicas."""
    worker_id: WorkerId | None = None
    """By which other replicas know this process; None where it works on no chats."""

    async def create(
        self,
        words: Words,
        *,
        owner: str,
        system: Sequence[str] = (),
        title: str | None = None,
        labels: Mapping[str, str] | None = None,
        settings: Settings | None = None,
        command_id: str | None = None,
    ) -> "Chat":
        """Begin a chat with what its owner says first. Raises Rejection."""
        actor = Actor.owner(UserId(owner))
        written = await self.service.create(
            words,
            actor=actor,
            system=system,
            title=title,
            labels=labels,
            settings=settings,
            command_id=None if command_id is None else CommandId(command_id),
        )
        return Chat(id=written.chat_id, chats=self, actor=actor)

    def chat(self, chat_id: str, *, owner: str) -> "Chat":
        """A chat that exists; asking anything of one that does not, or is another owner's, raises ChatNotFound."""
        return Chat(id=ChatId(chat_id), chats=self, actor=Actor.owner(UserId(owner)))


@frozen(kw_only=True)
class Chat:
    """One chat, as its owner."""

    id: ChatId
    chats: Chats
    actor: Actor

    async def send(
        self, words: Words, *, behavior: Behavior = Behavior.QUEUE, command_id: str | None = None
    ) -> ChatHead:
        """Say something: at once if the chat rests, else after the turn, or (INTERRUPT) instead of it."""
        client = None if command_id is None else CommandId(command_id)
        written = await self.chats.service.send(self.id, words, actor=self.actor, behavior=behavior, command_id=client)
        return written.head

    async def interrupt(self) -> ChatHead:
        """Stop the turn; what was said is kept."""
        return (await self.chats.service.interrupt(self.id, actor=self.actor)).head

    async def head(self) -> ChatHead:
        """The chat's state."""
        return await self.chats.store.head(self.id, actor=self.actor)

    async def rest(self) -> ChatHead:
        """Wait until the chat has answered, or failed, everything."""
        return await self.chats.watching.rest(self.id, actor=self.actor)

    async def ask(self, words: Words) -> str:
        """Say something, wait for the end of the turn, and return the words of the last answer."""
        await self.send(words)
        await self.rest()
        return await self.answer()

    async def answer(self) -> str:
        """The words of the newest answer; empty if there is none."""
        for message in reversed(await self.transcript()):
            if message.role is Role.ASSISTANT:
                return "".join(part.text for part in message.content if isinstance(part, TextPart))
        return ""

    async def transcript(self) -> tuple[Message, ...]:
        """Everything that was said, as readers see it."""
        return await read_transcript(self.chats.store, self.id, actor=self.actor)

    def watch(self, *, after: Seq | None = None) -> AbstractAsyncContextManager[AsyncIterator[ViewEvent]]:
        """What happens in the chat, live: the status first, the newest messages, then whatever follows."""
        return self.chats.watching.watch(self.id, actor=self.actor, after=after)
