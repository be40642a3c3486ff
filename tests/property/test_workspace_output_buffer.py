"""The head/tail buffer against a reference that keeps everything (agent-and-relay A4, chat-core 10.2)."""

from threading import Lock, Thread

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatcore.domain.workspace.output_buffer import FormattedOutput, HeadTailBuffer, Truncation

CHUNKS = st.lists(st.binary(max_size=30), max_size=20)
CAPACITY_BYTES = st.integers(0, 40)
LINES = st.lists(
    st.one_of(st.integers(0, 3), st.integers(2030, 2050), st.integers(4000, 4100)).map(lambda size: b"x" * size),
    max_size=12,
).map(b"\n".join)


def cut_lines(part: bytes) -> bytes:
    """Rule A4.6 as it is written."""
    if len(part) <= 2048:
        return part
    return b"\n".join(
        piece if len(piece) <= 2048 else piece[:2032] + b" ... [truncated]" for piece in part.split(b"\n")
    )


def expected(everything: bytes, head_bytes: int, tail_bytes: int) -> FormattedOutput:
    """Tables A4.4 and A4.7 as they are written."""
    head, rest = everything[:head_bytes], everything[head_bytes:]
    ring = rest[-tail_bytes:] if tail_bytes else b""
    if not ring:
        return FormattedOutput(data=cut_lines(head))
    omitted = len(everything) - len(head) - len(ring)
    joint = f"\n\n... [omitted {omitted} bytes] ...\n\n".encode() if omitted > 0 else b"\n"
    data = cut_lines(head) + joint + cut_lines(ring)
    truncation = Truncation(original_bytes=len(everything), retained_bytes=len(data), omitted_bytes=omitted)
    return FormattedOutput(data=data, truncation=truncation)


@pytest.mark.spec("A4.1", "A4.2", "A4.3", "A4.4", "A4.5", "A4.7")
@given(CHUNKS, CAPACITY_BYTES, CAPACITY_BYTES)
def test_however_the_bytes_come_the_two_ends_stay(chunks: list[bytes], head_bytes: int, tail_bytes: int) -> None:
    """The output depends on the bytes alone, never on how they were cut into writes."""
    buffer = HeadTailBuffer(head_bytes_max=head_bytes, tail_bytes_max=tail_bytes)
    for chunk in chunks:
        buffer.write(chunk)

    everything = b"".join(chunks)
    rest = everything[head_bytes:]
    stored = everything[:head_bytes] + (rest[-tail_bytes:] if tail_bytes else b"")
    assert expected(everything, head_bytes, tail_bytes) == buffer.formatted()
    assert (stored, len(stored), len(everything)) == (buffer.stored(), buffer.stored_bytes, buffer.total_bytes)


@pytest.mark.spec("A4.2", "A4.s8")
@given(CHUNKS, CHUNKS)
def test_a_reset_buffer_is_a_new_one(before: list[bytes], after: list[bytes]) -> None:
    """Nothing of what was written before a reset shows after it."""
    used, new = (HeadTailBuffer(head_bytes_max=10, tail_bytes_max=10) for _ in range(2))
    for chunk in before:
        used.write(chunk)
    used.reset()
    for chunk in after:
        used.write(chunk)
        new.write(chunk)

    assert new.formatted() == used.formatted()
    assert new.total_bytes == used.total_bytes


@pytest.mark.spec("A4.4", "A4.6", "A4.7")
@given(LINES)
def test_long_lines_are_cut_and_no_line_is_lost(lines: bytes) -> None:
    """Head and tail are cut separately, each line to 2048 bytes with its mark."""
    buffer = HeadTailBuffer()
    buffer.write(lines)

    assert expected(lines, 16384, 16384) == buffer.formatted()


@pytest.mark.spec("A4.6")
@given(st.binary(max_size=3000))
def test_any_bytes_become_text(data: bytes) -> None:
    """A character that a cut broke, or bytes that were never text, are replaced and raise nothing."""
    buffer = HeadTailBuffer(head_bytes_max=100, tail_bytes_max=100)
    buffer.write(data)

    assert buffer.formatted().text == buffer.formatted().data.decode("utf-8", "replace")


@pytest.mark.spec("A4.s1", "A4.s2", "A4.s3", "A4.s4", "10.2", "10.9.2")
@pytest.mark.parametrize(
    ("size", "omitted"), [(0, None), (16384, None), (16385, 0), (32768, 0), (32769, 1), (100_000, 67_232)]
)
def test_what_is_missing_is_told_from_the_first_byte_over_the_head(size: int, omitted: int | None) -> None:
    """Up to the head's size there is no metadata; up to both sizes nothing is omitted."""
    data = (b"word\n" * 20_000)[:size]
    buffer = HeadTailBuffer()
    buffer.write(data)

    formatted = buffer.formatted()
    if omitted is None:
        assert formatted == FormattedOutput(data=data)
        return
    assert formatted.truncation is not None
    assert formatted.truncation.to_json() == {
        "original_bytes": size,
        "retained_bytes": len(formatted.data),
        "omitted_bytes": omitted,
        "strategy": "head_tail",
    }
    assert (f"\n\n... [omitted {omitted} bytes] ...\n\n".encode() in formatted.data) == (omitted > 0)


@pytest.mark.spec("A4.6", "A4.s5", "A4.s6", "10.2")
@pytest.mark.parametrize(("size", "shown"), [(2048, b"x" * 2048), (3000, b"x" * 2032 + b" ... [truncated]")])
def test_one_long_line(size: int, shown: bytes) -> None:
    """A line of 2048 bytes stays; a longer one is 2048 bytes with its mark, and that is no truncation."""
    buffer = HeadTailBuffer()
    buffer.write(b"x" * size)

    assert FormattedOutput(data=shown) == buffer.formatted()


@pytest.mark.spec("A4.1", "A4.s7")
def test_threads_may_share_a_guarded_buffer() -> None:
    """With a lock as its guard no write of any thread is lost."""
    buffer = HeadTailBuffer(head_bytes_max=100, tail_bytes_max=100, guard=Lock())

    def write() -> None:
        for _ in range(2000):
            buffer.write(b"abc")
            buffer.formatted()

    threads = [Thread(target=write) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (buffer.total_bytes, buffer.stored_bytes) == (4 * 2000 * 3, 200)
