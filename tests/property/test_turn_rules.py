"""Caching hints, context limits, cost, compaction and tools: the small rules of a turn (spec chat-core 4, 5)."""

import json
from decimal import Decimal
from fractions import Fraction
from math import ceil, floor

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from chatcore.domain.content.messages import Role, Usage
from chatcore.domain.content.parts import Part, ToolCallPart
from chatcore.domain.content.prompt import PromptMessage
from chatcore.domain.json_text import JsonText, JsonValue
from chatcore.domain.turn.caching import with_cache_hints
from chatcore.domain.turn.compaction_rules import (
    compaction_due,
    effective_limit,
    effective_threshold,
    new_model_threshold,
    smaller_limit,
    valid_threshold,
)
from chatcore.domain.turn.context_limit import context_limit, names_context_limit
from chatcore.domain.turn.cost import Prices, cost_micros
from chatcore.domain.turn.step_end import StepEnd, step_end
from chatcore.domain.turn.stream import FinishReason
from chatcore.domain.turn.tools import ProviderTool, ToolDefinition, object_schema, offered
from chatcore.testing.strategies import assistant_contents, json_values, usages


def prompts() -> st.SearchStrategy[tuple[PromptMessage, ...]]:
    """Prompts of any roles, some with hints from before."""
    message = st.builds(PromptMessage, role=st.sampled_from(Role), content=st.just(()), cache_hint=st.booleans())
    return st.lists(message, max_size=8).map(tuple)


@pytest.mark.spec("4.8")
@given(prompts(), st.sampled_from(("anthropic", "openai", "")))
def test_hints_sit_where_they_belong_and_nowhere_else(prompt: tuple[PromptMessage, ...], provider: str) -> None:
    """Anthropic: the end of the leading system block and the newest two. Others: none. The words stay as they are."""
    hinted = with_cache_hints(prompt, provider)

    expected: set[int] = set()
    if provider == "anthropic":
        expected = {position for position in (len(prompt) - 2, len(prompt) - 1) if position >= 0}
        for position, message in enumerate(prompt):
            if message.role is not Role.SYSTEM:
                expected |= {position - 1} if position else set()
                break
    assert {position for position, message in enumerate(hinted) if message.cache_hint} == expected
    assert [evolve(message, cache_hint=False) for message in hinted] == [
        evolve(message, cache_hint=False) for message in prompt
    ]


LIMIT_KEYS = ("context_limit", "Context-Window", "maxInputTokens", "input.token.limit", "max_context_version")
OTHER_KEYS = ("context", "limit", "max_tokens", "contexts", "", "window")


def metadata_objects() -> st.SearchStrategy[JsonValue]:
    """JSON of any shape in which some keys speak of a context's size."""
    keys = st.sampled_from(LIMIT_KEYS + OTHER_KEYS)
    sizes = st.integers(-5, 10**6)
    leaves: st.SearchStrategy[JsonValue] = st.one_of(
        sizes, sizes.map(float), sizes.map(lambda size: f" {size} "), st.just(0.5), json_values()
    )
    return st.recursive(
        leaves,
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(keys, inner, max_size=4),
        max_leaves=12,
    )


def _named_sizes(value: JsonValue) -> list[int]:
    """Every acceptable size under a telling key, by plain recursion."""
    if isinstance(value, list):
        return [size for item in value for size in _named_sizes(item)]
    if not isinstance(value, dict):
        return []
    sizes = [size for item in value.values() for size in _named_sizes(item)]
    for key, item in value.items():
        name = "".join(character for character in key.lower() if character in "abcdefghijklmnopqrstuvwxyz0123456789")
        telling = "context" in name and any(word in name for word in ("limit", "window", "length"))
        if not (telling or name in ("maxinputtokens", "inputtokenlimit", "maxcontextversion")):
            continue
        number = item.strip() if isinstance(item, str) else item
        if isinstance(number, str):
            number = int(number) if number.isascii() and number.isdigit() else None
        if isinstance(number, float):
            number = int(number) if number == floor(number) else None
        if isinstance(number, int) and not isinstance(number, bool) and 0 < number < 2**53:
            sizes.append(number)
    return sizes


@pytest.mark.spec("4.9")
@given(metadata_objects(), st.none() | st.integers(-1, 10))
def test_the_largest_size_named_wins(metadata: JsonValue, fallback: int | None) -> None:
    """At any depth, in any spelling; else a positive fallback; else nothing."""
    named = _named_sizes(metadata)

    expected = max(named) if named else fallback if fallback and fallback > 0 else None
    assert context_limit(JsonText(json.dumps(metadata)), fallback) == expected


@pytest.mark.spec("4.9")
def test_keys_are_compared_by_letters_and_digits() -> None:
    """The eight names, and `context` with a bound or behind `max`."""
    assert all(
        names_context_limit(key)
        for key in (*LIMIT_KEYS, "model_context_window_size", "MAX CONTEXT", "max_context_tokens")
    )
    assert not any(names_context_limit(key) for key in OTHER_KEYS)


@pytest.mark.spec("4.9")
@pytest.mark.parametrize(
    "metadata", [None, JsonText("oops"), JsonText("[" * 100_000), JsonText('{"context_limit": true}')]
)
def test_metadata_that_says_nothing_leaves_the_fallback(metadata: JsonText | None) -> None:
    """Missing, broken, monstrous or beside the point."""
    assert context_limit(metadata, 7) == 7


def money() -> st.SearchStrategy[Decimal | None]:
    """Prices, many with long tails of digits."""
    return st.none() | st.decimals(0, 1000, allow_nan=False, allow_infinity=False, places=9)


