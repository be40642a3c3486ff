"""Text that can be encoded. JSON can spell half a surrogate pair, but no UTF-8 holds it (spec chat-core 1.10)."""

import re
from typing import Final

_SURROGATE: Final = re.compile("[\ud800-\udfff]")


def well_formed(text: str) -> str:
    """The text with two halves of a pair joined and every lone half replaced by U+FFFD."""
    if text.isascii() or not _SURROGATE.search(text):
        return text
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
