"""What a step cost, as the provider counted it (spec chat-core 1.2, 5.2)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatcore.domain.content.messages import Usage, Visibility, reported
from chatcore.testing.strategies import usages


@pytest.mark.spec("1.2a")
@given(usages())
def test_a_report_counts_everything_or_is_none(usage: Usage) -> None:
    """All fields are there together: none if nothing was counted, else zeros for what was left out."""
    names = (
        "input_tokens",
        "output_tokens",
        "total_tokens",
        "reasoning_tokens",
        "cache_creation_tokens",
        "cache_read_tokens",
    )
    counts = [getattr(usage, name) for name in names]
    whole = reported(usage)

    assert (whole is None) is (not any(counts))
    if whole is not None:
        assert [getattr(whole, name) for name in names] == [count or 0 for count in counts]


@pytest.mark.spec("5.2")
@given(
    st.none() | st.integers(-5, 5), st.none() | st.integers(-5, 5), st.none() | st.integers(-5, 5), st.integers(-5, 5)
)
def test_context_tokens(given_input: int | None, read: int | None, made: int | None, total: int) -> None:
    """Input and both cache counts, each if above 0; else the total, if above 0; else 0. Output never counts."""
    usage = Usage(
        input_tokens=given_input,
        cache_read_tokens=read,
        cache_creation_tokens=made,
        total_tokens=total,
        output_tokens=1000,
    )
    counted = sum(count for count in (given_input, read, made) if count is not None and count > 0)
    assert usage.context_tokens == (counted if counted > 0 else max(total, 0))


@pytest.mark.spec("1.2b", "1.2c")
def test_who_sees_a_message() -> None:
    """Readers see what is for both or for them, models what is for both or for them."""
    assert [seen for seen in Visibility if seen.to_reader] == [Visibility.BOTH, Visibility.USER]
    assert [seen for seen in Visibility if seen.to_model] == [Visibility.BOTH, Visibility.MODEL]
