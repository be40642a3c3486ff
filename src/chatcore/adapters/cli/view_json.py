"""View events as JSON, one `type` each (spec chat-core 6.1)."""

from attrs import asdict

from chatcore.adapters.cli.log_views import message_json
from chatcore.domain.content.parts_json import content_json, part_json
from chatcore.domain.json_text import JsonValue
from chatcore.domain.live.view_events import (
    ActionShown,
    ErrorShown,
    HistoryReset,
    MessageShown,
    PartShown,
    PreviewReset,
    QueueShown,
    RetryShown,
    StatusShown,
    ViewEvent,
)


def view_event_json(event: ViewEvent) -> dict[str, JsonValue]:
    """One event in the wire's form."""
    match event:
        case StatusShown(status=status):
            return {"type": "status", "status": str(status)}
        case MessageShown(message=message):
            return {"type": "message", "message": message_json(message)}
        case PartShown():
            return {
                "type": "message_part",
                "role": str(event.role),
                "part": part_json(event.part),
                "history_version": event.history_version,
                "generation_attempt": event.generation_attempt,
                "seq": event.number,
            }
        case QueueShown(queued=queued):
            rows: list[JsonValue] = [{"id": row.id, "content": [*content_json(row.content)]} for row in queued]
            return {"type": "queue_update", "queued_messages": rows}
        case ErrorShown(error=error):
            return {"type": "error", **asdict(error)}
        case RetryShown():
            return {"type": "retry", "attempt": event.attempt, "error": event.error.message, "delay_ms": event.delay_ms}
        case ActionShown(calls=calls):
            wanted: list[JsonValue] = [asdict(call) for call in calls]
            return {"type": "action_required", "tool_calls": wanted}
        case PreviewReset():
            return {"type": "preview_reset"}
        case HistoryReset(from_id=from_id):
            return {"type": "history_reset", "from_id": from_id}
