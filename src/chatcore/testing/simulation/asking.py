"""From a wish to a request: what exactly is asked of the service, given what the user sees of the chat."""

from collections.abc import Awaitable, Callable
from random import Random
from typing import Final

from attrs import frozen

from chatcore.app.chat_writer import Written
from chatcore.compose.chats import Chats
from chatcore.domain.chat.commands import (
    Behavior,
    BindWorkspace,
    ChangeDiff,
    ChangeLabels,
    ChangeSettings,
    ChangeSummary,
    ChangeTitle,
    Command,
    DynamicResult,
    Settings,
)
from chatcore.domain.chat.events import MessageAdded
from chatcore.domain.chat.values import DiffSummary
from chatcore.domain.content.messages import Role
from chatcore.domain.ids import ChatId, CommandId, Seq, UserId
from chatcore.ports.actor import Actor
from chatcore.ports.store_values import Snapshot
from chatcore.testing.simulation.model_talk import WORDS
from chatcore.testing.simulation.simulated_tools import ASK_PERSON
from chatcore.testing.simulation.wishes import Wish

Send = Callable[[Chats, CommandId], Awaitable[Written | None]]
"""Makes the request of a service; None where nothing is written."""

_NOWHERE: Final[Seq] = 999_999


@frozen(kw_only=True)
class Request:
    """One thing that a user asks. Asked again it is the same request, with the same command id."""

    wish: Wish
    chat_id: ChatId | None
    detail: str
    send: Send


