"""What can be set for one model of the Messages API beyond what a request says."""

import re
from collections.abc import Mapping
from enum import StrEnum
from typing import Final

from attrs import field, fields, frozen

from chatcore.domain.json_text import JsonValue

PROVIDER: Final = "anthropic"
"""The provider's id: in errors, in cache hints (4.8) and as the key of its metadata in parts."""


class Thinking(StrEnum):
    """How a model is told how hard to think."""

    ADAPTIVE = "adaptive"
    """The model decides, and is told an effort."""
    BUDGET = "budget"
    """The request names a number of tokens."""
    NONE = "none"
    """The model cannot think; an effort is left out."""


@frozen(kw_only=True)
class MessagesOptions:
    """Settings of one model; the defaults are what a chat wants."""

    thinking_style: Thinking | None = None
    """None decides by the model's name (`thinking_of`)."""
    parallel_tools: bool | None = None
    """Whether one answer may hold several calls; None leaves it to the provider."""
    betas: tuple[str, ...] = ()
    """Values of the header `anthropic-beta`, which some provider-executed tools need."""
    extra: Mapping[str, JsonValue] = field(factory=dict)
    """More fields of the body, such as `temperature` or `mcp_servers`; they replace what the request would say."""
    plain_text: frozenset[str] = frozenset()
    """Roles (`user`, `assistant`) whose messages, where they are a single text, are strings and not lists of blocks."""
    plain_results: bool = False
    """Write the words of a tool's result as a string and not as a list of blocks."""
    plain_system: bool = False
    """Write a single system text as a string and not as a list of blocks."""
    says_no_stream: bool = False
    """Write `stream: false` where a whole answer is wanted, and not leave it out."""

    @classmethod
    def of(cls, options: Mapping[str, JsonValue]) -> "MessagesOptions":
        """Settings by name, as a table of configurations has them; what is no setting here is a field of the body.

        Raises: ValueError, `thinking_style` is none of its values.
        """
        style, parallel = options.get("thinking_style"), options.get("parallel_tools")
        return cls(
            thinking_style=Thinking(style) if isinstance(style, str) else None,
            parallel_tools=parallel if isinstance(parallel, bool) else None,
            betas=tuple(_texts(options.get("betas"))),
            plain_text=frozenset(_texts(options.get("plain_text"))),
            plain_results=options.get("plain_results") is True,
            plain_system=options.get("plain_system") is True,
            says_no_stream=options.get("says_no_stream") is True,
            extra={name: value for name, value in options.items() if name not in SETTINGS},
        )


def _texts(value: JsonValue) -> list[str]:
    return [each for each in value if isinstance(each, str)] if isinstance(value, list | tuple) else []


SETTINGS: Final = frozenset(each.name for each in fields(MessagesOptions)) - {"extra"}
"""Names of options that are the adapter's own; all others go into the body as they are."""

_NEVER_THINKS: Final = re.compile(r"claude-(2|instant|3-(opus|sonnet|haiku|5))")
_THINKS_BY_BUDGET: Final = re.compile(r"claude-(3-7|(opus|sonnet|haiku)-4(-[0-5])?($|-(?![0-9]{1,2}($|-))))")


def thinking_of(model: str) -> Thinking:
    """How a model of this name is told to think; a name nobody knows is a newer one."""
    if _NEVER_THINKS.search(model):
        return Thinking.NONE
    return Thinking.BUDGET if _THINKS_BY_BUDGET.search(model) else Thinking.ADAPTIVE
