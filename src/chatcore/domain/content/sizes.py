"""How large a content is (spec chat-core 1.3, limits of 3.1)."""

from collections.abc import Callable, Iterable, Mapping
from operator import attrgetter
from typing import Final

from chatcore.domain.content.part_fields import PART_FIELDS, Form
from chatcore.domain.content.parts import Part

_SIZED: Final[Mapping[type[Part], tuple[Callable[[Part], str | bytes | None], ...]]] = {
    kind: tuple(attrgetter(field.name) for field in rules if field.form in (Form.TEXT, Form.RAW, Form.BYTES))
    for kind, rules in PART_FIELDS.items()
}


def content_bytes(content: Iterable[Part]) -> int:
    """The bytes of a content: every text field in UTF-8, raw JSON and ids included, and inline data as it is.

    The names of fields, flags, numbers and times do not count. Linear, and without copying ASCII text.
    """
    return sum(_size(get(part)) for part in content for get in _SIZED[type(part)])


def utf8_bytes(text: str) -> int:
    """The length of a text in UTF-8, in bytes. Half a surrogate pair counts three, as if it could be encoded."""
    return len(text) if text.isascii() else len(text.encode("utf-8", "surrogatepass"))


def _size(value: str | bytes | None) -> int:
    if not value:
        return 0
    return len(value) if isinstance(value, bytes) else utf8_bytes(value)
