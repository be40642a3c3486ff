"""A model that says what a script tells it to: for tests, demonstrations and simulations."""

from chatcore.adapters.scripted.model import Script, ScriptedModel
from chatcore.adapters.scripted.prompt import last_user_text, latest_results
from chatcore.adapters.scripted.script import (
    Call,
    Cite,
    CutOff,
    End,
    Fail,
    MakeFile,
    Pause,
    ProviderAnswer,
    Report,
    Say,
    Saying,
    Think,
)

__all__ = [
    "Call",
    "Cite",
    "CutOff",
    "End",
    "Fail",
    "MakeFile",
    "Pause",
    "ProviderAnswer",
    "Report",
    "Say",
    "Saying",
    "Script",
    "ScriptedModel",
    "Think",
    "last_user_text",
    "latest_results",
]
