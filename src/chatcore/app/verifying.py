"""Verifying a whole store: every log against everything that is stored beside it."""

from collections.abc import AsyncIterator

from attrs import frozen

from chatcore.domain.errors import ChatcoreError
from chatcore.domain.ids import ChatId
from chatcore.domain.work.verify import Fault, LogCheck, StoredRow
from chatcore.ports.actor import SYSTEM
from chatcore.ports.store import Store


@frozen(kw_only=True)
class Verified:
    """What verifying one chat found."""

    chat_id: ChatId
    events: int
    faults: tuple[Fault, ...]


async def verify_store(store: Store) -> AsyncIterator[Verified]:
    """Verify chat after chat. Reads every event once; chats that change meanwhile are judged as of one read."""
    after: ChatId | None = None
    while chat_ids := await store.chat_ids(after=after):
        for chat_id in chat_ids:
            yield await verify_chat(store, chat_id)
        after = chat_ids[-1]


async def verify_chat(store: Store, chat_id: ChatId) -> Verified:
    """Verify one chat, up to where its log ended when it was begun."""
    check = LogCheck()
    faults: list[Fault] = []
    events, seq, more = 0, 0, True
    try:
        row = await store.row(chat_id, actor=SYSTEM)
        while more and not check.broken and seq < row.head.seq:
            page = await store.events(chat_id, actor=SYSTEM, after=seq)
            for stored in page.events:
                if stored.seq <= row.head.seq:
                    faults += check.feed(stored)
                    events += 1
            seq = page.events[-1].seq if page.events else seq
            more = page.more
        beside = StoredRow(head=row.head, details=row.details, acquired_at=row.acquired_at, runnable_at=row.runnable_at)
        faults += check.finish(beside)
    except ChatcoreError as error:
        faults.append(Fault(seq=seq, why=str(error)))
    return Verified(chat_id=chat_id, events=events, faults=tuple(faults))
