"""Words, moments and JSON: what the other strategies are made of."""

import json
from datetime import UTC, datetime, timedelta
from typing import Final, TypeVar

from hypothesis import strategies as st

from chatcore.domain.json_text import JsonText, JsonValue, dump_json

T = TypeVar("T")

ODD_JSON: Final = tuple(
    JsonText(text)
    for text in ("1.0e2", "-0", ' {"a" : 1 } ', '{"a":1,"a":2}', '"\\u00e9"', '["\\ud800"]', "[1,\n 2]", "null", '""')
)
"""Valid JSON that a parser would not write back as it was."""


EXAMPLE_METADATA: Final = tuple(
    JsonText(text)
    for text in ('{"signature":"c2ln"}', '{"openai":{"item_id":"rs_1"}}', ' {"a" : 1.0e2 } ', '{"é":"\\ud800"}', "{}")
)
"""What providers send along; the last one says nothing."""

_START: Final = datetime(2001, 1, 1, tzinfo=UTC)


def texts(*, min_size: int = 0) -> st.SearchStrategy[str]:
    """Words, short ones: any characters but lone surrogates."""
    return st.text(min_size=min_size, max_size=12)


def spoken() -> st.SearchStrategy[str]:
    """Words that are not blank and have no space around them."""
    return texts(min_size=1).map(str.strip).filter(bool)


def times() -> st.SearchStrategy[datetime]:
    """Moments of this century, in UTC, to the microsecond."""
    return st.integers(0, 3 * 10**15).map(lambda microseconds: _START + timedelta(microseconds=microseconds))


def json_values() -> st.SearchStrategy[JsonValue]:
    """Small JSON values of every kind, nested a little."""
    scalars: st.SearchStrategy[JsonValue] = (
        st.none()
        | st.booleans()
        | st.integers(-(2**53), 2**53)
        | st.floats(allow_nan=False, allow_infinity=False)
        | texts()
    )
    return st.recursive(scalars, _nested, max_leaves=4)


def json_texts() -> st.SearchStrategy[JsonText]:
    """Valid JSON, most of it spelled in a way that no writer here would choose.

    Cheap to draw, for to most code such a text is opaque; what looks inside draws `json_values`, too.
    """
    return st.one_of(st.sampled_from(ODD_JSON), texts().map(dump_json), json_object_texts())


def json_object_texts() -> st.SearchStrategy[JsonText]:
    """Valid JSON objects, compact or indented."""
    return texts().map(_object).map(dump_json) | texts().map(lambda text: JsonText(json.dumps(_object(text), indent=2)))


def metadata() -> st.SearchStrategy[JsonText]:
    """A provider's own data: JSON objects."""
    return st.sampled_from(EXAMPLE_METADATA)


def maybe(strategy: st.SearchStrategy[T]) -> st.SearchStrategy[T | None]:
    """None, or a value."""
    return st.none() | strategy


def _object(text: str) -> JsonValue:
    return {"path": text, "lines": [1, 2.5, None], text: {"deep": True}}


def _nested(children: st.SearchStrategy[JsonValue]) -> st.SearchStrategy[JsonValue]:
    return st.one_of(st.lists(children, max_size=3), st.dictionaries(texts(), children, max_size=3))
