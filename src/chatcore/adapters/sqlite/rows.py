"""Rows of the tables as the values of the port."""

import sqlite3
from collections.abc import Iterable
from typing import Final, TypeAlias

from attrs import frozen

from chatcore.adapters.sqlite.times import from_micros
from chatcore.domain.chat.codec import Codec
from chatcore.domain.chat.details import ChatDetails
from chatcore.domain.chat.envelope import StoredEvent
from chatcore.domain.chat.head import FOLD_VERSION, ChatHead
from chatcore.domain.chat.rejections import ChatNotFound
from chatcore.domain.ids import ChatId, CommandId, Seq
from chatcore.ports.actor import Actor
from chatcore.ports.store_errors import Purged, StoreIsNewer

EVENT_COLUMNS: Final = "seq, position, recorded_at, actor, command_id, upto, type, schema, payload"

EventRow: TypeAlias = tuple[int, int, int, str, CommandId | None, int, str, int, str | None]
"""EVENT_COLUMNS of one event."""

COMMAND_EVENTS: Final = f"""
    SELECT {EVENT_COLUMNS} FROM events WHERE chat = ?1 AND seq BETWEEN
    (SELECT seq FROM events WHERE chat = ?1 AND command_id = ?2) AND
    (SELECT upto FROM events WHERE chat = ?1 AND command_id = ?2) ORDER BY seq"""
"""The events of the append that carried out a command; takes the chat's key and the command's id."""

_FIND: Final = "SELECT key, owner, purged, seq, fold_version, head FROM chats WHERE chat_id = ?"


@frozen(kw_only=True)
class FoundChat:
    """A chat that the actor may see."""

    key: int
    chat_id: ChatId
    seq: Seq
    fold_version: int
    head: str


@frozen(kw_only=True)
class Refolded:
    """What this version's fold makes of a log whose stored head an older version wrote."""

    head: ChatHead
    details: ChatDetails


class Outdated(Exception):
    """An older chatcore wrote a head or details: they have to be folded anew from the log."""

    def __init__(self, key: int, chat_id: ChatId) -> None:
        super().__init__(chat_id)
        self.key = key
        self.chat_id = chat_id


def find(connection: sqlite3.Connection, chat_id: ChatId, actor: Actor) -> FoundChat:
    """The chat as stored. Raises ChatNotFound, Purged."""
    row = connection.execute(_FIND, (chat_id,)).fetchone()
    if row is None or not actor.may_see(row[1]):
        raise ChatNotFound(chat_id)
    key, _, purged, seq, fold_version, head = row
    if purged:
        raise Purged(chat_id)
    return FoundChat(key=key, chat_id=chat_id, seq=seq, fold_version=fold_version, head=head)


def stored_events(rows: Iterable[EventRow], chat_id: ChatId, codec: Codec) -> tuple[StoredEvent, ...]:
    """The events of one chat's rows. Raises what `Codec.decode_event` raises; Purged."""
    return tuple([stored_event(row, chat_id, codec) for row in rows])


def stored_event(row: EventRow, chat_id: ChatId, codec: Codec) -> StoredEvent:
    """The event of a row. Raises what `Codec.decode_event` raises; Purged."""
    seq, position, recorded_at, actor, command_id, upto, type_name, schema, payload = row
    if payload is None:
        raise Purged(chat_id)
    return StoredEvent(
        chat_id=chat_id,
        seq=seq,
        position=position,
        recorded_at=from_micros(recorded_at),
        actor=actor,
        command_id=command_id,
        upto=upto,
        event=codec.decode_event(type_name, schema, payload),
    )


class Heads:
    """Reads heads and details of any fold version; those of an older one it must be taught first."""

    def __init__(self, codec: Codec) -> None:
        self._codec = codec
        self._refolded: dict[int, Refolded] = {}

    def learn(self, key: int, refolded: Refolded) -> None:
        """Take note of what an Outdated chat was folded to."""
        self._refolded[key] = refolded

    def head(self, chat: FoundChat) -> ChatHead:
        """The chat's head. Raises StoreIsNewer, Outdated."""
        if chat.fold_version == FOLD_VERSION:
            return self._codec.decode_head(chat.head)
        self._check_not_newer(chat.fold_version, chat.chat_id)
        refolded = self._refolded.get(chat.key)
        if refolded is None or refolded.head.seq != chat.seq:
            raise Outdated(chat.key, chat.chat_id)
        return refolded.head

    def details(self, connection: sqlite3.Connection, chat: FoundChat) -> ChatDetails:
        """The chat's details. Raises StoreIsNewer, Outdated."""
        query = "SELECT fold_version, details FROM details WHERE chat = ?"
        fold_version, details = connection.execute(query, (chat.key,)).fetchone()
        if fold_version == FOLD_VERSION:
            return self._codec.decode_details(details)
        self._check_not_newer(fold_version, chat.chat_id)
        refolded = self._refolded.get(chat.key)
        if refolded is None or refolded.head.seq != chat.seq:
            raise Outdated(chat.key, chat.chat_id)
        return refolded.details

    def _check_not_newer(self, fold_version: int, chat_id: ChatId) -> None:
        if fold_version > FOLD_VERSION:
            raise StoreIsNewer(f"a newer chatcore wrote chat {chat_id}; deploy that one here, too")
