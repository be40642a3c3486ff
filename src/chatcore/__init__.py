"""Run AI-agent chats as event logs: pure rules, swappable adapters, nothing lost.

`chatcore.open(…)` is the entry point. Names are imported when they are first used, so that `import chatcore` is cheap.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from chatcore.app.models import ModelSetup
    from chatcore.app.settings import ServiceSettings, TurnSettings, WorkSettings
    from chatcore.app.tools.tool import Repeat, Tool, ToolContext
    from chatcore.compose.chats import Chat, Chats
    from chatcore.compose.opening import open_chats as open  # noqa: A004  # it reads as chatcore.open
    from chatcore.domain.chat.commands import Behavior
    from chatcore.domain.content.tool_results import ToolFailed, ToolText
    from chatcore.domain.errors import ChatcoreError
    from chatcore.domain.live.batching import JournalMode, JournalSettings
    from chatcore.domain.rejection import Rejection
    from chatcore.domain.turn.tools import ToolDefinition, object_schema

__version__: Final = "0.1.0"

_PLACES: Final = {
    "Behavior": ("chatcore.domain.chat.commands", "Behavior"),
    "Chat": ("chatcore.compose.chats", "Chat"),
    "ChatcoreError": ("chatcore.domain.errors", "ChatcoreError"),
    "Chats": ("chatcore.compose.chats", "Chats"),
    "JournalMode": ("chatcore.domain.live.batching", "JournalMode"),
    "JournalSettings": ("chatcore.domain.live.batching", "JournalSettings"),
    "ModelSetup": ("chatcore.app.models", "ModelSetup"),
    "Rejection": ("chatcore.domain.rejection", "Rejection"),
    "Repeat": ("chatcore.app.tools.tool", "Repeat"),
    "ServiceSettings": ("chatcore.app.settings", "ServiceSettings"),
    "Tool": ("chatcore.app.tools.tool", "Tool"),
    "ToolContext": ("chatcore.app.tools.tool", "ToolContext"),
    "ToolDefinition": ("chatcore.domain.turn.tools", "ToolDefinition"),
    "ToolFailed": ("chatcore.domain.content.tool_results", "ToolFailed"),
    "ToolText": ("chatcore.domain.content.tool_results", "ToolText"),
    "TurnSettings": ("chatcore.app.settings", "TurnSettings"),
    "WorkSettings": ("chatcore.app.settings", "WorkSettings"),
    "object_schema": ("chatcore.domain.turn.tools", "object_schema"),
    "open": ("chatcore.compose.opening", "open_chats"),
}

__all__ = [
    "Behavior",
    "Chat",
    "ChatcoreError",
    "Chats",
    "JournalMode",
    "JournalSettings",
    "ModelSetup",
    "Rejection",
    "Repeat",
    "ServiceSettings",
    "Tool",
    "ToolContext",
    "ToolDefinition",
    "ToolFailed",
    "ToolText",
    "TurnSettings",
    "WorkSettings",
    "__version__",
    "object_schema",
    "open",
]


def __getattr__(name: str) -> object:
    place = _PLACES.get(name)
    if place is None:
        raise AttributeError(f"module 'chatcore' has no attribute {name!r}")
    module, attribute = place
    value: object = getattr(import_module(module), attribute)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
