"""The part of a prompt that is repaired, message by message (spec chat-core 1.6; the promises are in `repair.py`)."""

from collections import defaultdict, deque
from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from attrs import define, evolve, field

from chatcore.domain.content.messages import Role
from chatcore.domain.content.prompt import PromptMessage, PromptPart, PromptToolCall, PromptToolResult
from chatcore.domain.content.repair_step import OpenCalls, Step, answering, pop_call
from chatcore.domain.json_text import JsonText

UNKNOWN_TOOL: Final = "unknown_tool"
"""The name of a call whose tool nobody knows any more."""


@define
class Settled:
    """The legal prompt so far, and what later messages depend on."""

    names: Mapping[str, str] | None = None
    """Names known for ids anywhere in the prompt, if they were looked for."""
    nameless: bool = False
    """Whether a call or a result came without a name."""
    done: list[PromptMessage] = field(factory=list)
    _used: set[str] = field(factory=set)
    _numbers: dict[str, int] = field(factory=dict)
    _provider: OpenCalls = field(factory=lambda: defaultdict(deque))
    """Calls that a provider ran in the assistant messages directly before, without a result yet."""

    def copy(self) -> "Settled":
        """An independent copy, to look ahead with."""
        provider: OpenCalls = defaultdict(deque)
        provider.update((call_id, deque(calls)) for call_id, calls in self._provider.items())
        return Settled(
            names=self.names,
            nameless=self.nameless,
            done=list(self.done),
            used=set(self._used),
            numbers=dict(self._numbers),
            provider=provider,
        )

    def take(self, message: PromptMessage | None, run: Sequence[PromptMessage]) -> None:
        """Add a message that is no tool message, if there is one, and the tool messages right behind it."""
        step = Step()
        if message is not None and message.role is Role.ASSISTANT:
            self._take_assistant(message, step)
        elif message is not None:
            self.done.append(message)
            self._provider.clear()
        if run or step.calls or step.strays:
            self._take_run(run, step)
            self._provider.clear()

    def _take_assistant(self, message: PromptMessage, step: Step) -> None:
        content: list[PromptPart] = []
        for part in message.content:
            if isinstance(part, PromptToolCall):
                content.append(self._take_call(part, step))
            elif not isinstance(part, PromptToolResult):
                content.append(part)
            elif (placed := self._take_inner_result(part, step)) is not None:
                content.append(placed)
        if content:
            self.done.append(PromptMessage(role=message.role, content=tuple(content), cache_hint=message.cache_hint))

    def _take_call(self, call: PromptToolCall, step: Step) -> PromptToolCall:
        wanted_id = call.tool_call_id
        fresh_id = self._fresh_id(wanted_id)
        name = self._name(call.tool_name, wanted_id)
        if (fresh_id, name) != (wanted_id, call.tool_name):
            call = evolve(call, tool_call_id=fresh_id, tool_name=name)
        if call.provider_executed:
            self._provider[wanted_id].append(call)
        else:
            step.calls.append(call)
            step.open[wanted_id].append(call)
        return call

    def _take_inner_result(self, result: PromptToolResult, step: Step) -> PromptToolResult | None:
        """What stays in the assistant message of a result that stands there."""
        if not result.provider_executed and step.take(result):
            return None
        call = pop_call(self._provider, result.tool_call_id)
        if call is not None:
            step.answered.add(result.tool_call_id)
            return answering(result, call)
        if not result.provider_executed:
            step.strays.append(result)
        else:
            # The call is local after all, or there is none and the result means nothing to the provider.
            step.take(result)
        return None

    def _take_run(self, run: Sequence[PromptMessage], step: Step) -> None:
        """Settle the calls of a step with the results that follow it."""
        others: list[PromptMessage] = []
        orphans = [result for result in step.strays if not step.take(result)]
        for message in run:
            results = [part for part in message.content if isinstance(part, PromptToolResult)]
            local = (result for result in results if not result.provider_executed)
            orphans.extend(result for result in local if not step.take(result))
            rest = tuple(part for part in message.content if not isinstance(part, PromptToolResult))
            if rest:
                others.append(evolve(message, content=rest))
        results_of_step = (*step.results, *step.missing())
        if results_of_step:
            self.done.append(PromptMessage(role=Role.TOOL, content=results_of_step))
        self.done.extend(others)
        self._adopt(orphans)

    def _adopt(self, orphans: Iterable[PromptToolResult]) -> None:
        """Make up the calls that these results answer, once per id; each result without an id is one of its own."""
        answers: list[tuple[PromptToolCall, PromptToolResult]] = []
        seen: set[str] = set()
        for orphan in orphans:
            wanted_id = orphan.tool_call_id
            if wanted_id not in seen:
                name = self._name(orphan.tool_name, wanted_id)
                call = PromptToolCall(tool_call_id=self._fresh_id(wanted_id), tool_name=name, args=JsonText("{}"))
                answers.append((call, answering(orphan, call)))
            if wanted_id:
                seen.add(wanted_id)
        if answers:
            calls, results = zip(*answers, strict=True)
            self.done.append(PromptMessage(role=Role.ASSISTANT, content=calls))
            self.done.append(PromptMessage(role=Role.TOOL, content=results))

    def _name(self, name: str, call_id: str) -> str:
        if name:
            return name
        self.nameless = True
        return (self.names or {}).get(call_id, UNKNOWN_TOOL)

    def _fresh_id(self, wanted: str) -> str:
        base = wanted or "call"
        fresh_id, number = base, self._numbers.get(base, 1)
        while fresh_id in self._used:
            number += 1
            fresh_id = f"{base}_{number}"
        self._numbers[base] = number
        self._used.add(fresh_id)
        return fresh_id
