"""The messages of a chat as an immutable sequence that is cheap to add to (spec stack 12).

Full chunks of 64 messages and a tail: adding copies the tail, and the list of chunks once in 64 times. Two histories
of the same messages are equal, however they came about.
"""

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain
from operator import attrgetter
from typing import Final, overload

from attrs import frozen

from chatcore.domain.content.messages import Message
from chatcore.domain.ids import Seq

CHUNK_LENGTH: Final = 64
"""Messages of one chunk."""

_id = attrgetter("id")


@frozen
class History(Sequence[Message]):
    """Messages in the order of their ids, which ascend. Build one with `History()` and `added`, or `history_of`."""

    _chunks: tuple[tuple[Message, ...], ...] = ()
    """Each holds CHUNK_LENGTH messages."""
    _tail: tuple[Message, ...] = ()
    """Holds fewer."""

    def added(self, message: Message) -> "History":
        """This history with one more message, whose id is above all others."""
        assert self.newest_id < message.id, "ids of messages ascend"
        tail = (*self._tail, message)
        return History(self._chunks, tail) if len(tail) < CHUNK_LENGTH else History((*self._chunks, tail), ())

    def before(self, from_id: Seq) -> "History":
        """The messages with an id below `from_id`: what an edit leaves."""
        return self._first(self._position(from_id))

    def after(self, last_id: Seq) -> Iterator[Message]:
        """The messages with an id above `last_id`, without looking at the ones before them."""
        position = self._position(last_id + 1)
        number, offset = divmod(position, CHUNK_LENGTH)
        if number == len(self._chunks):
            return iter(self._tail[offset:])
        return chain(self._chunks[number][offset:], chain.from_iterable(self._chunks[number + 1 :]), self._tail)

    def find(self, message_id: Seq) -> Message | None:
        """The message with this id."""
        position = self._position(message_id)
        found = self[position] if position < len(self) else None
        return found if found is not None and found.id == message_id else None

    @property
    def newest_id(self) -> Seq:
        """The id of the last message, 0 if there is none."""
        if self._tail:
            return self._tail[-1].id
        return self._chunks[-1][-1].id if self._chunks else 0

    def __len__(self) -> int:
        return len(self._chunks) * CHUNK_LENGTH + len(self._tail)

    def __iter__(self) -> Iterator[Message]:
        return chain(chain.from_iterable(self._chunks), self._tail)

    def __reversed__(self) -> Iterator[Message]:
        return chain(reversed(self._tail), chain.from_iterable(reversed(chunk) for chunk in reversed(self._chunks)))

    @overload
    def __getitem__(self, index: int) -> Message: ...
    @overload
    def __getitem__(self, index: slice) -> tuple[Message, ...]: ...
    def __getitem__(self, index: int | slice) -> Message | tuple[Message, ...]:
        if isinstance(index, slice):
            return tuple(self[position] for position in range(*index.indices(len(self))))
        position = index + len(self) if index < 0 else index
        if not 0 <= position < len(self):
            raise IndexError(f"there is no message {index} in a history of {len(self)}")
        number, offset = divmod(position, CHUNK_LENGTH)
        return self._tail[offset] if number == len(self._chunks) else self._chunks[number][offset]

    def _position(self, message_id: Seq) -> int:
        """How many messages have an id below this one."""
        if not self._tail or self._tail[0].id > message_id:
            number = bisect_left(self._chunks, message_id, key=lambda chunk: chunk[-1].id)
            if number < len(self._chunks):
                return number * CHUNK_LENGTH + bisect_left(self._chunks[number], message_id, key=_id)
        return len(self._chunks) * CHUNK_LENGTH + bisect_left(self._tail, message_id, key=_id)

    def _first(self, length: int) -> "History":
        number, offset = divmod(length, CHUNK_LENGTH)
        rest = self._tail if number == len(self._chunks) else self._chunks[number]
        return History(self._chunks[:number], rest[:offset])


def history_of(messages: Iterable[Message]) -> History:
    """The history that holds these messages, whose ids ascend."""
    all_messages = tuple(messages)
    whole = len(all_messages) - len(all_messages) % CHUNK_LENGTH
    chunks = tuple(all_messages[start : start + CHUNK_LENGTH] for start in range(0, whole, CHUNK_LENGTH))
    return History(chunks, all_messages[whole:])
