"""The tool `execute` (10.1)."""

from typing import Final

import anyio

from chatcore.app.tools.tool import Tool, ToolContext
from chatcore.app.tools.workspace_tool import workspace_handler
from chatcore.domain.json_text import JsonValue
from chatcore.domain.limits import EXECUTE_OUTPUT_READ_S
from chatcore.domain.turn.tools import ToolDefinition, object_schema
from chatcore.domain.workspace.execute import ExecuteCall, ExecutePlan, plan_execute
from chatcore.domain.workspace.execute_result import ExecuteResult, exited, failed, in_background, timed_out
from chatcore.domain.workspace.process import ProcessOutput, ProcessSignal
from chatcore.domain.workspace.refusal import Refusal
from chatcore.ports.agent import Agent
from chatcore.ports.agent.errors import AgentError

_DEFINITION: Final = ToolDefinition(
    name="execute",
    description=(
        "Run a shell command in the workspace and return its output and exit code. Use it to build, test, search and "
        "inspect. Do not use it to read a file (read_file numbers the lines and pages) or to change one (edit_files "
        "and write_file are exact and atomic). A command that needs longer than the timeout goes on; its "
        "background_process_id can be asked with process_output. Start servers with run_in_background."
    ),
    input_schema=object_schema(
        {
            "command": {"type": "string", "description": "The command, run by sh -c."},
            "timeout": {"type": "string", "description": "How long to wait, such as 30s or 5m; 10s by default."},
            "workdir": {"type": "string", "description": "Absolute path of the directory to run in."},
            "run_in_background": {"type": "boolean", "description": "Return at once; the command goes on."},
            "model_intent": {"type": "string", "description": "In a few words, what this is for; shown to the user."},
        },
        required=("command",),
    ),
)


async def _execute(agent: Agent, context: ToolContext, call: ExecuteCall) -> dict[str, JsonValue]:
    plan = plan_execute(call)
    if isinstance(plan, Refusal):
        return failed(plan.message, wall_s=0.0).to_json()
    return (await _run(agent, context, plan)).to_json()


async def _run(agent: Agent, context: ToolContext, plan: ExecutePlan) -> ExecuteResult:
    began = anyio.current_time()
    try:
        process_id = (await agent.processes.start_process(plan.start(context.chat_id))).id
    except AgentError as error:
        return failed(str(error), wall_s=anyio.current_time() - began)
    if plan.background:
        return in_background(process_id, wall_s=anyio.current_time() - began)
    try:
        output = None
        with anyio.move_on_after(plan.timeout_s):
            output = await _exit(agent, process_id)
    except AgentError as error:
        return failed(str(error), wall_s=anyio.current_time() - began)
    except anyio.get_cancelled_exc_class():
        # Nobody waits for it any more: a foreground command ends with its call.
        with anyio.move_on_after(EXECUTE_OUTPUT_READ_S, shield=True):
            await _kill(agent, process_id)
        raise
    wall_s = anyio.current_time() - began
    if output is not None:
        return exited(output, wall_s=wall_s, note=plan.note)
    return await _after_timeout(agent, process_id, plan, wall_s)


async def _exit(agent: Agent, process_id: str) -> ProcessOutput:
    """Wait for the exit; the agent answers a wait after PROCESS_WAIT_S_MAX at the latest, so ask again."""
    while True:
        output = await agent.processes.process_output(process_id, wait=True)
        if not output.running:
            return output


async def _after_timeout(agent: Agent, process_id: str, plan: ExecutePlan, wall_s: float) -> ExecuteResult:
    output, read_error = None, None
    try:
        with anyio.fail_after(EXECUTE_OUTPUT_READ_S):
            output = await agent.processes.process_output(process_id)
    except (AgentError, TimeoutError) as error:
        read_error = str(error) or f"no answer within {EXECUTE_OUTPUT_READ_S:g}s"
    return timed_out(
        output,
        process_id=process_id,
        timeout_s=plan.timeout_s,
        wall_s=wall_s,
        note=plan.note,
        read_error=read_error,
    )


async def _kill(agent: Agent, process_id: str) -> None:
    try:
        await agent.processes.signal_process(process_id, ProcessSignal.KILL)
    except AgentError as error:
        # 404 and 409 mean that it has ended by itself.
        if error.status not in (404, 409):
            raise


EXECUTE: Final = Tool(definition=_DEFINITION, handler=workspace_handler(ExecuteCall, _execute))
