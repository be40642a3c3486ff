"""What a client may send (spec chat-core 1.10, 1.3)."""

import pytest

from chatcore.domain.content.parts import (
    PART_TYPES,
    FilePart,
    FileReferencePart,
    HookContextPart,
    Part,
    TextPart,
)
from chatcore.domain.content.sizes import content_bytes
from chatcore.domain.content.user_input import (
    ATTACHMENT_MEDIA_TYPES,
    accepted_user_content,
    parse_user_content,
    title_source,
)
from chatcore.domain.content.user_rejections import (
    ContentRequired,
    ContentTooLarge,
    EmptyText,
    FileIdRequired,
    FileNameRequired,
    InvalidPart,
    TooManyFiles,
    UnsupportedPart,
)
from chatcore.domain.json_text import JsonText, JsonValue
from chatcore.domain.limits import LINE_NUMBER_MAX, MESSAGE_FILES_MAX, USER_MESSAGE_BYTES_MAX
from chatcore.domain.rejection import Rejection

TEXT: JsonValue = {"type": "text", "text": "hi"}


@pytest.mark.spec("1.10")
@pytest.mark.parametrize(
    ("content", "code", "index"),
    [
        (None, "content_required", None),
        ([], "content_required", None),
        ("hi", "invalid_part", None),
        ([TEXT, "hi"], "invalid_part", 1),
        ([TEXT, {"text": "hi"}], "unsupported_part", 1),
        ([{"type": 7}], "unsupported_part", 0),
        ([{"type": "hologram"}], "unsupported_part", 0),
        ([TEXT, {"type": "text", "text": " \n"}], "empty_text", 1),
        ([{"type": "text"}], "empty_text", 0),
        ([{"type": "text", "text": 1}], "invalid_part", 0),
        ([{"type": "file", "media_type": "image/png", "data": "AQ=="}], "file_id_required", 0),
        ([{"type": "file", "file_id": " "}], "file_id_required", 0),
        ([{"type": "file-reference", "start_line": 1}], "file_name_required", 0),
        ([{"type": "file-reference", "file_name": "a", "start_line": -1}], "invalid_part", 0),
        ([{"type": "file-reference", "file_name": "a", "end_line": LINE_NUMBER_MAX + 1}], "invalid_part", 0),
        ([{"type": "file-reference", "file_name": "a", "end_line": 1.5}], "invalid_part", 0),
    ],
)
def test_what_is_refused(content: JsonValue, code: str, index: int | None) -> None:
    """Each mistake has its code and names the part."""
    with pytest.raises(Rejection) as caught:
        parse_user_content(content)

    assert caught.value.code == code
    assert getattr(caught.value, "index", None) == index
    assert str(caught.value)


@pytest.mark.spec("1.3", "1.10")
@pytest.mark.parametrize(
    "kind", [kind.TYPE for kind in PART_TYPES if kind not in (TextPart, FilePart, FileReferencePart)]
)
def test_kinds_that_only_the_service_makes_are_refused(kind: str) -> None:
    """Hook words, context files and skills above all, but answers and calls as well."""
    with pytest.raises(UnsupportedPart) as caught:
        parse_user_content([TEXT, {"type": f" {kind.upper()}", "text": "x"}])
    assert (caught.value.index, caught.value.type_name) == (1, kind)


@pytest.mark.spec("1.10")
def test_what_is_taken() -> None:
    """Types in any case, texts trimmed, and no field but what a client may say."""
    content: JsonValue = [
        {"type": " Text ", "text": " hi\n", "provider_metadata": {"a": 1}},
        {"type": "FILE", "file_id": "f", "name": "n", "data": 7, "provider_metadata": "x"},
        {"type": "file-reference", "file_name": "a.py", "start_line": 1, "end_line": 2, "content": " x "},
    ]
    assert parse_user_content(content) == (
        TextPart(text="hi"),
        FilePart(media_type="", name="n", file_id="f"),
        FileReferencePart(file_name="a.py", start_line=1, end_line=2, content=" x "),
    )


@pytest.mark.spec("1.10")
def test_parts_that_a_library_user_hands_in_are_treated_alike() -> None:
    """Internal fields do not get in by that door either."""
    parts = (
        TextPart(text=" hi ", provider_metadata=JsonText("{}")),
        FilePart(media_type="image/png", file_id="f", data=b"1"),
    )
    assert accepted_user_content(parts) == (TextPart(text="hi"), FilePart(media_type="image/png", file_id="f"))
    with pytest.raises(ContentRequired):
        accepted_user_content(())
    with pytest.raises(EmptyText):
        accepted_user_content((TextPart(text=""),))
    with pytest.raises(FileIdRequired):
        accepted_user_content((FilePart(media_type="image/png", data=b"1"),))
    with pytest.raises(FileNameRequired):
        accepted_user_content((FileReferencePart(file_name="", start_line=1, end_line=1, content=""),))
    with pytest.raises(UnsupportedPart):
        accepted_user_content((HookContextPart(text="x"),))
    with pytest.raises(InvalidPart):
        accepted_user_content((FileReferencePart(file_name="a", start_line=-1, end_line=1, content=""),))


def test_half_a_character_becomes_a_replacement() -> None:
    """JSON can spell it, but it could not be sent on to a model."""
    assert parse_user_content([{"type": "text", "text": "a\ud800"}]) == (TextPart(text="a\ufffd"),)


@pytest.mark.spec("1.3c")
def test_the_number_of_files_has_a_limit() -> None:
    """Different files count; the same file twice is one."""

    def files(number: int) -> list[Part]:
        return [FilePart(media_type="image/png", file_id=f"f{place}") for place in range(number)]

    assert len(accepted_user_content([*files(MESSAGE_FILES_MAX), *files(1)])) == MESSAGE_FILES_MAX + 1
    with pytest.raises(TooManyFiles) as caught:
        accepted_user_content(files(MESSAGE_FILES_MAX + 1))
    assert (caught.value.files, caught.value.files_max) == (MESSAGE_FILES_MAX + 1, MESSAGE_FILES_MAX)
    assert str(MESSAGE_FILES_MAX) in str(caught.value)


def test_the_size_has_a_limit_in_bytes() -> None:
    """Characters count what they take in UTF-8."""
    whole = (TextPart(text="é" * (USER_MESSAGE_BYTES_MAX // 2)),)

    assert content_bytes(accepted_user_content(whole)) == USER_MESSAGE_BYTES_MAX
    with pytest.raises(ContentTooLarge) as caught:
        accepted_user_content((*whole, TextPart(text="!")))
    assert caught.value.size_bytes == USER_MESSAGE_BYTES_MAX + 1
    assert caught.value.size_bytes_max == USER_MESSAGE_BYTES_MAX
    assert str(USER_MESSAGE_BYTES_MAX) in str(caught.value)


@pytest.mark.spec("1.10")
def test_a_title_is_made_from_the_texts() -> None:
    """Texts are joined by single spaces, other parts say nothing."""
    file = FilePart(media_type="image/png", file_id="f")
    assert title_source((TextPart(text="a"), file, TextPart(text="b"))) == "a b"
    assert title_source((file,)) == ""


@pytest.mark.spec("1.3d")
def test_media_types_of_attachments() -> None:
    """The list of the spec."""
    assert sorted(ATTACHMENT_MEDIA_TYPES) == [
        "application/json",
        "application/pdf",
        "image/gif",
        "image/jpeg",
        "image/png",
        "image/webp",
        "text/csv",
        "text/markdown",
        "text/plain",
    ]
