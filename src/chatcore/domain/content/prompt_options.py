"""Provider metadata on its way back to the provider (spec chat-core 1.8)."""

from collections.abc import Mapping

from chatcore.domain.json_text import JsonText, parse_json


def shown_options(metadata: JsonText | None) -> JsonText | None:
    """Provider metadata handed back as it came. What is no object is broken and left out, and so is an empty one."""
    if metadata is None:
        return None
    try:
        value = parse_json(metadata)
    except ValueError:
        return None
    return metadata if isinstance(value, Mapping) and value else None
