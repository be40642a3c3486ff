"""The contract of idempotent commands: the same id on the same chat is carried out once (architecture 5)."""

import anyio
import pytest

from chatcore.domain.chat import commands as c
from chatcore.domain.chat.rejections import ChatNotFound
from chatcore.domain.ids import CommandId
from chatcore.ports.actor import SYSTEM, Actor
from chatcore.ports.store import Store
from chatcore.ports.store_values import Appended
from chatcore.testing.appends import created, many_titles, sent, titled
from chatcore.testing.contracts.store_base import ADA, BOB, CHAT, OTHER, THIRD, LiveChat, StoreFixtures

COMMAND = CommandId("command-1")
TASKS = 10


class CommandContract(StoreFixtures):
    """A client that asks twice is answered as if it had asked once."""

    async def test_a_repeated_command_writes_nothing_and_gets_the_first_answer(self, store: Store) -> None:
        """Also where the log has moved on, so that the append would be a conflict."""
        chat = LiveChat.of(store)
        await chat.add(created(CHAT))
        said = sent(CHAT, chat.head, "hello", command_id=COMMAND)
        first = await chat.add(said)
        await chat.add(titled(CHAT, chat.head, "moved on"))

        (again,) = await store.append([said], actor=SYSTEM)

        assert again.repeated
        assert again.events == first.events
        assert await store.head(CHAT, actor=SYSTEM) == chat.head

    async def test_the_id_finds_the_append(self, store: Store) -> None:
        """`command` gives the whole append, and None for an id that nobody used on this chat."""
        chat = LiveChat.of(store)
        await chat.add(created(CHAT))
        append = many_titles(CHAT, chat.head, 3)
        landed = await chat.do(*_commands(3), command_id=COMMAND)
        await chat.add(titled(CHAT, chat.head, "later"))

        found = await store.command(CHAT, COMMAND, actor=SYSTEM)

        assert found == Appended(chat_id=CHAT, events=landed.events, repeated=True)
        assert len(landed.events) == len(append.events)
        assert await store.command(CHAT, CommandId("another"), actor=SYSTEM) is None

    async def test_only_the_first_event_carries_the_id(self, store: Store) -> None:
        """The id stands on the first event that the command put on the log."""
        chat = LiveChat.of(store)
        await chat.add(created(CHAT, command_id=COMMAND))
        await chat.do(*_commands(2))

        events = (await store.events(CHAT, actor=SYSTEM)).events
        assert [event.command_id for event in events] == [COMMAND] + [None] * (len(events) - 1)

    async def test_a_chat_is_created_once_for_one_command(self, store: Store) -> None:
        """A client that did not hear of its new chat asks again, and is answered with it."""
        append = created(CHAT, command_id=COMMAND)
        (first,) = await store.append([append], actor=SYSTEM)

        (again,) = await store.append([append], actor=SYSTEM)

        assert (again.events, again.repeated) == (first.events, True)

    async def test_ids_belong_to_their_chat(self, store: Store) -> None:
        """The same id on another chat is another command."""
        await store.append([created(CHAT, command_id=COMMAND)], actor=SYSTEM)

        (other,) = await store.append([created(OTHER, command_id=COMMAND)], actor=SYSTEM)

        assert not other.repeated

    async def test_a_repeated_command_over_several_logs_writes_to_none(self, store: Store) -> None:
        """The log that names the command is answered; what would have gone to the others is not written."""
        first = created(CHAT, command_id=COMMAND)
        await store.append([created(OTHER), first], actor=SYSTEM)

        answers = await store.append([created(THIRD), first], actor=SYSTEM)

        assert [answer.repeated for answer in answers] == [True, True]
        assert [len(answer.events) for answer in answers] == [0, len(first.events)]
        assert set(await store.chat_ids()) == {CHAT, OTHER}

    async def test_commands_that_race_are_carried_out_once(self, store: Store) -> None:
        """A client's impatient repetitions, all at once: one lands, all get its answer."""
        chat = LiveChat.of(store)
        await chat.add(created(CHAT))
        said = sent(CHAT, chat.head, "hello", command_id=COMMAND)
        answers: list[Appended] = []

        async def ask() -> None:
            answers.extend(await store.append([said], actor=SYSTEM))

        async with anyio.create_task_group() as tasks:
            for _ in range(TASKS):
                tasks.start_soon(ask)

        assert sorted(answer.repeated for answer in answers) == [False] + [True] * (TASKS - 1)
        assert len({answer.events for answer in answers}) == 1
        assert await store.head(CHAT, actor=SYSTEM) == said.head

    async def test_nobody_learns_of_another_owners_commands(self, store: Store) -> None:
        """To ask for a command on another owner's chat is to ask for a chat that is not there."""
        await store.append([created(CHAT, ADA, command_id=COMMAND)], actor=SYSTEM)

        with pytest.raises(ChatNotFound):
            await store.command(CHAT, COMMAND, actor=Actor.owner(BOB))


def _commands(count: int) -> list[c.ChangeTitle]:
    return [c.ChangeTitle(title=f"title {number}") for number in range(count)]
