"""The contract of what is folded from the logs: heads, families, lists, and who may see them (architecture 5, 8)."""

from collections.abc import Awaitable, Callable

import pytest

from chatcore.domain.chat.rejections import ChatNotFound
from chatcore.domain.ids import ChatId, CommandId, RunnerId, UserId
from chatcore.ports.actor import SYSTEM, Actor
from chatcore.ports.store import Store
from chatcore.ports.store_errors import InvalidCursor
from chatcore.ports.store_values import TRANSCRIPT_TYPES
from chatcore.testing.appends import acquired, answered, archived, child_created, created, sent, titled
from chatcore.testing.contracts.store_base import (
    ADA,
    BOB,
    CHAT,
    MOMENT,
    OTHER,
    THIRD,
    LiveChat,
    PassTime,
    StoreFixtures,
)

READS: dict[str, Callable[[Store, ChatId, Actor], Awaitable[object]]] = {
    "head": lambda store, chat_id, actor: store.head(chat_id, actor=actor),
    "details": lambda store, chat_id, actor: store.details(chat_id, actor=actor),
    "family": lambda store, chat_id, actor: store.family(chat_id, actor=actor),
    "snapshot": lambda store, chat_id, actor: store.snapshot(chat_id, actor=actor),
    "row": lambda store, chat_id, actor: store.row(chat_id, actor=actor),
    "events": lambda store, chat_id, actor: store.events(chat_id, actor=actor),
    "newest": lambda store, chat_id, actor: store.newest(chat_id, actor=actor, types=TRANSCRIPT_TYPES),
    "landmarks": lambda store, chat_id, actor: store.landmarks(chat_id, actor=actor),
    "command": lambda store, chat_id, actor: store.command(chat_id, CommandId("command"), actor=actor),
}
"""Every read of one chat that names an actor."""


