"""Ids of tool calls as models take them (spec chat-core 1.5)."""

import re
from typing import Final

_REFUSED: Final = re.compile(r"[^A-Za-z0-9_-]")


def sanitised_call_id(call_id: str) -> str:
    """The id with every character that a provider may refuse replaced by `_`; an empty one stays empty."""
    return _REFUSED.sub("_", call_id)
