"""The test kit: a scripted model, strategies for Hypothesis, and the contract suites of the ports.

For services that embed chatcore: test your tools and policies without a provider, and your adapters against the same
promises that chatcore's own keep. Needs the extra `testing`; the contract suites need pytest, too.
"""

from chatcore.adapters.scripted import (
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
    Script,
    ScriptedModel,
    Think,
    last_user_text,
    latest_results,
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