class ChatsContract(StoreFixtures):
    """One row per chat, and nobody sees another owner's."""

    @pytest.mark.parametrize("read", list(READS))
    async def test_another_owners_chat_is_a_missing_chat(self, store: Store, read: str) -> None:
        """Every read of a chat that is not there and of one that is another's raises the same, word for word."""
        with pytest.raises(ChatNotFound) as missing:
            await READS[read](store, CHAT, Actor.owner(BOB))
        await store.append([created(CHAT, ADA)], actor=SYSTEM)

        with pytest.raises(ChatNotFound) as hidden:
            await READS[read](store, CHAT, Actor.owner(BOB))

        assert str(hidden.value) == str(missing.value)

    @pytest.mark.parametrize("read", list(READS))
    @pytest.mark.parametrize("actor", [Actor.owner(ADA), Actor.worker(RunnerId("runner")), SYSTEM], ids=str)
    async def test_owners_workers_and_the_system_may_read(self, store: Store, read: str, actor: Actor) -> None:
        """They all get the same answer."""
        await store.append([created(CHAT, ADA)], actor=SYSTEM)

        assert await READS[read](store, CHAT, actor) == await READS[read](store, CHAT, SYSTEM)

    async def test_a_family_is_a_root_and_its_descendants(self, store: Store) -> None:
        """All members' heads, and of nobody else; a member asked for itself is a family of one."""
        root = LiveChat.of(store)
        await root.add(created(CHAT))
        child_head = None
        for child_id in (OTHER, THIRD):
            spawned, child = child_created(child_id, CHAT, root.head)
            await store.append([spawned, child], actor=SYSTEM)
            root.accept(spawned)
            child_head = child.head
        await store.append([created(ChatId("stranger"))], actor=SYSTEM)

        family = await store.family(CHAT, actor=SYSTEM)

        assert set(family) == {CHAT, OTHER, THIRD}
        assert family[CHAT] == root.head
        assert family[THIRD] == child_head
        assert set(await store.family(THIRD, actor=SYSTEM)) == {THIRD}

    async def test_a_family_is_archived_at_once(self, store: Store) -> None:
        """After the append every member is archived; lists hide them, and show them where asked."""
        root = LiveChat.of(store)
        await _at_rest(root)
        spawned, child = child_created(OTHER, CHAT, root.head)
        await store.append([spawned, child], actor=SYSTEM)
        root.accept(spawned)
        member = LiveChat.of(store, OTHER)
        member.accept(child)
        await member.add(acquired(OTHER, member.head))
        await member.add(answered(OTHER, member.head))

        family = dict(await store.family(CHAT, actor=SYSTEM))
        await store.append(archived(family, CHAT), actor=SYSTEM)

        assert all(head.archived for head in (await store.family(CHAT, actor=SYSTEM)).values())
        assert (await store.chats(actor=SYSTEM)).rows == ()
        shown = await store.chats(actor=SYSTEM, archived=True)
        assert {row.chat_id for row in shown.rows} == {CHAT, OTHER}

    async def test_a_list_holds_what_the_actor_may_see(self, store: Store) -> None:
        """An owner's own chats; all of them for the system."""
        await store.append([created(CHAT, ADA)], actor=SYSTEM)
        await store.append([created(OTHER, BOB)], actor=SYSTEM)

        assert [row.chat_id for row in (await store.chats(actor=Actor.owner(ADA))).rows] == [CHAT]
        assert [row.chat_id for row in (await store.chats(actor=Actor.owner(UserId("nobody")))).rows] == []
        assert {row.chat_id for row in (await store.chats(actor=SYSTEM)).rows} == {CHAT, OTHER}

    async def test_a_list_begins_with_the_newest(self, store: Store, pass_time: PassTime) -> None:
        """By the time at which a turn last began or ended; details and waiting messages move nothing."""
        chats = [LiveChat.of(store, chat_id) for chat_id in (CHAT, OTHER, THIRD)]
        for chat in chats:
            await chat.add(created(chat.chat_id))
            await pass_time(MOMENT)
        first, second, third = chats
        await first.add(acquired(CHAT, first.head))
        await first.add(answered(CHAT, first.head))
        await pass_time(MOMENT)
        await second.add(titled(OTHER, second.head, "no turn"))
        await second.add(sent(OTHER, second.head, "waits"))

        page = await store.chats(actor=SYSTEM)

        assert [row.chat_id for row in page.rows] == [CHAT, THIRD, OTHER]
        assert page.rows == tuple([await store.row(chat_id, actor=SYSTEM) for chat_id in (CHAT, THIRD, OTHER)])
        assert third.head == page.rows[1].head

    @pytest.mark.parametrize("kind", [False, True, None])
    async def test_lists_are_read_page_by_page(self, store: Store, pass_time: PassTime, kind: bool | None) -> None:
        """Each chat comes once, in order, also where some began at the same time; the last page has no cursor."""
        actor = Actor.owner(ADA)
        for number in range(7):
            chat = LiveChat.of(store, ChatId(f"chat-{number}"))
            await _at_rest(chat)
            if number % 2:
                await store.append(archived({chat.chat_id: chat.head}, chat.chat_id), actor=SYSTEM)
            if number in (2, 4):
                await pass_time(MOMENT)
        whole = (await store.chats(actor=actor, archived=kind)).rows

        pages, cursor = [], None
        while True:
            page = await store.chats(actor=actor, archived=kind, after=cursor, limit=2)
            pages.append(page.rows)
            if (cursor := page.after) is None:
                break

        assert [row for rows in pages for row in rows] == list(whole)
        assert len(whole) == {False: 4, True: 3, None: 7}[kind]
        assert all(len(rows) == 2 for rows in pages[:-1])
        times = [row.updated_at for row in whole]
        assert times == sorted(times, reverse=True)

    @pytest.mark.parametrize("cursor", ["", "nonsense", "9" * 60, "²"])
    async def test_a_list_refuses_a_cursor_of_nobodys(self, store: Store, cursor: str) -> None:
        """A list's cursor that no store gave is told as such."""
        with pytest.raises(InvalidCursor):
            await store.chats(actor=SYSTEM, after=cursor)

    async def test_all_ids_come_in_their_order(self, store: Store) -> None:
        """`chat_ids` walks over all chats by id, page by page."""
        ids = [ChatId(f"chat-{number}") for number in (3, 1, 4, 0, 5)]
        await store.append([created(chat_id) for chat_id in ids], actor=SYSTEM)

        first = await store.chat_ids(limit=3)
        rest = await store.chat_ids(after=first[-1], limit=3)

        assert (*first, *rest) == tuple(sorted(ids))
        assert await store.chat_ids(after=rest[-1]) == ()


async def _at_rest(chat: LiveChat) -> None:
    await chat.add(created(chat.chat_id, ADA))
    await chat.add(acquired(chat.chat_id, chat.head))
    await chat.add(answered(chat.chat_id, chat.head))
