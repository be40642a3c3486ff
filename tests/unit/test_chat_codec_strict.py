"""Reading refuses every single thing that writing would not have written (architecture 5).

Each golden payload is changed in one place at a time, in every place and every way: an unknown key, a missing field, a
wrong type, a word that is no member.
"""

import json
from collections.abc import Iterator, Sequence
from datetime import datetime
from enum import Enum
from pathlib import Path
from types import NoneType, UnionType
from typing import Final, Union, get_args, get_origin

import pytest
from attrs import NOTHING, fields, frozen, has
from cattrs import BaseValidationError, ForbiddenExtraKeysError

from chatcore.adapters.fast_json import ORJSON_CODEC
from chatcore.domain.chat.codec import EVENT_CLASSES, Codec, CorruptPayload
from chatcore.domain.chat.converter import make_converter
from chatcore.domain.chat.details import ChatDetails
from chatcore.domain.chat.head import ChatHead
from chatcore.domain.chat.values import QueuedRow
from chatcore.domain.content.messages import Role
from chatcore.domain.content.parts import PART_TYPES, Part
from chatcore.domain.json_text import JsonValue, dump_json

GOLDEN: Final = Path(__file__).parents[1] / "golden"
WRONG: Final[dict[object, tuple[JsonValue, ...]]] = {
    str: (None, True, 5, 5.0, [], {}, ["x"]),
    int: (None, True, False, "5", 5.0, [], {}),
    float: (None, True, "5", "5.0", [], {}, "NaN"),
    bool: (None, 0, 1, "true", 1.0, [], {}),
    datetime: (None, True, 5, "", "noon", "2026-03-01T12:00:00", "2026-03-01T12:00:00+01:00", "2026-13-01", []),
    bytes: (None, True, 5, "a", "ä", "AA=A", "AP8=\n", "A*P8=", "A P8=", []),
}
"""By type: values that are none of it. Null is one only where the field must have a value."""
ODD: Final[tuple[JsonValue, ...]] = (None, True, 5, "x", [1])
"""Wrong where an object or a list belongs."""
PARTS: Final = {kind.TYPE: kind for kind in PART_TYPES}


@frozen(kw_only=True)
class Mutant:
    """A payload with one thing wrong."""

    kind: type[object]
    what: str
    payload: str

    def read(self, codec: Codec) -> object:
        if self.kind is ChatHead:
            return codec.decode_head(self.payload)
        if self.kind is ChatDetails:
            return codec.decode_details(self.payload)
        event = EVENT_CLASSES[vars(self.kind)["TYPE"]]
        return codec.decode_event(event.TYPE, event.SCHEMA, self.payload)


def wrong_objects(kind: type[object], value: JsonValue, at: str) -> Iterator[tuple[str, JsonValue]]:
    """The object of an attrs class with one thing wrong, and what that is."""
    assert isinstance(value, dict)
    assert has(kind)
    yield f"{at}: unknown key", {**value, "unknown": 1}
    yield from ((f"{at}: {odd!r} for an object", odd) for odd in ODD if odd is not None)
    for field in fields(kind):
        if field.default is NOTHING:
            yield f"{at}.{field.name}: missing", {key: each for key, each in value.items() if key != field.name}
        if field.name in value:
            for what, wrong in wrong_values(field.type, value[field.name], f"{at}.{field.name}"):
                yield what, {**value, field.name: wrong}


def wrong_values(kind: object, value: JsonValue, at: str) -> Iterator[tuple[str, JsonValue]]:
    """A value of a type with one thing wrong."""
    kind = getattr(kind, "__supertype__", kind)
    origin, members = get_origin(kind), get_args(kind)
    if kind == Part:
        yield from wrong_parts(value, at)
    elif origin in (Union, UnionType):
        (member,) = (each for each in members if each is not NoneType)
        yield from ((what, wrong) for what, wrong in wrong_values(member, value, at) if wrong is not None)
    elif origin is tuple:
        yield from ((f"{at}: {odd!r} for a list", odd) for odd in (None, True, 5, "x", {}, {"0": 1}))
        assert isinstance(value, Sequence)
        yield from wrong_rows(members, list(value), at)
    elif isinstance(kind, type) and issubclass(kind, Enum):
        for odd in (*WRONG[str], "no such member", kind.__name__, f"{value}".upper(), f" {value}"):
            yield f"{at}: {odd!r} for a member", odd
    elif isinstance(kind, type) and has(kind):
        yield f"{at}: null for an object", None
        yield from wrong_objects(kind, value, at)
    else:
        yield from ((f"{at}: {odd!r}", odd) for odd in WRONG[kind])


def wrong_rows(members: tuple[object, ...], value: list[JsonValue], at: str) -> Iterator[tuple[str, JsonValue]]:
    if members[-1] is not Ellipsis:
        yield f"{at}: too short", value[:-1]
        yield f"{at}: too long", [*value, value[-1]]
    for place, item in enumerate(value):
        for what, wrong in wrong_values(members[0 if members[-1] is Ellipsis else place], item, f"{at}[{place}]"):
            yield what, [*value[:place], wrong, *value[place + 1 :]]


def wrong_parts(value: JsonValue, at: str) -> Iterator[tuple[str, JsonValue]]:
    assert isinstance(value, dict)
    fields_of_part = {key: each for key, each in value.items() if key != "type"}
    yield f"{at}: no type", fields_of_part
    odd_types: tuple[JsonValue, ...] = (None, 5, True, [], {}, ["text"], "no such part", "TextPart", "TEXT")
    for odd in odd_types:
        yield f"{at}: type {odd!r}", {**value, "type": odd}
    for what, wrong in wrong_objects(PARTS[str(value["type"])], fields_of_part, at):
        yield what, {**wrong, "type": value["type"]} if isinstance(wrong, dict) else wrong


