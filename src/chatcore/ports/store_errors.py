"""What a store may answer instead of what was asked (architecture 5, 11)."""

from typing import ClassVar

from chatcore.domain.errors import Corrupt
from chatcore.domain.ids import ChatId, Seq
from chatcore.domain.rejection import Rejection
from chatcore.ports.errors import AdapterError


class StoreError(AdapterError):
    """Base of the errors of stores. After any of them but StoreUnavailable nothing was written."""


class Conflict(StoreError):
    """The log is not where the writer thought: reload and decide again."""

    retryable: ClassVar[bool] = True

    def __init__(self, chat_id: ChatId, expected_seq: Seq, actual_seq: Seq) -> None:
        super().__init__(f"chat {chat_id} is at seq {actual_seq}, not {expected_seq}; reload and decide again")
        self.chat_id = chat_id
        self.expected_seq = expected_seq
        self.actual_seq = actual_seq


class StoreUnavailable(StoreError):
    """The store cannot be reached or is busy. Whether an append landed is unknown: read before trying again."""

    retryable: ClassVar[bool] = True


class StoreFull(StoreError):
    """No room is left. Nothing was written; free space, then try again."""

    retryable: ClassVar[bool] = True


class StoreReadOnly(StoreError):
    """The file or the server takes no writes from this process."""


class StoreIsNewer(StoreError):
    """A newer chatcore wrote this store, or a head in it: this process may read events, not append. Deploy it first."""


class NotAStore(StoreError):
    """The file or the database belongs to something else; it was not touched. Name another one."""


class StoreCorrupt(StoreError, Corrupt):
    """The file is damaged; it was not touched. Restore it from a backup."""


class StoreClosed(StoreError):
    """The store was closed."""


class Purged(StoreError):
    """What was said in this chat was deleted for good."""

    def __init__(self, chat_id: ChatId) -> None:
        super().__init__(f"chat {chat_id} was purged; nothing of it can be read any more")
        self.chat_id = chat_id


class InvalidCursor(Rejection):
    """A cursor that this store did not give; begin again without one."""

    code: ClassVar[str] = "invalid_cursor"

    def __init__(self, cursor: str) -> None:
        super().__init__(f"{cursor[:64]!r} is not a cursor of this store; begin again without one")
        self.cursor = cursor