class Asking:
    """Makes the requests of one user out of wishes."""

    def __init__(self, owner: UserId, name: str, will: Random) -> None:
        self._actor = Actor.owner(owner)
        self._name = name
        self._will = will
        self._said = 0

    def create(self, chat_id: ChatId, parent_id: ChatId | None = None) -> Request:
        """A new chat, whose id the user chooses, so that asking twice makes one."""
        words, actor = self._words(), self._actor
        tools = (ASK_PERSON,) if self._chance(0.5) else None
        system = ("Be brief.",) if self._chance(0.3) else ()
        settings = Settings(dynamic_tools=tools)

        async def send(chats: Chats, command_id: CommandId) -> Written:
            return await chats.service.create(
                words,
                actor=actor,
                chat_id=chat_id,
                parent_id=parent_id,
                system=system,
                settings=settings,
                command_id=command_id,
            )

        kind = Wish.CREATE if parent_id is None else Wish.SPAWN
        return Request(wish=kind, chat_id=chat_id, detail=repr(words), send=send)

    def of_chat(self, wish: Wish, chat_id: ChatId, seen: Snapshot) -> Request:
        """A wish about a chat of the user's own, as it was seen a moment ago."""
        match wish:
            case Wish.SEND | Wish.SEND_INTERRUPT:
                return self._send(wish, chat_id)
            case Wish.EDIT:
                return self._edit(chat_id, seen)
            case Wish.PROMOTE | Wish.DELETE:
                return self._row(wish, chat_id, seen)
            case Wish.ARCHIVE | Wish.UNARCHIVE:
                root = (seen.head.root_id or chat_id) if self._chance(0.8) else chat_id
                return self._archive(root, archived=wish is Wish.ARCHIVE)
            case Wish.COMPLETE:
                return self._complete(chat_id, seen)
            case Wish.CHANGE:
                return self._change(chat_id)
            case _:
                return self._plain(wish, chat_id)

    def pry(self, chat_id: ChatId) -> Request:
        """A look at a chat of somebody else, or a word in it."""
        actor, words, way = self._actor, self._words(), self._will.randrange(3)

        async def send(chats: Chats, command_id: CommandId) -> Written | None:
            if way == 0:
                return await chats.service.send(chat_id, words, actor=actor, command_id=command_id)
            if way == 1:
                await chats.store.events(chat_id, actor=actor)
            else:
                await chats.store.head(chat_id, actor=actor)
            return None

        return Request(wish=Wish.PRY, chat_id=chat_id, detail=f"by way {way}", send=send)

    def list_chats(self) -> Request:
        """A look at the list of the own chats."""
        actor, archived = self._actor, self._will.choice((False, True, None))

        async def send(chats: Chats, _: CommandId) -> None:
            await chats.store.chats(actor=actor, archived=archived)

        return Request(wish=Wish.LIST, chat_id=None, detail="", send=send)

    def _send(self, wish: Wish, chat_id: ChatId) -> Request:
        actor, words = self._actor, self._words()
        behavior = Behavior.INTERRUPT if wish is Wish.SEND_INTERRUPT else Behavior.QUEUE

        async def send(chats: Chats, command_id: CommandId) -> Written:
            return await chats.service.send(chat_id, words, actor=actor, behavior=behavior, command_id=command_id)

        return Request(wish=wish, chat_id=chat_id, detail=repr(words), send=send)

    def _edit(self, chat_id: ChatId, seen: Snapshot) -> Request:
        said = [
            stored.seq
            for stored in seen.newest.events
            if isinstance(stored.event, MessageAdded) and stored.event.role is Role.USER
        ]
        # The newest ones mostly: whoever edits the first message again and again has a short chat.
        message_id = said[-1 - int(len(said) * self._will.random() ** 2)] if said else _NOWHERE
        actor, words = self._actor, self._words()

        async def send(chats: Chats, command_id: CommandId) -> Written:
            return await chats.service.edit(chat_id, message_id, words, actor=actor, command_id=command_id)

        return Request(wish=Wish.EDIT, chat_id=chat_id, detail=f"{message_id} to {words!r}", send=send)

    def _row(self, wish: Wish, chat_id: ChatId, seen: Snapshot) -> Request:
        rows = [row.id for row in seen.head.queue]
        queued_id = self._will.choice(rows) if rows else _NOWHERE
        actor = self._actor

        async def send(chats: Chats, command_id: CommandId) -> Written:
            change = chats.service.promote if wish is Wish.PROMOTE else chats.service.delete_queued
            return await change(chat_id, queued_id, actor=actor, command_id=command_id)

        return Request(wish=wish, chat_id=chat_id, detail=str(queued_id), send=send)

    def _archive(self, chat_id: ChatId, *, archived: bool) -> Request:
        actor = self._actor

        async def send(chats: Chats, command_id: CommandId) -> Written:
            return await chats.service.set_archived(chat_id, archived, actor=actor, command_id=command_id)

        wish = Wish.ARCHIVE if archived else Wish.UNARCHIVE
        return Request(wish=wish, chat_id=chat_id, detail="", send=send)

    def _complete(self, chat_id: ChatId, seen: Snapshot) -> Request:
        actor = self._actor
        calls = [call.call_id for call in seen.head.pending if call.dynamic]
        if self._chance(0.1):
            calls = [*calls[1:], "never_asked"]
        output = "not JSON" if self._chance(0.05) else '"they nodded"'
        results = [DynamicResult(call_id=call, output=output) for call in calls]

        async def send(chats: Chats, command_id: CommandId) -> Written:
            return await chats.service.complete_action(chat_id, results, actor=actor, command_id=command_id)

        return Request(wish=Wish.COMPLETE, chat_id=chat_id, detail=", ".join(calls), send=send)

    def _change(self, chat_id: ChatId) -> Request:
        actor = self._actor
        changes: tuple[Command, ...] = (
            ChangeTitle(title=self._words()),
            ChangeLabels(labels=(("mood", self._will.choice(WORDS)),)),
            ChangeSettings(settings=Settings(dynamic_tools=(ASK_PERSON,) if self._chance(0.5) else ())),
            ChangeSummary(text=self._words()),
            BindWorkspace(workspace_id=None),
            ChangeDiff(diff=DiffSummary(additions=self._will.randrange(9))),
        )
        change = self._will.choice(changes)

        async def send(chats: Chats, command_id: CommandId) -> Written:
            return await chats.service.carry_out(chat_id, change, actor=actor, command_id=command_id)

        return Request(wish=Wish.CHANGE, chat_id=chat_id, detail=type(change).__name__, send=send)

    def _plain(self, wish: Wish, chat_id: ChatId) -> Request:
        actor = self._actor

        async def send(chats: Chats, command_id: CommandId) -> Written:
            plain = {
                Wish.INTERRUPT: chats.service.interrupt,
                Wish.CLEAR: chats.service.clear_context,
                Wish.COMPACT: chats.service.request_compaction,
                Wish.CANCEL: chats.service.cancel_action,
            }
            return await plain[wish](chat_id, actor=actor, command_id=command_id)

        return Request(wish=wish, chat_id=chat_id, detail="", send=send)

    def _words(self) -> str:
        self._said += 1
        return f"{self._name} {self._said}: " + " ".join(self._will.choice(WORDS) for _ in range(4))

    def _chance(self, chance: float) -> bool:
        return self._will.random() < chance
