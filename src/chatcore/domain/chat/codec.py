"""Events, heads and details as JSON text and back: strict, closed, versioned (architecture 5).

A stored event is (type, schema, payload). Reading refuses what writing would not have written: a wrong type is not
coerced and an unknown key is not skipped. An older schema is lifted by upcasters before it is read. A field that has
its default is left out, so a default is part of the schema and never changes.
"""

import json
from collections.abc import Callable, Mapping
from typing import Final, TypeVar

from attrs import field, frozen
from cattrs import BaseValidationError, transform_error

from chatcore.domain.chat.converter import make_converter
from chatcore.domain.chat.details import ChatDetails
from chatcore.domain.chat.events import EVENT_TYPES, Event
from chatcore.domain.chat.head import ChatHead
from chatcore.domain.chat.upcasters import UPCASTERS, Upcaster
from chatcore.domain.errors import ChatcoreError, Corrupt
from chatcore.domain.json_text import JsonValue, load_compact
from chatcore.domain.limits import HEAD_BYTES_MAX
from chatcore.domain.rejection import Rejection

T = TypeVar("T")

EVENT_CLASSES: Final[Mapping[str, type[Event]]] = {kind.TYPE: kind for kind in EVENT_TYPES}


class UnknownEventType(ChatcoreError):
    """The log holds an event that this version of chatcore does not know: deploy a newer one."""


class EventSchemaIsNewer(ChatcoreError):
    """The log holds an event in a newer form than this version of chatcore knows: deploy a newer one."""


class CorruptPayload(Corrupt):
    """A stored payload is not what its type and schema promise."""


class NotUnicode(Rejection):
    """A text holds half a surrogate pair and cannot be written as UTF-8; send valid Unicode."""

    code = "not_unicode"


class HeadTooLarge(Corrupt):
    """A head is over HEAD_BYTES_MAX: a bound of events.md is not kept, which is a bug."""


@frozen(kw_only=True)
class EncodedEvent:
    """An event as a store keeps it."""

    type: str
    schema: int
    payload: str


# Two converters: one that says where a payload is wrong, and one that only says that it is, at half the price.
_FAST: Final = make_converter(detailed=False)
_DETAILED: Final = make_converter(detailed=True)
# Unlike `dump_json` it leaves half a surrogate pair as it is, so that `encode` finds it: as an escape it would be
# written, but other JSON libraries refuse to read it.
_WRITER: Final = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), allow_nan=False)
# Looked up once: finding the hook of a class costs as much as reading a short event.
_READERS: Final = {kind.TYPE: (kind, kind.SCHEMA, _FAST.get_structure_hook(kind)) for kind in EVENT_TYPES}


@frozen(kw_only=True)
class Codec:
    """Translates with the given JSON library; the default is the standard library's."""

    loads: Callable[[str], JsonValue] = load_compact
    dumps: Callable[[JsonValue], str] = _WRITER.encode
    upcasters: Mapping[tuple[str, int], Upcaster] = field(default=UPCASTERS, eq=False, repr=False)

    def encode_event(self, event: Event) -> EncodedEvent:
        """An event as stored. Raises NotUnicode."""
        return EncodedEvent(type=event.TYPE, schema=event.SCHEMA, payload=self._dump(event))

    def decode_event(self, type_name: str, schema: int, payload: str) -> Event:
        """A stored event. Raises UnknownEventType, EventSchemaIsNewer, CorruptPayload."""
        try:
            kind, newest, hook = _READERS[type_name]
        except KeyError as error:
            what = f"the log holds an event of the unknown type {type_name!r}; deploy a newer chatcore"
            raise UnknownEventType(what) from error
        if schema != newest:
            lifted = _lifted(kind, schema, self._parse(payload, type_name), self.upcasters)
            payload = self.dumps(lifted)
        try:
            event: Event = hook(self.loads(payload), kind)
        except Exception as error:
            raise _explained(self._parse(payload, type_name), kind) from error
        return event

    def encode_head(self, head: ChatHead) -> str:
        """A head as stored. Raises HeadTooLarge, NotUnicode."""
        text = self._dump(head)
        # A character takes at most four bytes, so only long texts need to be measured.
        if 4 * len(text) > HEAD_BYTES_MAX and (size := len(text.encode())) > HEAD_BYTES_MAX:
            raise HeadTooLarge(f"the head at seq {head.seq} takes {size} bytes, at most {HEAD_BYTES_MAX} are allowed")
        return text

    def decode_head(self, text: str) -> ChatHead:
        """A stored head. Raises CorruptPayload."""
        return self._read(text, ChatHead)

    def encode_details(self, details: ChatDetails) -> str:
        """Details as stored. Raises NotUnicode."""
        return self._dump(details)

    def decode_details(self, text: str) -> ChatDetails:
        """Stored details. Raises CorruptPayload."""
        return self._read(text, ChatDetails)

    def _dump(self, value: Event | ChatHead | ChatDetails) -> str:
        try:
            text = self.dumps(_FAST.unstructure(value))
            text.encode()
        except (UnicodeEncodeError, TypeError) as error:
            raise NotUnicode(f"{type(value).__name__} holds text that is not valid Unicode: {error}") from error
        return text

    def _read(self, text: str, kind: type[T]) -> T:
        try:
            return _FAST.structure(self._parse(text, kind.__name__), kind)
        except CorruptPayload:
            raise
        except Exception as error:
            raise _explained(self._parse(text, kind.__name__), kind) from error

    def _parse(self, text: str, what: str) -> Mapping[str, JsonValue]:
        try:
            fields = self.loads(text)
        except (ValueError, RecursionError) as error:
            raise CorruptPayload(f"a stored {what} is not JSON: {error}") from error
        if not isinstance(fields, dict):
            raise CorruptPayload(f"a stored {what} is not a JSON object")
        return fields


def _explained(fields: Mapping[str, JsonValue], kind: type[T]) -> CorruptPayload:
    """Why the fields are not a `kind`, found by reading them again with the converter that tells."""
    try:
        _DETAILED.structure(fields, kind)
    except BaseValidationError as error:
        why = "; ".join(transform_error(error, path=kind.__name__))
        return CorruptPayload(f"a stored {kind.__name__} is wrong: {why}")
    raise AssertionError("two converters that differ only in what they say disagree")


def _lifted(
    kind: type[Event], schema: int, fields: Mapping[str, JsonValue], upcasters: Mapping[tuple[str, int], Upcaster]
) -> Mapping[str, JsonValue]:
    """The fields in the newest schema, one upcaster after the other."""
    if schema > kind.SCHEMA:
        raise EventSchemaIsNewer(
            f"the log holds {kind.TYPE} in schema {schema}, this chatcore knows up to {kind.SCHEMA}; deploy a newer one"
        )
    for version in range(schema, kind.SCHEMA):
        upcaster = upcasters.get((kind.TYPE, version))
        if upcaster is None:
            raise CorruptPayload(f"nothing lifts {kind.TYPE} from schema {version}")
        fields = upcaster(fields)
    return fields
