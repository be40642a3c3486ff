"""Tool rows of version 0: an object per result, without a type (spec chat-core 1.7).

Read are `tool_call_id`, `tool_name`, `result` (any JSON), `is_error`, `provider_executed` and `provider_metadata`.
"""

from chatcore.domain.content.legacy_fields import legacy_fields
from chatcore.domain.content.parts import ToolResultPart
from chatcore.domain.json_text import JsonValue, dump_json


def read_tool_row(value: JsonValue, index: int) -> ToolResultPart:
    """The result that one row holds.

    Raises: ContentError, the row is no object or a field has the wrong type.
    """
    row = legacy_fields(value, index)
    return ToolResultPart(
        tool_call_id=row.text("tool_call_id"),
        tool_name=row.text("tool_name"),
        result=dump_json(row.fields["result"]) if "result" in row.fields else None,
        is_error=row.flag("is_error"),
        provider_executed=row.flag("provider_executed"),
        provider_metadata=row.metadata(),
    )
