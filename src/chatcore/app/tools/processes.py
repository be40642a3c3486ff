"""The tools `process_output`, `process_list` and `process_signal` (10.3)."""

from typing import Final

import anyio
from attrs import frozen

from chatcore.app.tools.tool import Repeat, Tool, ToolContext
from chatcore.app.tools.workspace_tool import workspace_handler
from chatcore.domain.json_text import JsonValue
from chatcore.domain.limits import EXECUTE_TIMEOUT_S_MAX
from chatcore.domain.turn.tools import ToolDefinition, object_schema
from chatcore.domain.workspace.duration import parse_duration
from chatcore.domain.workspace.execute_result import ProcessList, SignalResult, failed, process_snapshot
from chatcore.domain.workspace.process import ProcessOutput, ProcessSignal
from chatcore.ports.agent import Agent

_PROCESS_ID: Final[dict[str, JsonValue]] = {
    "type": "string",
    "description": "The background_process_id that execute returned.",
}


@frozen(kw_only=True)
class OutputCall:
    """Arguments of `process_output`."""

    process_id: str
    wait_timeout: str | None = None


@frozen(kw_only=True)
class ListCall:
    """Arguments of `process_list`: none."""


@frozen(kw_only=True)
class SignalCall:
    """Arguments of `process_signal`."""

    process_id: str
    signal: str


async def _output(agent: Agent, _: ToolContext, call: OutputCall) -> dict[str, JsonValue]:
    began = anyio.current_time()
    wait_s = parse_duration(call.wait_timeout) if call.wait_timeout else 0.0
    if wait_s is None:
        return failed(f"{call.wait_timeout!r} is no duration: write it like 30s or 5m", wall_s=0.0).to_json()
    output: ProcessOutput | None = None
    if wait_s > 0:
        with anyio.move_on_after(min(wait_s, EXECUTE_TIMEOUT_S_MAX)):
            output = await agent.processes.process_output(call.process_id, wait=True)
    if output is None:
        output = await agent.processes.process_output(call.process_id)
    wall_s = anyio.current_time() - began
    return process_snapshot(output, process_id=call.process_id, wall_s=wall_s).to_json()


async def _list(agent: Agent, _: ToolContext, __: ListCall) -> dict[str, JsonValue]:
    return ProcessList(processes=await agent.processes.list_processes()).to_json()


async def _signal(agent: Agent, _: ToolContext, call: SignalCall) -> dict[str, JsonValue]:
    if call.signal not in tuple(ProcessSignal):
        known = " or ".join(ProcessSignal)
        return SignalResult(success=False, message=f"{call.signal!r} is no signal: use {known}").to_json()
    message = await agent.processes.signal_process(call.process_id, ProcessSignal(call.signal))
    return SignalResult(success=True, message=message.message).to_json()


PROCESS_OUTPUT: Final = Tool(
    definition=ToolDefinition(
        name="process_output",
        description=(
            "Return the output so far of a command that goes on in the background, and whether it still runs. "
            "With wait_timeout, wait for its end first. Do not ask in a tight loop: wait instead."
        ),
        input_schema=object_schema(
            {
                "process_id": _PROCESS_ID,
                "wait_timeout": {"type": "string", "description": "How long to wait for the end, such as 30s."},
            },
            required=("process_id",),
        ),
    ),
    handler=workspace_handler(OutputCall, _output),
    repeat=Repeat.IDEMPOTENT,
)
PROCESS_LIST: Final = Tool(
    definition=ToolDefinition(
        name="process_list",
        description="List the commands that this chat started, running ones first. Use it to find a lost process id.",
        input_schema=object_schema({}),
    ),
    handler=workspace_handler(ListCall, _list),
    repeat=Repeat.IDEMPOTENT,
)
PROCESS_SIGNAL: Final = Tool(
    definition=ToolDefinition(
        name="process_signal",
        description=(
            "Send a signal to a background command and all it started: terminate lets it clean up, kill ends it at "
            "once. Success means sent, not ended; look with process_output."
        ),
        input_schema=object_schema(
            {"process_id": _PROCESS_ID, "signal": {"type": "string", "enum": ["terminate", "kill"]}},
            required=("process_id", "signal"),
        ),
    ),
    handler=workspace_handler(SignalCall, _signal),
)
