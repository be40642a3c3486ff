"""Tools that act on a simulated world: each effect is noted once, whatever becomes of the answer."""

from collections.abc import Mapping
from typing import Final

import anyio
import anyio.lowlevel

from chatcore.app.tools.tool import Repeat, Tool, ToolContext
from chatcore.domain.chat.values import DynamicTool
from chatcore.domain.content.tool_results import ToolOutcome, ToolText
from chatcore.domain.json_text import JsonValue
from chatcore.domain.turn.tools import ToolDefinition, object_schema
from chatcore.testing.simulation.faults import Faults
from chatcore.testing.simulation.happenings import ToolActed
from chatcore.testing.simulation.life import Life
from chatcore.testing.simulation.profile import Fault

_SCHEMA: Final = object_schema({"n": {"type": "integer"}, "why": {"type": "string"}})

_POLICIES: Final[Mapping[str, Repeat]] = {
    "send_letter": Repeat.NEVER,
    "light_lamp": Repeat.IDEMPOTENT,
    "knock": Repeat.NEVER,
}

ASK_PERSON: Final = DynamicTool(name="ask_person", description="Ask whoever sits there.", input_schema=_SCHEMA)
"""A tool that the client runs."""


class SimulatedTools:
    """The tools of one life of one replica, `place`."""

    def __init__(self, place: str, *, life: Life, faults: Faults) -> None:
        self._place = place
        self._life = life
        self._work = faults.draws.of("tools", place)
        self._faults = faults

    def tools(self) -> tuple[Tool, ...]:
        """One that must not run twice and one that may, quick or slow."""
        return tuple(self._tool(name, repeat) for name, repeat in _POLICIES.items())

    def _tool(self, name: str, repeat: Repeat) -> Tool:
        async def handle(context: ToolContext, _: Mapping[str, JsonValue]) -> ToolOutcome:
            return await self._run(name, repeat, context)

        definition = ToolDefinition(name=name, description=f"To {name.replace('_', ' ')}.", input_schema=_SCHEMA)
        return Tool(definition=definition, handler=handle, repeat=repeat)

    async def _run(self, name: str, repeat: Repeat, context: ToolContext) -> ToolOutcome:
        work_s = self._faults.profile.work.draw(self._work)
        await self._life.gate()
        if self._strikes(Fault.TOOL_CRASHES):
            raise RuntimeError(f"{name} fell over its own feet")
        if self._strikes(Fault.TOOL_HANGS):
            await anyio.sleep(self._faults.seconds(self._faults.profile.hang, Fault.TOOL_HANGS, self._place))
            await self._life.gate()
        await anyio.sleep(work_s / 2)
        await self._life.gate()
        acted = ToolActed(
            chat_id=context.chat_id,
            tool=name,
            key=context.idempotency_key,
            idempotent=repeat is Repeat.IDEMPOTENT,
        )
        self._faults.trace.note(self._place, acted)
        if self._strikes(Fault.TOOL_ANSWER_LOST):
            raise ConnectionError("the answer of the tool was lost")
        await anyio.sleep(work_s / 2)
        await self._life.gate()
        return ToolText(text=f"{name} is done")

    def _strikes(self, fault: Fault) -> bool:
        return self._faults.strikes(fault, self._place)
