"""The test kit, for services that embed chatcore: test your tools and policies without a provider, and your adapters
against the same promises that chatcore's own keep. docs/testing.md is the tutorial.

    ScriptedModel               a model that is a Python generator
    SimulatedWorkspace          files in memory, programs that are Python functions
    crash_everywhere, Scene     cut a recorded log after every append, recover, check; `record` makes one
    simulate                    a whole cluster with every fault, from a seed
    Replicas                    several services over one store, to let one of them die where you want
    parts, messages, …          Hypothesis strategies; more in `chatcore.testing.strategies`
    run_virtually               an hour takes no time; with ManualClock, LoopClock and CountedIds
    contracts                   a folder: the promises of every port, as suites to subclass
    plugin                      fixtures for pytest: `scripted_model`, `simulation`, and the option `--chat-seed`

Needs the extra `testing`; the contract suites and the plugin need pytest, too. Names are imported when they are first
used.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
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
    from chatcore.testing.chat_log import ChatLog
    from chatcore.testing.clocks import ManualClock
    from chatcore.testing.counted_ids import CountedIds
    from chatcore.testing.crash.everywhere import (
        CrashFault,
        CrashReport,
        Fate,
        NotALog,
        Recovered,
        Scene,
        ToolRun,
        crash_everywhere,
    )
    from chatcore.testing.crash.recording import record
    from chatcore.testing.deeds import Deeds
    from chatcore.testing.recorded_logs import NotAnExport, append_ends, read_logs, recorded, story
    from chatcore.testing.replicas import LoopClock, Replicas
    from chatcore.testing.simulated_workspace import Invocation, Running, SimulatedWorkspace, Terminated, ToStderr
    from chatcore.testing.simulation.checking import Checker, Violation
    from chatcore.testing.simulation.profile import Profile
    from chatcore.testing.simulation.run import Run
    from chatcore.testing.simulation.simulate import simulate
    from chatcore.testing.strategies import (
        any_commands,
        chat_logs,
        fitting_commands,
        histories,
        messages,
        parts,
        stored_logs,
        whole_histories,
    )
    from chatcore.testing.virtual_time import run_virtually, virtual_backend

_PLACES: Final = {
    "Call": "chatcore.adapters.scripted",
    "Cite": "chatcore.adapters.scripted",
    "CutOff": "chatcore.adapters.scripted",
    "End": "chatcore.adapters.scripted",
    "Fail": "chatcore.adapters.scripted",
    "MakeFile": "chatcore.adapters.scripted",
    "Pause": "chatcore.adapters.scripted",
    "ProviderAnswer": "chatcore.adapters.scripted",
    "Report": "chatcore.adapters.scripted",
    "Say": "chatcore.adapters.scripted",
    "Saying": "chatcore.adapters.scripted",
    "Script": "chatcore.adapters.scripted",
    "ScriptedModel": "chatcore.adapters.scripted",
    "Think": "chatcore.adapters.scripted",
    "last_user_text": "chatcore.adapters.scripted",
    "latest_results": "chatcore.adapters.scripted",
    "ChatLog": "chatcore.testing.chat_log",
    "ManualClock": "chatcore.testing.clocks",
    "CountedIds": "chatcore.testing.counted_ids",
    "CrashFault": "chatcore.testing.crash.everywhere",
    "CrashReport": "chatcore.testing.crash.everywhere",
    "Fate": "chatcore.testing.crash.everywhere",
    "NotALog": "chatcore.testing.crash.everywhere",
    "Recovered": "chatcore.testing.crash.everywhere",
    "Scene": "chatcore.testing.crash.everywhere",
    "ToolRun": "chatcore.testing.crash.everywhere",
    "crash_everywhere": "chatcore.testing.crash.everywhere",
    "record": "chatcore.testing.crash.recording",
    "Deeds": "chatcore.testing.deeds",
    "NotAnExport": "chatcore.testing.recorded_logs",
    "append_ends": "chatcore.testing.recorded_logs",
    "read_logs": "chatcore.testing.recorded_logs",
    "recorded": "chatcore.testing.recorded_logs",
    "story": "chatcore.testing.recorded_logs",
    "LoopClock": "chatcore.testing.replicas",
    "Replicas": "chatcore.testing.replicas",
    "Invocation": "chatcore.testing.simulated_workspace",
    "Running": "chatcore.testing.simulated_workspace",
    "SimulatedWorkspace": "chatcore.testing.simulated_workspace",
    "Terminated": "chatcore.testing.simulated_workspace",
    "ToStderr": "chatcore.testing.simulated_workspace",
    "Checker": "chatcore.testing.simulation.checking",
    "Violation": "chatcore.testing.simulation.checking",
    "Profile": "chatcore.testing.simulation.profile",
    "Run": "chatcore.testing.simulation.run",
    "simulate": "chatcore.testing.simulation.simulate",
    "run_virtually": "chatcore.testing.virtual_time",
    "virtual_backend": "chatcore.testing.virtual_time",
    "any_commands": "chatcore.testing.strategies",
    "chat_logs": "chatcore.testing.strategies",
    "fitting_commands": "chatcore.testing.strategies",
    "histories": "chatcore.testing.strategies",
    "messages": "chatcore.testing.strategies",
    "parts": "chatcore.testing.strategies",
    "stored_logs": "chatcore.testing.strategies",
    "whole_histories": "chatcore.testing.strategies",
}

__all__ = [
    "Call",
    "ChatLog",
    "Checker",
    "Cite",
    "CountedIds",
    "CrashFault",
    "CrashReport",
    "CutOff",
    "Deeds",
    "End",
    "Fail",
    "Fate",
    "Invocation",
    "LoopClock",
    "MakeFile",
    "ManualClock",
    "NotALog",
    "NotAnExport",
    "Pause",
    "Profile",
    "ProviderAnswer",
    "Recovered",
    "Replicas",
    "Report",
    "Run",
    "Running",
    "Say",
    "Saying",
    "Scene",
    "Script",
    "ScriptedModel",
    "SimulatedWorkspace",
    "Terminated",
    "Think",
    "ToStderr",
    "ToolRun",
    "Violation",
    "any_commands",
    "append_ends",
    "chat_logs",
    "crash_everywhere",
    "fitting_commands",
    "histories",
    "last_user_text",
    "latest_results",
    "messages",
    "parts",
    "read_logs",
    "record",
    "recorded",
    "run_virtually",
    "simulate",
    "stored_logs",
    "story",
    "virtual_backend",
    "whole_histories",
]


def __getattr__(name: str) -> object:
    if name not in _PLACES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value: object = getattr(import_module(_PLACES[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
