"""Where a prompt asks the provider to keep it for the next call (spec chat-core 4.8)."""

from collections.abc import Sequence
from itertools import takewhile
from typing import Final

from attrs import evolve

from chatcore.domain.content.messages import Role
from chatcore.domain.content.prompt import PromptMessage

HINTED_PROVIDER: Final = "anthropic"
"""The only provider that takes cache hints; the others cache by themselves."""

_NEWEST_HINTED: Final = 2


def with_cache_hints(messages: Sequence[PromptMessage], provider: str) -> tuple[PromptMessage, ...]:
    """A copy of the prompt in which exactly the messages of 4.8 carry a hint, and none for another provider.

    Hinted are the last message of the leading system block and the newest two messages.
    """
    hinted: set[int] = set()
    if provider == HINTED_PROVIDER:
        leading = sum(1 for _ in takewhile(lambda message: message.role is Role.SYSTEM, messages))
        if leading:
            hinted.add(leading - 1)
        hinted.update(range(max(len(messages) - _NEWEST_HINTED, 0), len(messages)))
    return tuple(
        message if message.cache_hint is (position in hinted) else evolve(message, cache_hint=position in hinted)
        for position, message in enumerate(messages)
    )
