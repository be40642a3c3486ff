"""The fields of every kind of part and how each is written, read off the part classes (spec chat-core 1.3)."""

from collections.abc import Mapping
from datetime import datetime
from enum import Enum, auto
from typing import Final

from attrs import NOTHING, fields, frozen

from chatcore.domain.content.parts import PART_TYPES, Part
from chatcore.domain.json_text import JsonText


class Form(Enum):
    """What a field holds."""

    TEXT = auto()
    FLAG = auto()
    NUMBER = auto()
    TIME = auto()
    BYTES = auto()
    RAW = auto()
    """JSON, kept as text in the part and embedded as JSON in its JSON form."""


@frozen
class PartField:
    """One field of one kind. A required one is always written, an optional one only when it is not empty."""

    name: str
    form: Form
    required: bool


_FORMS: Final[Mapping[object, Form]] = {
    str: Form.TEXT,
    str | None: Form.TEXT,
    bool: Form.FLAG,
    int: Form.NUMBER,
    datetime | None: Form.TIME,
    bytes: Form.BYTES,
    JsonText | None: Form.RAW,
}


def _fields_of(kind: type[Part]) -> tuple[PartField, ...]:
    return tuple(PartField(field.name, _FORMS[field.type], field.default is NOTHING) for field in fields(kind))


PART_FIELDS: Final[Mapping[type[Part], tuple[PartField, ...]]] = {kind: _fields_of(kind) for kind in PART_TYPES}
"""Every kind with its fields, in the order in which they are written."""
