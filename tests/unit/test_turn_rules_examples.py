"""Scenarios of 4.11 and 5.9 that concern the small rules."""

import pytest

from chatcore.domain.content.messages import Role, Usage
from chatcore.domain.content.prompt import PromptMessage
from chatcore.domain.turn.caching import with_cache_hints
from chatcore.domain.turn.compaction_rules import CompactionDue, compaction_due, override_key


@pytest.mark.spec("4.8", "4.11.3")
def test_five_messages_with_two_system_ones_are_hinted_at_two_four_and_five() -> None:
    """And the caller's list is left as it was."""
    roles = (Role.SYSTEM, Role.SYSTEM, Role.USER, Role.ASSISTANT, Role.USER)
    prompt = [PromptMessage(role=role, content=()) for role in roles]

    hints = [message.cache_hint for message in with_cache_hints(prompt, "anthropic")]
    assert hints == [False, True, False, True, True]
    assert not any(message.cache_hint for message in prompt)


@pytest.mark.spec("5.2", "5.9.1")
def test_eighty_of_a_hundred_passes_seventy() -> None:
    """The record holds tokens 80, limit 100, percent 80."""
    assert compaction_due(Usage(input_tokens=80), 100, 70) == CompactionDue(
        context_tokens=80, context_limit=100, threshold_percent=70, usage_percent=80
    )


@pytest.mark.spec("5.2")
@pytest.mark.parametrize(("tokens", "limit", "percent"), [(70, 100, 70), (7, 10, 70), (29, 100, 29), (1, 3, 33)])
def test_reaching_the_threshold_is_enough(tokens: int, limit: int, percent: int) -> None:
    """Equal counts, and one token less does not."""
    assert compaction_due(Usage(input_tokens=tokens), limit, percent) is not None
    assert compaction_due(Usage(input_tokens=tokens - 1), limit, percent) is None


@pytest.mark.spec("5.2", "5.9.2")
def test_ten_of_a_hundred_does_not() -> None:
    """Nor do tokens of the output; the total counts only where nothing else was counted."""
    assert compaction_due(Usage(input_tokens=10, output_tokens=90, total_tokens=100), 100, 70) is None
    assert compaction_due(Usage(total_tokens=100, output_tokens=90), 100, 70) is not None


@pytest.mark.spec("5.1")
def test_a_users_own_threshold_has_a_key_per_model() -> None:
    """Part of the stored preferences."""
    assert override_key("m-1") == "chat_compaction_threshold_pct:m-1"
