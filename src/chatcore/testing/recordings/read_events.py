"""Server-sent events of a whole body (the WHATWG's event stream format), read at one go."""

import re
from collections.abc import Iterator
from typing import Final

from attrs import frozen

from chatcore.domain.json_text import JsonValue
from chatcore.testing.recordings.looking import parsed

_LINE_END: Final = re.compile(r"\r\n|\n|\r")


@frozen(kw_only=True)
class ReadEvent:
    """One event: its name, `message` where none is given, and its data."""

    name: str
    data: str

    @property
    def json(self) -> JsonValue:
        """The data as JSON, None where it is none."""
        try:
            return parsed(self.data)
        except ValueError:
            return None


def read_events(body: bytes) -> tuple[ReadEvent, ...]:
    """The events of a body. The last one counts without its blank line if its data is whole JSON, or `[DONE]`."""
    return tuple(_events(body.decode("utf-8", "replace").removeprefix("\ufeff")))


def _events(text: str) -> Iterator[ReadEvent]:
    name, data = "", list[str]()
    for line in _LINE_END.split(text):
        if not line:
            if data:
                yield ReadEvent(name=name or "message", data="\n".join(data))
            name, data = "", []
        elif not line.startswith(":"):
            field, _, value = line.partition(":")
            value = value.removeprefix(" ")
            if field == "data":
                data.append(value)
            elif field == "event":
                name = value
    if data:
        last = ReadEvent(name=name or "message", data="\n".join(data))
        if last.json is not None or last.data.strip() == "[DONE]":
            yield last
