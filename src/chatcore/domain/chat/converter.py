"""A cattrs converter that coerces nothing: `"5"` is no number, `1` no boolean, an unknown key an error.

cattrs is lenient by default (`int("5")`, iterating a string as a tuple), so every leaf gets a hook of its own.
"""

from base64 import b64decode, b64encode
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from enum import StrEnum
from functools import cache
from types import NoneType
from typing import Final, TypeVar, get_args, get_origin

from cattrs import Converter
from cattrs.strategies import configure_tagged_union

from chatcore.domain.content.parts import PART_TYPES, Part

_PART_TAGS: Final[Mapping[type, str]] = {kind: kind.TYPE for kind in PART_TYPES}

_LEAVES: Final = (str, int, bool, float)

T = TypeVar("T")
E = TypeVar("E", bound=StrEnum)


def make_converter(*, detailed: bool) -> Converter:
    """A strict converter; `detailed` says where a value is wrong, at twice the price."""
    converter = Converter(forbid_extra_keys=True, omit_if_default=True, detailed_validation=detailed)
    for kind in _LEAVES:
        converter.register_structure_hook(kind, _exactly(kind))
    converter.register_structure_hook(datetime, _read_time)
    converter.register_unstructure_hook(datetime, _write_time)
    converter.register_structure_hook(bytes, _read_bytes)
    converter.register_unstructure_hook(bytes, _write_bytes)
    # For the class, not by a predicate: the hook of `str` serves its subclasses, and comes before any predicate.
    converter.register_structure_hook(StrEnum, _read_member)
    converter.register_structure_hook_factory(_is_row, lambda kind: _row_hook(kind, converter))
    converter.register_structure_hook_factory(_is_optional, lambda kind: _optional_hook(kind, converter))
    # Writes the tag; reading it by the library copies every part once, so that has a hook of its own.
    configure_tagged_union(Part, converter, tag_generator=_PART_TAGS.__getitem__, tag_name="type")
    converter.register_structure_hook(Part, _part_hook(converter))
    return converter


def _part_hook(converter: Converter) -> Callable[[object, type[Part]], Part]:
    """Reads a part by its `type`, which it takes out of the object: what was parsed is read once."""
    hooks = {tag: (converter.get_structure_hook(kind), kind) for kind, tag in _PART_TAGS.items()}

    def read(value: object, _: type[Part]) -> Part:
        if type(value) is not dict:
            raise TypeError(f"expected a part, got {type(value).__name__}")
        tag = value.pop("type", None)
        try:
            hook, kind = hooks[tag]
        except (KeyError, TypeError) as error:
            raise ValueError(f"{tag!r} is no kind of part") from error
        part: Part = hook(value, kind)
        return part

    return read


def _is_optional(kind: object) -> bool:
    return NoneType in get_args(kind)


def _optional_hook(kind: type[T], converter: Converter) -> Callable[[object, type[T]], T | None]:
    """Reads `X | None`; the library's own hook looks up that of X at every value."""
    (member,) = (each for each in get_args(kind) if each is not NoneType)
    leaf = getattr(member, "__supertype__", member)
    if leaf in _LEAVES:
        return _exactly_or_none(leaf)
    hook = converter.get_structure_hook(member)

    def read(value: object, _: type[T]) -> T | None:
        return None if value is None else hook(value, member)

    return read


def _exactly(kind: type[T]) -> Callable[[object, type[T]], T]:
    def read(value: object, _: type[T]) -> T:
        # `isinstance` would let a boolean pass for a number.
        if type(value) is not kind:
            raise TypeError(f"expected {kind.__name__}, got {type(value).__name__}")
        return value

    return read


def _exactly_or_none(kind: type[T]) -> Callable[[object, type[T]], T | None]:
    def read(value: object, _: type[T]) -> T | None:
        if value is None or type(value) is kind:
            return value
        raise TypeError(f"expected {kind.__name__}, got {type(value).__name__}")

    return read


def _read_time(value: object, _: type[datetime]) -> datetime:
    if not isinstance(value, str):
        raise TypeError(f"expected a time as text, got {type(value).__name__}")
    time = datetime.fromisoformat(value)
    if time.utcoffset() is None or time.utcoffset() != UTC.utcoffset(None):
        raise ValueError("expected a time in UTC")
    return time.astimezone(UTC)


def _write_time(value: datetime) -> str:
    return value.astimezone(UTC).isoformat()


def _read_bytes(value: object, _: type[bytes]) -> bytes:
    if not isinstance(value, str):
        raise TypeError(f"expected base64 text, got {type(value).__name__}")
    return b64decode(value, validate=True)


def _write_bytes(value: bytes) -> str:
    return b64encode(value).decode()


def _read_member(value: object, kind: type[E]) -> E:
    members: Mapping[str, E] = _members(kind)
    member = members.get(value) if isinstance(value, str) else None
    if member is None:
        raise ValueError(f"{value!r} is no {kind.__name__}")
    return member


@cache
def _members(kind: type[E]) -> Mapping[str, E]:
    return {member.value: member for member in kind}


def _is_row(kind: object) -> bool:
    return get_origin(kind) is tuple


def _row_hook(kind: type[T], converter: Converter) -> Callable[[object, type[T]], tuple[object, ...]]:
    """Reads a tuple from a JSON list: of one kind (`tuple[X, ...]`), or of a fixed length."""
    members = get_args(kind)
    hooks = [(converter.get_structure_hook(member), member) for member in members if member is not Ellipsis]
    if members[-1] is not Ellipsis:
        return lambda value, _: tuple(
            hook(item, member) for item, (hook, member) in zip(_listed(value), hooks, strict=True)
        )
    ((hook, member),) = hooks

    def read(value: object, _: type[T]) -> tuple[object, ...]:
        if type(value) is not list:
            value = _listed(value)
        return tuple([hook(item, member) for item in value])

    return read


def _listed(value: object) -> list[object]:
    if not isinstance(value, list):
        raise TypeError(f"expected a list, got {type(value).__name__}")
    return value
