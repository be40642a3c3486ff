"""Looking on while a chat recovers: every prompt and every run of a tool."""

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from typing import Final

from attrs import define, evolve, field

from chatcore.app.tools.tool import Repeat, Tool, ToolContext
from chatcore.domain.content.tool_results import ToolOutcome
from chatcore.domain.json_text import JsonValue
from chatcore.domain.turn.answer import Answer
from chatcore.domain.turn.stream import StreamEvent
from chatcore.ports.model import Model, ModelRequest
from chatcore.testing.crash.scene import ToolRun
from chatcore.testing.legal_prompts import faults_of_prompt

PROMPT_FAULTS_MAX: Final = 10
"""Illegal prompts that are remembered of one recovery: one bad message makes all that follow it bad."""


@define
class Witness:
    """Remembers. What it finds wrong is kept, not raised: an error inside a model would look like the provider's."""

    runs: list[ToolRun] = field(factory=list)
    faults: list[str] = field(factory=list)
    _requests: int = 0

    def model(self, model: Model) -> "WatchedModel":
        """The same model, its prompts looked at."""
        return WatchedModel(model, self)

    def tools(self, tools: Sequence[Tool]) -> tuple[Tool, ...]:
        """The same tools, their runs noted."""
        return tuple(self._watched(tool) for tool in tools)

    def asked(self, request: ModelRequest) -> None:
        """The model is about to be asked."""
        self._requests += 1
        for fault in faults_of_prompt(request.messages)[: PROMPT_FAULTS_MAX - len(self.faults)]:
            self.faults.append(f"prompt {self._requests} is not legal: {fault}")

    def faults_of_runs(self, committed: frozenset[str]) -> list[str]:
        """What ran although it may have run before: `committed` are the keys of the calls from before the crash."""
        faults: list[str] = []
        seen: set[str] = set()
        for run in self.runs:
            if run.repeat is Repeat.NEVER and run.key in committed:
                faults.append(f"{run.tool_name} ran for {run.key}, which the dead worker may have run already")
            if run.repeat is Repeat.NEVER and run.key in seen:
                faults.append(f"{run.tool_name} ran twice for {run.key}")
            seen.add(run.key)
        return faults

    def _watched(self, tool: Tool) -> Tool:
        async def handle(context: ToolContext, args: Mapping[str, JsonValue]) -> ToolOutcome:
            name, key = tool.definition.name, context.idempotency_key
            self.runs.append(ToolRun(tool_name=name, key=key, repeat=tool.repeat))
            return await tool.handler(context, args)

        return evolve(tool, handler=handle)


class WatchedModel:
    """A model whose prompts a witness looks at."""

    def __init__(self, model: Model, witness: Witness) -> None:
        self._model = model
        self._witness = witness

    def stream(self, request: ModelRequest) -> AbstractAsyncContextManager[AsyncIterator[StreamEvent]]:
        """As the model."""
        self._witness.asked(request)
        return self._model.stream(request)

    async def generate(self, request: ModelRequest) -> Answer:
        """As the model."""
        self._witness.asked(request)
        return await self._model.generate(request)
