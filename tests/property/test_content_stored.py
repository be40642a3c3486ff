"""Content in old rows (spec chat-core 1.7)."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatcore.domain.content.envelopes import is_envelope
from chatcore.domain.content.errors import ContentError
from chatcore.domain.content.messages import Role
from chatcore.domain.content.parts import PART_TYPES, Part
from chatcore.domain.content.parts_json import content_json, content_text, part_json
from chatcore.domain.content.parts_read import read_content
from chatcore.domain.content.stored import CONTENT_VERSION, read_stored
from chatcore.testing.strategies import contents, json_values, parts

roles = st.sampled_from(Role)


def read_or_fail(role: Role, version: int | None, row: str) -> tuple[Part, ...] | ContentError:
    """The parts, or what the reader says is wrong."""
    try:
        return read_stored(role, version, row)
    except ContentError as error:
        return error


@pytest.mark.spec("1.7", "1.7a")
@given(parts(), contents())
def test_no_part_can_pass_for_an_envelope(first: Part, rest: tuple[Part, ...]) -> None:
    """Whatever kind stands first, a part array fails the envelope test."""
    assert not is_envelope(content_json((first, *rest)))


@pytest.mark.spec("1.7a")
def test_the_guard_looked_at_every_kind() -> None:
    """No kind has an object as `data`: the guard holds for kinds that are added, too."""
    for kind in PART_TYPES:
        data = getattr(kind, "__annotations__", {}).get("data", bytes)
        assert data is bytes


@pytest.mark.spec("1.7", "1.7e")
@given(roles, contents())
def test_version_one_reads_any_role_alike(role: Role, content: tuple[Part, ...]) -> None:
    """A row that was written in version 1 gives its parts back, whoever speaks."""
    assert read_stored(role, CONTENT_VERSION, content_text(content)) == read_content(content_json(content))


@pytest.mark.spec("1.7")
@given(st.sampled_from((Role.USER, Role.ASSISTANT)), contents())
def test_a_part_array_without_a_version_is_read_as_one(role: Role, content: tuple[Part, ...]) -> None:
    """Users and assistants of version 0 may hold part arrays."""
    assert read_stored(role, 0, content_text(content)) == read_stored(role, 1, content_text(content))


@pytest.mark.spec("1.7d")
@given(roles, st.integers().filter(lambda version: version not in (0, 1)), contents())
def test_an_unknown_version_is_an_error(role: Role, version: int, content: tuple[Part, ...]) -> None:
    """A version that nobody wrote yet is not guessed at."""
    with pytest.raises(ContentError):
        read_stored(role, version, content_text(content))


@pytest.mark.spec("1.7d")
@given(st.text().filter(lambda role: role not in set(Role)), st.sampled_from((None, 0)), contents())
def test_an_unknown_role_without_a_version_is_an_error(
    role: str, version: int | None, content: tuple[Part, ...]
) -> None:
    """Version 0 is read by role, so the role must be known."""
    with pytest.raises(ContentError):
        read_stored(role, version, content_text(content))


@pytest.mark.spec("1.7f")
@given(roles, st.sampled_from((None, 0, 1)), st.sampled_from((None, "", " \n", "null")))
def test_no_content_is_no_parts(role: Role, version: int | None, content: str | None) -> None:
    """Null and empty content hold nothing, in every role and version."""
    assert read_stored(role, version, content) == ()


@pytest.mark.spec("1.7c")
@given(
    st.sampled_from((Role.USER, Role.ASSISTANT)),
    st.sampled_from((0, 1)),
    st.lists(st.dictionaries(st.sampled_from(("text", "name")), st.text(), max_size=2), max_size=3),
)
def test_elements_that_all_lack_a_type_are_no_parts(role: Role, version: int, rows: list[dict[str, str]]) -> None:
    """Such an array holds nothing; it is no error."""
    assert read_stored(role, version, json.dumps(rows)) == ()


@given(roles, st.sampled_from((None, 0, 1)), json_values() | st.lists(json_values() | parts().map(part_json)))
def test_reading_any_row_gives_parts_or_says_what_is_wrong(role: Role, version: int | None, value: object) -> None:
    """No row breaks the reader in another way than with its own error."""
    assert isinstance(read_or_fail(role, version, json.dumps(value)), tuple | ContentError)
