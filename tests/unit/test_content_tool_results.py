"""Tool results and arguments, one example per row of the tables (spec chat-core 1.4)."""

import pytest

from chatcore.domain.content.parts import ToolResultPart
from chatcore.domain.content.prompt import PromptMedia
from chatcore.domain.content.tool_results import shown_args, shown_result, stored_args, stored_result
from chatcore.domain.json_text import JsonText


@pytest.mark.spec("1.4")
@pytest.mark.parametrize(
    ("raw", "is_error", "text"),
    [
        (None, False, "{}"),
        ("", False, "{}"),
        (" null ", False, "{}"),
        ("null", True, "{}"),
        (' {"a" : 1}', False, ' {"a" : 1}'),
        ('{"error":"no such file","more":1}', True, "no such file"),
        (' {"error":" "} ', True, '{"error":" "}'),
        ('{"error":1}', True, '{"error":1}'),
        (' "oops" ', True, '"oops"'),
        ("not json", True, "not json"),
    ],
)
def test_a_stored_result_as_the_model_sees_it(raw: str | None, is_error: bool, text: str) -> None:
    """The table of 1.4, from storage to prompt."""
    part = ToolResultPart(result=None if raw is None else JsonText(raw), is_error=is_error)
    assert shown_result(part).text == text


@pytest.mark.spec("1.4")
def test_an_outcome_that_is_nothing_is_an_empty_object() -> None:
    """Anything else is stored as `{}`, and is no error."""
    stored = stored_result(None)
    assert (stored.result, stored.is_error, stored.is_media) == ("{}", False, False)


@pytest.mark.spec("1.4")
def test_media_that_cannot_be_read_is_shown_as_it_is() -> None:
    """A flag alone makes no media."""
    part = ToolResultPart(result=JsonText('{"data":1}'), is_media=True)
    whole = ToolResultPart(result=JsonText('{"data":"AQ==","mime_type":"image/png"}'), is_media=True)

    assert shown_result(part).text == '{"data":1}'
    assert shown_result(whole).media == PromptMedia(data="AQ==", media_type="image/png")


@pytest.mark.spec("1.4")
@pytest.mark.parametrize(
    ("written", "stored", "shown"),
    [
        ("", None, "{}"),
        ("  ", None, "{}"),
        ('{"a":', None, "{}"),
        ("null", "null", "{}"),
        ("[1]", "[1]", "{}"),
        (' {"a" : 1} ', ' {"a" : 1} ', '{"a" : 1}'),
    ],
)
def test_arguments(written: str, stored: str | None, shown: str) -> None:
    """Blank and broken ones are not stored; a model is shown an object, trimmed and else byte for byte."""
    assert stored_args(written) == stored
    assert shown_args(stored) == shown
    assert shown_args(written) == shown
