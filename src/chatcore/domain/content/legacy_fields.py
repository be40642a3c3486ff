"""Finding fields in JSON that an older writer spelled in its own way (spec chat-core 1.7)."""

from collections.abc import Mapping
from typing import Final, TypeAlias

from attrs import frozen

from chatcore.domain.content.errors import ContentError
from chatcore.domain.content.parts_read import kind_of, read_bytes
from chatcore.domain.json_text import JsonText, JsonValue, dump_json

METADATA_NAMES: Final = ("provider_metadata", "providerMetadata", "provider_options", "providerOptions")
"""How the provider's own data is called; the first one that holds something wins."""

JsonObject: TypeAlias = Mapping[str, JsonValue]


@frozen
class LegacyFields:
    """The fields of one element. Every getter takes the names that a field may have; null counts as missing."""

    fields: JsonObject
    index: int
    """The element, for errors."""

    def value(self, *names: str) -> JsonValue:
        """The first field that is there, else None."""
        return next((self.fields[name] for name in names if self.fields.get(name) is not None), None)

    def text(self, *names: str) -> str:
        """A text field, else an empty text. Raises: ContentError, it is no text."""
        value = self.value(*names)
        if value is None:
            return ""
        if not isinstance(value, str):
            raise ContentError(self.index, f"its {names[0]} is {kind_of(value)}, not a text")
        return value

    def flag(self, *names: str) -> bool:
        """A flag, else False. Raises: ContentError, it is neither true nor false."""
        value = self.value(*names)
        if value is None:
            return False
        if not isinstance(value, bool):
            raise ContentError(self.index, f"its {names[0]} is {kind_of(value)}, not true or false")
        return value

    def decoded(self, *names: str) -> bytes:
        """A base64 text, else no bytes. Raises: ContentError, it is no base64 text."""
        try:
            return read_bytes(self.text(*names))
        except ValueError as error:
            raise ContentError(self.index, f"its {names[0]} is {error}") from error

    def metadata(self) -> JsonText | None:
        """The provider's own data, which survives as it is; anything but an object is broken and left out."""
        value = self.value(*METADATA_NAMES)
        return dump_json(value) if isinstance(value, Mapping) and value else None


def legacy_fields(value: JsonValue, index: int) -> LegacyFields:
    """The fields of an element. Raises: ContentError, it is no object."""
    if not isinstance(value, Mapping):
        raise ContentError(index, f"it is {kind_of(value)}, not an object")
    return LegacyFields(value, index)