@pytest.mark.spec("4.10")
@given(
    st.none() | usages(),
    st.none() | st.builds(Prices, input=money(), output=money(), cache_read=money(), cache_creation=money()),
)
def test_cost_is_exact_and_rounded_up_once(usage: Usage | None, prices: Prices | None) -> None:
    """The sum over the four kinds that have both a count and a price; nothing to sum is unpriced, zero is 0."""
    cost = cost_micros(usage, prices)

    if usage is None or prices is None:
        assert cost is None
        return
    pairs = [
        (usage.input_tokens, prices.input),
        (usage.output_tokens, prices.output),
        (usage.cache_read_tokens, prices.cache_read),
        (usage.cache_creation_tokens, prices.cache_creation),
    ]
    known = [(tokens, price) for tokens, price in pairs if tokens is not None and price is not None]
    if not known:
        assert cost is None
        return
    exact = sum((tokens * Fraction(str(price)) for tokens, price in known), Fraction(0))
    assert cost == ceil(exact)
    assert cost == cost_micros(evolve(usage, reasoning_tokens=10**9, total_tokens=10**9), prices)


@pytest.mark.spec("4.10")
def test_cost_does_not_drift_where_floats_and_short_decimals_do() -> None:
    """A price of 30 digits for a billion tokens is still exact."""
    price = Decimal("0.000000000000000000000000000001")
    assert cost_micros(Usage(input_tokens=10**30), Prices(input=price)) == 1
    assert cost_micros(Usage(input_tokens=10**30 + 1), Prices(input=price)) == 2
    assert cost_micros(Usage(input_tokens=0), Prices(input=price)) == 0
    assert cost_micros(Usage(reasoning_tokens=5), Prices(output=price)) is None
    for refused in ("-1", "NaN", "Infinity"):
        with pytest.raises(ValueError, match="input"):
            Prices(input=Decimal(refused))


@pytest.mark.spec("5.1", "5.2")
@given(st.none() | usages(), st.integers(-1, 2_000_000), st.none() | st.integers(-10, 120))
def test_a_compaction_is_due_from_the_threshold_on(usage: Usage | None, limit: int, percent: int | None) -> None:
    """Exactly when tokens / limit reaches the threshold in force; output never counts; 100 switches it off."""
    due = compaction_due(usage, limit, percent)
    threshold = percent if percent is not None and 0 <= percent <= 100 else 70
    tokens = 0 if usage is None else usage.context_tokens

    assert effective_threshold(percent) == threshold
    known = tokens > 0 and limit > 0 and threshold != 100
    assert (due is not None) is (known and Fraction(100 * tokens, limit) >= threshold)
    if due is not None:
        assert (due.context_tokens, due.context_limit, due.threshold_percent) == (tokens, limit, threshold)
    if usage is not None:
        quiet = evolve(usage, output_tokens=10**9, reasoning_tokens=10**9)
        assert compaction_due(quiet, limit, percent) == due


@pytest.mark.spec("5.2")
@given(st.lists(st.none() | st.integers(-2, 5), max_size=4), st.integers(0, 5), st.integers(0, 5))
def test_limits_are_taken_in_order_and_the_smaller_of_two_models(
    limits: list[int | None], one: int, other: int
) -> None:
    """The first positive limit; of two models the smaller known one."""
    assert effective_limit(*limits) == next((limit for limit in limits if limit and limit > 0), 0)
    known = [limit for limit in (one, other) if limit]
    assert smaller_limit(one, other) == (min(known) if known else 0)


@pytest.mark.spec("5.1")
@given(st.integers())
def test_thresholds_have_bounds(number: int) -> None:
    """0 to 100 can be configured; a new model gets 30 from half a million tokens on, else 70."""
    assert valid_threshold(number) is (0 <= number <= 100)
    assert new_model_threshold(number) == (30 if number >= 500_000 else 70)
    assert new_model_threshold(None) == 70


@pytest.mark.spec("4.2")
@given(assistant_contents(), st.sampled_from(FinishReason))
def test_a_turn_continues_only_for_tools_it_was_stopped_for(content: tuple[Part, ...], reason: FinishReason) -> None:
    """A call that no provider ran and the reason tool-calls, both; a pause goes on if anything was said."""
    local = any(isinstance(part, ToolCallPart) and not part.provider_executed for part in content)
    end = step_end(content, reason)

    assert (end is StepEnd.CONTINUES) is (local and reason is FinishReason.TOOL_CALLS)
    assert (end is StepEnd.PAUSED) is (bool(content) and reason is FinishReason.PAUSE)


@pytest.mark.spec("4.4")
@given(
    st.lists(st.sampled_from("abcdef"), unique=True),
    st.lists(st.sampled_from("xyz"), unique=True),
    st.sets(st.sampled_from("abcxyz")),
)
def test_an_active_list_chooses_functions_and_never_provider_tools(
    functions: list[str], provider: list[str], active: set[str]
) -> None:
    """An empty list allows every function; provider tools always come, last."""
    definitions = [ToolDefinition(name=name, description="", input_schema=object_schema({})) for name in functions]
    provided = [ProviderTool(type=name, name=name) for name in provider]
    names = [tool.name for tool in offered(definitions, provided, active)]

    assert names == [name for name in functions if not active or name in active] + provider


@pytest.mark.spec("4.4")
def test_a_schema_is_an_object_with_properties_and_required() -> None:
    """Always all three keys."""
    assert json.loads(object_schema({"a": {"type": "string"}}, ["a"])) == {
        "type": "object",
        "properties": {"a": {"type": "string"}},
        "required": ["a"],
    }
