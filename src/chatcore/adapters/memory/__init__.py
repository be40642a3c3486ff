"""Ports kept in memory: for tests, simulations, and chats that may be lost with the process."""

from chatcore.adapters.memory.pubsub import MemoryPubSub
from chatcore.adapters.memory.relay import MemoryRelay
from chatcore.adapters.memory.store import MemoryStore

__all__ = ["MemoryPubSub", "MemoryRelay", "MemoryStore"]
