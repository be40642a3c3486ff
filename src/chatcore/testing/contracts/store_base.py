"""What the contract suites of the store port share: the fixtures to override, and a chat that is written to a store."""

from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from datetime import timedelta
from typing import Final, TypeAlias

import anyio
import pytest
from attrs import define

from chatcore.domain.chat.append import Append, decide_append
from chatcore.domain.chat.commands import Command
from chatcore.domain.chat.details import ChatDetails
from chatcore.domain.chat.head import ChatHead
from chatcore.domain.ids import ChatId, CommandId, UserId
from chatcore.ports.actor import SYSTEM, Actor
from chatcore.ports.store import Store
from chatcore.ports.store_values import Appended, ChatAppend
from chatcore.testing.appends import append_decided
from chatcore.testing.chat_log import ChatLog

OpenStore: TypeAlias = Callable[[], AbstractAsyncContextManager[Store]]
"""Opens an empty store and closes it in the end."""

PassTime: TypeAlias = Callable[[timedelta], Awaitable[None]]
"""Lets so much time pass by the store's clock."""

ADA: Final = UserId("ada")
BOB: Final = UserId("bob")
CHAT: Final = ChatId("0190b2a0-0000-7000-8000-000000000001")
OTHER: Final = ChatId("0190b2a0-0000-7000-8000-000000000002")
THIRD: Final = ChatId("0190b2a0-0000-7000-8000-000000000003")

MOMENT: Final = timedelta(milliseconds=50)
"""A little time, for stores whose clock cannot be moved."""
LONG: Final = timedelta(hours=1)
"""More time than any test takes."""


@pytest.mark.anyio
class StoreFixtures:
    """What a subclass gives: `open_store`, and `pass_time` if the store's clock can be moved."""

    @pytest.fixture
    def open_store(self) -> OpenStore:
        """Override: give a way to open an empty store. Each call opens another one."""
        raise NotImplementedError("a subclass of a store contract overrides the fixture open_store")

    @pytest.fixture
    def pass_time(self) -> PassTime:
        """Override where the store's clock can be moved; this one waits."""

        async def wait(duration: timedelta) -> None:
            await anyio.sleep(duration.total_seconds())

        return wait

    @pytest.fixture
    async def store(self, open_store: OpenStore) -> AsyncGenerator[Store, None]:
        """An empty store."""
        async with open_store() as store:
            yield store


@define
class LiveChat:
    """A chat in a store, with the plain model of it that the store has to agree with."""

    store: Store
    model: ChatLog
    actor: Actor = SYSTEM

    @classmethod
    def of(cls, store: Store, chat_id: ChatId = CHAT, actor: Actor = SYSTEM) -> "LiveChat":
        """A chat that does not exist yet."""
        return cls(store=store, model=ChatLog(chat_id=chat_id), actor=actor)

    @property
    def chat_id(self) -> ChatId:
        """The chat's id."""
        return self.model.chat_id

    @property
    def head(self) -> ChatHead:
        """The head that the store must hold."""
        return self.model.current

    @property
    def details(self) -> ChatDetails:
        """The details that the store must hold."""
        return self.model.details

    def append_of(self, *commands: Command, command_id: CommandId | None = None) -> ChatAppend:
        """The append of commands to the chat as it is; changes nothing."""
        before = self.model.head
        append: Append = self.model.append_of(*commands)
        decided = decide_append(before, append)
        return append_decided(self.chat_id, before, decided, command_id=command_id, details=self.details)

    async def do(self, *commands: Command, command_id: CommandId | None = None) -> Appended:
        """Append commands to the chat in the store, and to the model."""
        (appended,) = await self.store.append([self.append_of(*commands, command_id=command_id)], actor=self.actor)
        self.model.do(*commands)
        return appended

    async def add(self, append: ChatAppend) -> Appended:
        """Append what was made elsewhere for this chat."""
        (appended,) = await self.store.append([append], actor=self.actor)
        self.accept(append)
        return appended

    def accept(self, append: ChatAppend) -> None:
        """Take note of an append that landed."""
        self.model.events += append.events
        self.model.ends.append(append.head.seq)
        self.model.head = append.head
        self.model.details = append.details or self.model.details
