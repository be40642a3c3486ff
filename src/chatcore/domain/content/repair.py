"""Making a prompt legal: every local call is answered once, right behind it, and nothing else is (spec chat-core 1.6).

The repair works on the rendered prompt, not on the messages: there the ids are sanitised, what a model is not shown is
gone, and every model adapter can rely on the outcome. What comes out, whatever goes in:

- An assistant message with local calls is followed by one tool message, which holds one result for each of them: the
  results in the order in which they were stored, then an error result for each call that has none (pass A).
- Of several results for one call the first counts.
- Results without a call come behind that, each answering a call made up for it (pass B).
- Results of calls that the provider ran stay in the assistant message, behind their call. A reply that a provider
  paused may hold the call in one assistant message and the result in the next one. Elsewhere they are dropped.
- No two calls of a prompt share an id, for providers refuse that: a later one gets a suffix, a call without an id
  gets one, and the results follow. Of calls that share an id in one message the first result answers the first.
- A call or a result without a name takes the name known for its id anywhere, else UNKNOWN_TOOL. (The spec leaves
  results with no known name as they are, which no provider accepts.)

Everything is decided front to back, so a prompt whose calls are all answered is a prefix of the prompt that follows
it, and providers can cache it.
"""

from collections.abc import Iterable, Mapping

from attrs import define, field

from chatcore.domain.content.messages import Role
from chatcore.domain.content.prompt import PromptMessage, PromptToolCall, PromptToolResult
from chatcore.domain.content.repair_settled import Settled


def repaired(prompt: Iterable[PromptMessage]) -> tuple[PromptMessage, ...]:
    """The prompt with every call answered and every result called for. Linear; a healthy prompt keeps its parts.

    Calls are looked for in assistant messages only, results in assistant and tool messages only.
    """
    repair = PromptRepair()
    repair.add(prompt)
    return repair.prompt()


@define
class PromptRepair:
    """A prompt that grows, repaired as it grows: a message costs the same however many came before it."""

    _settled: Settled = field(factory=Settled)
    _caller: PromptMessage | None = field(default=None, init=False)
    """The last assistant message with calls or results, as long as results may follow it."""
    _run: list[PromptMessage] = field(factory=list, init=False)
    """The tool messages behind it."""
    _added: list[PromptMessage] = field(factory=list, init=False)

    def add(self, messages: Iterable[PromptMessage]) -> None:
        """More messages, rendered and not repaired."""
        for message in messages:
            self._added.append(message)
            if message.role is Role.TOOL:
                self._run.append(message)
                continue
            self._settle()
            if _has_tools(message):
                self._caller = message
            else:
                self._settled.take(message, ())

    def prompt(self) -> tuple[PromptMessage, ...]:
        """The legal prompt that all messages so far make."""
        settled = self._settled
        if self._caller is not None or self._run:
            settled = settled.copy()
            settled.take(self._caller, self._run)
        if settled.nameless and settled.names is None:
            # The name may stand in a later message, so nothing was settled before the end.
            again = PromptRepair(Settled(names=_known_names(self._added)))
            again.add(self._added)
            return again.prompt()
        return tuple(settled.done)

    def _settle(self) -> None:
        if self._caller is not None or self._run:
            self._settled.take(self._caller, self._run)
            self._caller, self._run = None, []


def _has_tools(message: PromptMessage) -> bool:
    return any(isinstance(part, PromptToolCall | PromptToolResult) for part in message.content)


def _known_names(messages: Iterable[PromptMessage]) -> Mapping[str, str]:
    names: dict[str, str] = {}
    for message in messages:
        for part in message.content:
            if isinstance(part, PromptToolCall | PromptToolResult) and part.tool_name and part.tool_call_id:
                names.setdefault(part.tool_call_id, part.tool_name)
    return names
