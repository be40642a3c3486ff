"""Run AI-agent chats as event logs: pure rules, swappable adapters, nothing lost.

`chatcore.open(…)` is the entry point. Names are imported when they are first used, so that `import chatcore` is cheap.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from chatcore.app.models import ModelSetup
    from chatcore.app.settings import ServiceSettings, TurnSettings, WorkSettings
    from chatcore.app.tools.tool import Tool, ToolContext
    from chatcore.compose.chats import Chat, Chats
    from chatcore.compose.opening import open_chats as open  # noqa: A004  # it reads as chatcore.open
    from chatcore.domain.chat.commands import Behavior
    from chatcore.domain.errors import ChatcoreError
    from chatcore.domain.rejection import Rejection

__version__: Final = "0.1.0"

_PLACES: Final = {
    "Behavior": ("chatcore.domain.chat.commands", "Behavior"),
    "Chat": ("chatcore.compose.chats", "Chat"),
    "ChatcoreError": ("chatcore.domain.errors", "ChatcoreError"),
    "Chats": ("chatcore.compose.chats", "Chats"),
    "ModelSetup": ("chatcore.app.models", "ModelSetup"),
    "Rejection": ("chatcore.domain.rejection", "Rejection"),
    "ServiceSettings": ("chatcore.app.settings", "ServiceSettings"),
    "Tool": ("chatcore.app.tools.tool", "Tool"),
    "ToolContext": ("chatcore.app.tools.tool", "ToolContext"),
    "TurnSettings": ("chatcore.app.settings", "TurnSettings"),
    "WorkSettings": ("chatcore.app.settings", "WorkSettings"),
    "open": ("chatcore.compose.opening", "open_chats"),
}

__all__ = [
    "Behavior",
    "Chat",
    "ChatcoreError",
    "Chats",
    "ModelSetup",
    "Rejection",
    "ServiceSettings",
    "Tool",
    "ToolContext",
    "TurnSettings",
    "WorkSettings",
    "__version__",
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
