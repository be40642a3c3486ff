"""Functions that lift stored events of an older schema to the next one (architecture 5).

When an event class changes, raise its SCHEMA, add `(TYPE, old schema)` here, and keep the golden file of the old
form: every form that was ever written must always load.
"""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Final, TypeAlias

from chatcore.domain.json_text import JsonValue

Upcaster: TypeAlias = Callable[[Mapping[str, JsonValue]], Mapping[str, JsonValue]]
"""From the fields of schema n to those of schema n + 1; changes nothing in place."""

UPCASTERS: Final[Mapping[tuple[str, int], Upcaster]] = MappingProxyType({})
"""By (type, schema lifted from). Empty as long as every event is in its first schema."""
