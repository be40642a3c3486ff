"""Values of any attrs class, made from the types of its fields: a class added tomorrow is covered at once."""

from collections.abc import Mapping
from datetime import datetime
from enum import Enum
from functools import cache
from types import MappingProxyType, UnionType
from typing import Final, TypeAlias, TypeVar, Union, get_args, get_origin

from attrs import NOTHING, fields, has
from hypothesis import strategies as st

from chatcore.domain.content.parts import Part
from chatcore.domain.json_text import JsonText
from chatcore.testing.strategies.basics import json_texts, texts, times
from chatcore.testing.strategies.content import parts

T = TypeVar("T")

Leaves: TypeAlias = Mapping[object, st.SearchStrategy[object]]
"""Strategies by type; they win over what the type itself would give."""

LEAVES: Final[Leaves] = MappingProxyType(
    {
        str: texts(),
        JsonText: json_texts(),
        bool: st.booleans(),
        int: st.integers(0, 2**53),
        float: st.floats(allow_nan=False, allow_infinity=False, min_value=0),
        bytes: st.binary(max_size=12),
        datetime: times(),
        Part: parts(),
    }
)
"""Sound values: whole numbers that every JSON reader keeps, finite ones, times in UTC."""

_BOOLEANS: Final = st.booleans()
_LENGTHS: Final = st.integers(0, 3)


@st.composite
def values_of(draw: st.DrawFn, kind: type[T], leaves: Leaves = LEAVES) -> T:
    """Instances of an attrs class with any values in its fields; a field that has a default may keep it."""
    value = _draw_class(draw, kind, leaves)
    assert isinstance(value, kind)
    return value


def _draw_type(draw: st.DrawFn, kind: object, leaves: Leaves) -> object:
    if kind in leaves:
        return draw(leaves[kind])
    origin, members = get_origin(kind), get_args(kind)
    if origin in (Union, UnionType):
        chosen = draw(_sampled(members))
        return None if chosen is type(None) else _draw_type(draw, chosen, leaves)
    if origin is tuple and members[-1] is Ellipsis:
        return tuple(_draw_type(draw, members[0], leaves) for _ in range(draw(_LENGTHS)))
    if origin is tuple:
        return tuple(_draw_type(draw, member, leaves) for member in members)
    supertype = getattr(kind, "__supertype__", None)
    if supertype is not None:
        return _draw_type(draw, supertype, leaves)
    assert isinstance(kind, type), f"no strategy for {kind}"
    return draw(_sampled(tuple(kind))) if issubclass(kind, Enum) else _draw_class(draw, kind, leaves)


def _draw_class(draw: st.DrawFn, kind: type[object], leaves: Leaves) -> object:
    assert has(kind), f"no strategy for {kind}"
    return kind(
        **{
            name: _draw_type(draw, field_type, leaves)
            for name, field_type, has_default in _fields(kind)
            if not has_default or draw(_BOOLEANS)
        }
    )


@cache
def _sampled(values: tuple[object, ...]) -> st.SearchStrategy[object]:
    return st.sampled_from(values)


@cache
def _fields(kind: type[object]) -> tuple[tuple[str, object, bool], ...]:
    """Name, type, and whether there is a default."""
    assert has(kind)
    return tuple((attribute.name, attribute.type, attribute.default is not NOTHING) for attribute in fields(kind))