def kind_of(path: Path) -> type[object]:
    """The class that a golden file holds."""
    name = path.name.split(".")[0]
    others: dict[str, type[object]] = {"head": ChatHead, "details": ChatDetails}
    return others.get(name) or EVENT_CLASSES[name]


def mutants() -> Iterator[Mutant]:
    for path in sorted(GOLDEN.glob("*.json")):
        name, kind = path.name.split(".")[0], kind_of(path)
        for what, wrong in wrong_objects(kind, json.loads(path.read_text(encoding="utf-8")), name):
            yield Mutant(kind=kind, what=f"{path.name}: {what}", payload=dump_json(wrong))


MUTANTS: Final = list(mutants())


@pytest.mark.parametrize("codec", [pytest.param(Codec(), id="stdlib"), pytest.param(ORJSON_CODEC, id="orjson")])
def test_every_single_wrong_thing_is_corrupt(codec: Codec) -> None:
    """One wrong thing anywhere in any golden payload is told as CorruptPayload that names the class."""
    accepted = []
    for mutant in MUTANTS:
        try:
            mutant.read(codec)
        except CorruptPayload as error:
            if mutant.kind.__name__ not in str(error) and "is not a JSON object" not in str(error):
                accepted.append(f"{mutant.what} is told without its class: {error}")
        else:
            accepted.append(f"{mutant.what} is accepted")

    assert accepted == []


@pytest.mark.parametrize("detailed", [False, True])
def test_a_converter_made_anew_reads_and_writes_alike(detailed: bool) -> None:
    """Converters are made once, on import; made within a test they are as strict, whether they tell where or not."""
    converter = make_converter(detailed=detailed)
    for path in sorted(GOLDEN.glob("*.json")):
        kind, text = kind_of(path), path.read_text(encoding="utf-8").removesuffix("\n")
        value = converter.structure(json.loads(text), kind)
        assert text == dump_json(converter.unstructure(value))
        assert isinstance(value, kind)

    accepted = []
    for mutant in MUTANTS:
        try:
            converter.structure(json.loads(mutant.payload), mutant.kind)
        except (BaseValidationError, ForbiddenExtraKeysError, AttributeError, KeyError, TypeError, ValueError):
            continue
        accepted.append(mutant.what)
    assert accepted == []


def test_the_wrong_things_are_many_and_of_every_class() -> None:
    """Guards the test above: every class is changed, deep inside of parts, rows and errors, too."""
    changed = {mutant.kind for mutant in MUTANTS}

    assert {*EVENT_CLASSES.values(), ChatHead, ChatDetails} == changed
    assert len(MUTANTS) > 1_000
    assert any(".content[2].created_at" in mutant.what for mutant in MUTANTS)
    assert any("queue[1].effort" in mutant.what for mutant in MUTANTS)


def test_the_error_says_where_it_is() -> None:
    """A person who has to look at a broken row is told every wrong place in it."""
    with pytest.raises(CorruptPayload) as broken:
        Codec().decode_event("message_added", 1, '{"role":"nobody","content":[{"type":"text","text":5}]}')
    places = [place.rpartition(" @ ")[2] for place in str(broken.value).split("; ")]
    assert ["MessageAdded.role", "MessageAdded.content.text"] == places
    with pytest.raises(CorruptPayload, match=r"@ ChatHead\.last_error\.retryable$"):
        Codec().decode_head('{"owner_id":"a","seq":1,"history_version":1,"last_error":{"message":"x","retryable":1}}')


@pytest.mark.parametrize(
    ("value", "kind", "told"),
    [
        ({"text": "x"}, Part, "None is no kind of part"),
        ("nobody", Role, "'nobody' is no Role"),
        (["user"], Role, r"\['user'\] is no Role"),
        ("ab", tuple[str, ...], "expected a list, got str"),
        ("ab", tuple[str, str], "expected a list, got str"),
    ],
)
def test_the_error_says_what_it_is(value: JsonValue, kind: type[object], told: str) -> None:
    """What stands there and what should."""
    with pytest.raises((TypeError, ValueError), match=f"^{told}$"):
        make_converter(detailed=False).structure(value, kind)


def test_only_the_detailed_converter_tells_all_that_is_wrong() -> None:
    """The other stops at the first wrong thing, which is what makes it fast."""
    wrong = {"id": "5", "bytes": "6"}

    with pytest.raises(BaseValidationError) as everything:
        make_converter(detailed=True).structure(wrong, QueuedRow)
    assert len(everything.value.exceptions) == 2
    with pytest.raises(TypeError, match="expected int, got str"):
        make_converter(detailed=False).structure(wrong, QueuedRow)


@pytest.mark.parametrize(
    ("value", "kind", "expected"),
    [
        (["user", "tool"], tuple[Role, ...], (Role.USER, Role.TOOL)),
        (["user", 5], tuple[Role, int], (Role.USER, 5)),
        (["user"], tuple[Role], (Role.USER,)),
        ([None, "user"], tuple[Role | None, ...], (None, Role.USER)),
    ],
)
def test_rows_hold_values_of_every_kind(value: JsonValue, kind: type[object], expected: tuple[object, ...]) -> None:
    """Of one kind or of several, of any length or a fixed one, with or without null."""
    found = make_converter(detailed=False).structure(value, kind)

    assert repr(expected) == repr(found)
