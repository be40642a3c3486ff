"""The contract of the part journal: what a reader has seen survives the worker (architecture 7)."""

import pytest

from chatcore.domain.chat import commands as c
from chatcore.domain.chat.fence import Fence
from chatcore.domain.chat.rejections import ChatNotFound, StaleFence
from chatcore.domain.chat.values import ChatError
from chatcore.domain.content.messages import Role
from chatcore.domain.content.parts import Part, ReasoningPart, TextPart, ToolCallPart, ToolResultPart
from chatcore.domain.json_text import JsonText
from chatcore.domain.live.journal import Episode, JournalPart
from chatcore.ports.actor import SYSTEM
from chatcore.ports.store import Store
from chatcore.ports.store_values import Journal
from chatcore.testing.appends import acquired, answered, created, sent, titled
from chatcore.testing.clocks import NOON
from chatcore.testing.contracts.store_base import CHAT, OTHER, LiveChat, StoreFixtures


class JournalContract(StoreFixtures):
    """Parts of one episode, in order, written only by the runner of the chat, kept until the reply is committed."""

    async def test_parts_are_read_back_in_order(self, store: Store) -> None:
        """Several writes of one episode add up; every kind of part comes back as it was."""
        chat = await _taken(store)
        parts = _numbered(
            ReasoningPart(text="hm", created_at=NOON),
            TextPart(text="Hel"),
            TextPart(text="lo ☃"),
            ToolCallPart(tool_call_id="call", tool_name="execute", args_delta='{"comm'),
            ToolResultPart(tool_call_id="call", tool_name="execute", result=JsonText('{"a":1.0e2}')),
        )
        await _write(chat, parts[:2])
        await _write(chat, parts[2:])

        journal = await store.journal_read(CHAT)

        assert journal == Journal(episode=Episode.of(CHAT, chat.head), parts=tuple(parts))

    async def test_only_what_is_new_is_read(self, store: Store) -> None:
        """A reader that has some parts asks for those above; it is told the episode also where there are none."""
        chat = await _taken(store)
        parts = _numbered(TextPart(text="one"), TextPart(text="two"), TextPart(text="three"))
        await _write(chat, parts)

        read = [await store.journal_read(CHAT, after=number) for number in range(5)]

        episode = Episode.of(CHAT, chat.head)
        assert read == [Journal(episode=episode, parts=tuple(parts[number:])) for number in range(5)]

    async def test_nothing_written_is_nothing_read(self, store: Store) -> None:
        """None where no part is kept, also after an empty write."""
        chat = await _taken(store)
        assert await store.journal_read(CHAT) is None

        await _write(chat, [])

        assert await store.journal_read(CHAT) is None

    async def test_writing_a_part_again_changes_nothing(self, store: Store) -> None:
        """A write whose answer was lost is safe to repeat."""
        chat = await _taken(store)
        parts = _numbered(TextPart(text="one"), TextPart(text="two"))
        await _write(chat, parts)
        await _write(chat, parts)

        journal = await store.journal_read(CHAT)

        assert journal is not None
        assert journal.parts == tuple(parts)

    async def test_another_episode_replaces_the_parts(self, store: Store) -> None:
        """The next try's first write deletes what the try before left."""
        chat = await _taken(store)
        await _write(chat, _numbered(TextPart(text="one"), TextPart(text="two")))
        await chat.do(c.RecordGenerationAttempt())
        await _write(chat, _numbered(TextPart(text="again")))

        journal = await store.journal_read(CHAT)

        assert journal is not None
        assert journal.episode == Episode.of(CHAT, chat.head)
        assert [part.part for part in journal.parts] == [TextPart(text="again")]

    async def test_a_runner_that_lost_its_chat_writes_nothing(self, store: Store) -> None:
        """After a takeover the old fence is stale, and the parts of the old runner stay to be read."""
        chat = await _taken(store)
        fence = Fence.of(chat.head)
        parts = _numbered(TextPart(text="one"), TextPart(text="two"))
        await _write(chat, parts[:1])
        await chat.add(acquired(CHAT, chat.head, "second"))

        with pytest.raises(StaleFence):
            await store.journal_write(CHAT, fence=fence, episode=Episode.under(CHAT, fence), parts=parts[1:])

        journal = await store.journal_read(CHAT)
        assert journal is not None
        assert journal.parts == tuple(parts[:1])

    async def test_an_interrupt_stops_the_journal_but_keeps_it(self, store: Store) -> None:
        """The interruption needs the words that were seen; the fence from before it is stale."""
        chat = await _taken(store)
        fence = Fence.of(chat.head)
        parts = _numbered(TextPart(text="one"))
        await _write(chat, parts)
        await chat.do(c.Interrupt())

        with pytest.raises(StaleFence):
            await store.journal_write(CHAT, fence=fence, episode=Episode.under(CHAT, fence), parts=parts)
        journal = await store.journal_read(CHAT)
        assert journal is not None
        assert journal.parts == tuple(parts)
        await chat.do(c.FinishInterruption(partial=(TextPart(text="one"),)))
        assert await store.journal_read(CHAT) is None

    async def test_an_answer_ends_the_journal(self, store: Store) -> None:
        """The append that commits the reply deletes its parts."""
        chat = await _taken(store)
        await _write(chat, _numbered(TextPart(text="one")))
        await chat.add(answered(CHAT, chat.head))

        assert await store.journal_read(CHAT) is None

    async def test_a_recorded_retry_ends_the_journal(self, store: Store) -> None:
        """What a failed try said is discarded in the append that tells of the failure."""
        chat = await _taken(store)
        await _write(chat, _numbered(TextPart(text="one")))
        await chat.do(c.RecordRetryState(error=ChatError(message="overloaded"), delay_ms=1, at=NOON))

        assert await store.journal_read(CHAT) is None

    async def test_what_is_no_business_of_the_reply_keeps_the_journal(self, store: Store) -> None:
        """A title or a waiting message leaves the parts alone, and the fence stays good."""
        chat = await _taken(store)
        parts = _numbered(TextPart(text="one"), TextPart(text="two"))
        await _write(chat, parts[:1])
        await chat.add(titled(CHAT, chat.head, "a title"))
        await chat.add(sent(CHAT, chat.head, "waits"))
        await _write(chat, parts[1:])

        journal = await store.journal_read(CHAT)
        assert journal is not None
        assert journal.parts == tuple(parts)

    async def test_a_conflict_ends_no_journal(self, store: Store) -> None:
        """An append that does not land deletes nothing."""
        chat = await _taken(store)
        late = answered(CHAT, chat.head)
        await _write(chat, _numbered(TextPart(text="one")))
        await chat.add(titled(CHAT, chat.head, "a title"))

        with pytest.raises(Exception, match="reload"):
            await store.append([late], actor=SYSTEM)

        assert await store.journal_read(CHAT) is not None

    async def test_a_missing_chat_has_no_journal(self, store: Store) -> None:
        """Neither to be read nor to be written."""
        chat = await _taken(store)
        fence = Fence.of(chat.head)

        with pytest.raises(ChatNotFound):
            await store.journal_read(OTHER)
        with pytest.raises(ChatNotFound):
            await store.journal_write(OTHER, fence=fence, episode=Episode.under(OTHER, fence), parts=[])


async def _taken(store: Store) -> LiveChat:
    chat = LiveChat.of(store)
    await chat.add(created(CHAT))
    await chat.add(acquired(CHAT, chat.head))
    return chat


async def _write(chat: LiveChat, parts: list[JournalPart]) -> None:
    fence = Fence.of(chat.head)
    await chat.store.journal_write(CHAT, fence=fence, episode=Episode.under(CHAT, fence), parts=parts)


def _numbered(*parts: Part) -> list[JournalPart]:
    return [
        JournalPart(number=number, role=Role.TOOL if isinstance(part, ToolResultPart) else Role.ASSISTANT, part=part)
        for number, part in enumerate(parts, 1)
    ]
