"""Tools of one's own in a simulated cluster: what the model asks them, and what goes wrong around them."""

from collections.abc import Callable, Iterable, Mapping
from random import Random
from typing import TypeAlias

import anyio
from attrs import evolve, frozen

from chatcore.app.tools.tool import Handler, Repeat, Tool, ToolContext
from chatcore.domain.content.tool_results import ToolFailed, ToolOutcome
from chatcore.domain.json_text import JsonValue, dump_json
from chatcore.domain.turn.tools import ToolDefinition
from chatcore.testing.simulation.drawn_arguments import arguments_for
from chatcore.testing.simulation.faults import Faults
from chatcore.testing.simulation.happenings import ToolActed
from chatcore.testing.simulation.life import Life
from chatcore.testing.simulation.profile import Fault

MakeTools: TypeAlias = Callable[[], Iterable[Tool]]
"""Makes the tools of one life of a replica: what it makes anew is the memory of a worker, and dies with it."""

MakeArguments: TypeAlias = Callable[[ToolDefinition, Random], Mapping[str, JsonValue]]
"""Says what the model asks of a tool; it draws from the given stream, and from nothing else."""


@frozen(kw_only=True)
class OwnTools:
    """What `simulate` was given. The tools are offered instead of the simulated ones."""

    make: MakeTools
    arguments: MakeArguments = arguments_for


class GuardedTools:
    """The tools of one life of one replica, `place`, each behind the replica's gate and its faults.

    An effect is noted when a handler has ended, unless it answered ToolFailed, which says that nothing was done. One
    that raised, or was cancelled because its replica died, may have done it.
    """

    def __init__(self, own: OwnTools, place: str, *, life: Life, faults: Faults) -> None:
        self._own = own
        self._place = place
        self._life = life
        self._faults = faults

    def tools(self) -> tuple[Tool, ...]:
        """Made anew. Raises: whatever making them raises."""
        return tuple(evolve(tool, handler=self._guarded(tool)) for tool in self._own.make())

    def _guarded(self, tool: Tool) -> Handler:
        async def handle(context: ToolContext, args: Mapping[str, JsonValue]) -> ToolOutcome:
            await self._life.gate()
            if self._strikes(Fault.TOOL_CRASHES):
                raise RuntimeError(f"{tool.definition.name} fell over its own feet")
            if self._strikes(Fault.TOOL_HANGS):
                await anyio.sleep(self._faults.seconds(self._faults.profile.hang, Fault.TOOL_HANGS, self._place))
                await self._life.gate()
            outcome = await self._handled(tool, context, args)
            await self._life.gate()
            if not isinstance(outcome, ToolFailed) and self._strikes(Fault.TOOL_ANSWER_LOST):
                raise ConnectionError("the answer of the tool was lost")
            await anyio.sleep(self._faults.profile.work.draw(self._faults.draws.of("own tools", self._place)))
            await self._life.gate()
            return outcome

        return handle

    async def _handled(self, tool: Tool, context: ToolContext, args: Mapping[str, JsonValue]) -> ToolOutcome:
        outcome: ToolOutcome = None
        try:
            outcome = await tool.handler(context, args)
        finally:
            if not isinstance(outcome, ToolFailed):
                self._note(tool, context, args)
        return outcome

    def _note(self, tool: Tool, context: ToolContext, args: Mapping[str, JsonValue]) -> None:
        acted = ToolActed(
            chat_id=context.chat_id,
            tool=tool.definition.name,
            key=context.idempotency_key,
            idempotent=tool.repeat is Repeat.IDEMPOTENT,
            args=dump_json(args),
        )
        self._faults.trace.note(self._place, acted)

    def _strikes(self, fault: Fault) -> bool:
        return self._faults.strikes(fault, self._place)
