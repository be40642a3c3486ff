"""Chats in an SQLite file: no server, many processes, and a crash loses nothing that was acknowledged."""

from chatcore.adapters.sqlite.pubsub import SqlitePubSub
from chatcore.adapters.sqlite.settings import Durability, SqliteSettings
from chatcore.adapters.sqlite.store import SqliteStore

__all__ = ["Durability", "SqlitePubSub", "SqliteSettings", "SqliteStore"]
