"""The scripted model, for demonstrations and first steps without a provider."""

from chatcore.adapters.scripted import Call, Pause, Report, Say, Saying, Script, ScriptedModel, Think
from chatcore.adapters.scripted import last_user_text as last_user_text
from chatcore.adapters.scripted import latest_results as latest_results

__all__ = [
    "Call",
    "Pause",
    "Report",
    "Say",
    "Saying",
    "Script",
    "ScriptedModel",
    "Think",
    "last_user_text",
    "latest_results",
]
