"""Names for the identifiers that cross chatcore; all are text, made by the `ids` port, never in the domain."""

from typing import Final, NewType

ChatId = NewType("ChatId", str)
"""A UUID in lower-case hyphenated text."""

UserId = NewType("UserId", str)
"""The service's own identifier of a person; at most ID_BYTES_MAX bytes."""

WorkerId = NewType("WorkerId", str)
"""One worker process."""

RunnerId = NewType("RunnerId", str)
"""One acquisition of one chat by a worker; new for every acquisition."""

CommandId = NewType("CommandId", str)
"""Chosen by the client: the same id on the same chat is carried out once."""

Seq = int
"""The number of an event in its chat: 1, 2, 3 … A message's id is its event's seq."""

ID_BYTES_MAX: Final = 64
"""Longest identifier in bytes; a UUID has 36 (events.md, bounds of the head)."""
