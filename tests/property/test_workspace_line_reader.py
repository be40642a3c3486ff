"""The line reader against a reference that follows the rules one by one (agent-and-relay A5.2, chat-core 10.4)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatcore.domain.workspace.line_reader import LineFailure, LineLimits, LinesRead, file_too_large, read_lines

DATA = st.lists(st.sampled_from([b"a", b"bc", b"\n", b"\r", b"\xff", "é".encode()]), max_size=25).map(b"".join)
LIMITS = st.builds(
    LineLimits,
    file_bytes_max=st.integers(1, 30),
    line_bytes_max=st.integers(1, 6),
    response_lines_max=st.integers(1, 8),
    response_bytes_max=st.integers(1, 60),
)


def expected(data: bytes, offset: int, limit: int, limits: LineLimits) -> LinesRead | LineFailure:
    """The rules of A5.2, each in its turn."""
    if len(data) > limits.file_bytes_max:
        return LineFailure.TOO_LARGE
    lines = data.split(b"\n") if data else []
    first = 1 if offset < 1 else offset
    if lines and first > len(lines):
        return LineFailure.OFFSET_BEYOND_END
    wanted = limits.response_lines_max if limit <= 0 else limit
    content, count = b"", 0
    for number in range(first, min(first + wanted, len(lines) + 1)):
        text = lines[number - 1]
        if len(text) > limits.line_bytes_max:
            text = text[: limits.line_bytes_max] + b"... [truncated]"
        longer = content + (b"\n" if count else b"") + str(number).encode() + b"\t" + text
        if len(longer) > limits.response_bytes_max:
            return LineFailure.TOO_MANY_BYTES
        if count + 1 > limits.response_lines_max:
            return LineFailure.TOO_MANY_LINES
        content, count = longer, count + 1
    return LinesRead(
        success=True,
        file_size=len(data),
        total_lines=len(lines),
        lines_read=count,
        content=content.decode("utf-8", "replace"),
    )


@pytest.mark.spec("A5.2.2", "A5.2.3", "A5.2.4", "A5.2.5", "A5.2.6", "A5.2.7")
@given(DATA, st.integers(-3, 30), st.integers(-3, 12), LIMITS)
def test_reading_follows_the_rules_in_their_order(data: bytes, offset: int, limit: int, limits: LineLimits) -> None:
    """Whatever is asked, the outcome is the reference's; a failure shows nothing."""
    outcome = read_lines(data, offset=offset, limit=limit, limits=limits)

    told = expected(data, offset, limit, limits)
    if isinstance(told, LineFailure):
        assert (told, False, None) == (outcome.failure, outcome.success, outcome.content)
        assert outcome.error
    else:
        assert told == outcome


@pytest.mark.spec("A5.2.3", "10.4")
@given(DATA.filter(bool))
def test_the_lines_shown_are_the_file(data: bytes) -> None:
    """Without cuts the numbered lines give back the file, carriage returns and all."""
    outcome = read_lines(data)

    assert outcome.content is not None
    shown = outcome.content.split("\n")
    assert data.decode("utf-8", "replace") == "\n".join(line.split("\t", 1)[1] for line in shown)
    assert [str(number) for number in range(1, len(shown) + 1)] == [line.split("\t", 1)[0] for line in shown]


@pytest.mark.spec("A5.2.3", "10.4")
@pytest.mark.parametrize("offset", [-1, 0, 1, 99])
def test_an_empty_file_has_no_lines(offset: int) -> None:
    """It is read with success, whatever the offset."""
    assert LinesRead(success=True, file_size=0, total_lines=0, lines_read=0, content="") == read_lines(
        b"", offset=offset
    )


@pytest.mark.spec("A5.s5", "A5.s6", "A5.2.1", "A5.2.6", "10.4", "10.9.3")
def test_no_limit_means_as_many_lines_as_fit() -> None:
    """The limit that was left out is filled in and breaks nothing; one that is asked for can be too much."""
    data = b"\n".join([b"x"] * 2001)

    shown, refused = read_lines(data), read_lines(data, limit=3000)
    assert (shown.success, shown.lines_read, shown.total_lines) == (True, 2000, 2001)
    assert (refused.success, refused.failure, refused.content) == (False, LineFailure.TOO_MANY_LINES, None)
    assert read_lines(data, offset=2001).content == "2001\tx"


@pytest.mark.spec("10.9.4")
def test_an_offset_at_the_last_line_shows_one_line() -> None:
    """The line before the end is still there; one further is an error that names both numbers."""
    assert read_lines(b"a\nb\nc", offset=3).content == "3\tc"
    beyond = read_lines(b"a\nb\nc", offset=4)
    assert beyond.failure is LineFailure.OFFSET_BEYOND_END
    assert "4" in (beyond.error or "")
    assert "3" in (beyond.error or "")


@pytest.mark.spec("A5.2.1", "A5.2.6")
@pytest.mark.parametrize(("extra", "success"), [(0, True), (1, False)])
def test_the_byte_budget_counts_numbers_tabs_and_joints(extra: int, success: bool) -> None:
    """Exactly the budget is fine, one byte more is not; the byte check comes before the count of lines."""
    limits = LineLimits(response_bytes_max=len("1\tab\n2\tcd"), response_lines_max=2)
    assert read_lines(b"ab\ncd" + b"x" * extra, limits=limits).success is success
    both = read_lines(b"ab\ncd\nef", limit=3, limits=limits)
    assert both.failure is LineFailure.TOO_MANY_BYTES


@pytest.mark.spec("A5.2.1", "A1.3")
def test_a_limit_must_be_positive() -> None:
    """Parameters that make no sense are the one thing that raises."""
    with pytest.raises(ValueError, match="file_bytes_max"):
        LineLimits(file_bytes_max=-1)


@pytest.mark.spec("A5.2.1")
def test_what_is_unknown_is_absent_on_the_wire() -> None:
    """A failure has its text and nothing about the file."""
    refused = file_too_large(2, LineLimits(file_bytes_max=1))
    assert refused is not None
    assert set(refused.to_json()) == {"success", "error"}
    assert read_lines(b"a").to_json() == {
        "success": True,
        "file_size": 1,
        "total_lines": 1,
        "lines_read": 1,
        "content": "1\ta",
    }
