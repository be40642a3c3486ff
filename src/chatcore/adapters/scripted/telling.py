"""How a saying becomes stream events. Pure: the same script and prompt give the same events."""

import re
from collections.abc import Iterator
from itertools import count
from typing import Final

from chatcore.adapters.scripted.script import Call, Cite, MakeFile, ProviderAnswer, Report, Say, Think
from chatcore.domain.content.messages import Usage
from chatcore.domain.json_text import JsonText, dump_json
from chatcore.domain.turn.stream import (
    FileMade,
    FinishReason,
    ProviderToolResult,
    ReasoningDelta,
    ReasoningEnded,
    ReasoningStarted,
    SourceCited,
    StreamEvent,
    StreamFinished,
    TextDelta,
    TextEnded,
    TextStarted,
    ToolCalled,
    ToolInputDelta,
    ToolInputEnded,
    ToolInputStarted,
)

_WORD: Final = re.compile(r"\s*\S+\s*|\s+")
_ARGS_DELTA_CHARACTERS: Final = 12


class Teller:
    """Tells one answer: remembers what the events of one stream must agree on."""

    def __init__(self, *, call_id_stem: str, words_per_delta: int) -> None:
        self._stem = call_id_stem
        self._words_per_delta = words_per_delta
        self._indexes = count()
        self._calls: list[tuple[str, str]] = []
        self._asks_tools = False
        self._report = Report()

    def tell(self, saying: Say | Think | Call | ProviderAnswer | Cite | MakeFile) -> Iterator[StreamEvent]:
        """The events of one saying."""
        match saying:
            case Say(text=text):
                index = str(next(self._indexes))
                yield TextStarted(index=index)
                for delta in self._deltas(text):
                    yield TextDelta(index=index, text=delta)
                yield TextEnded(index=index)
            case Think(text=text, metadata=metadata):
                index = str(next(self._indexes))
                yield ReasoningStarted(index=index)
                for delta in self._deltas(text):
                    yield ReasoningDelta(index=index, text=delta)
                yield ReasoningEnded(index=index, metadata=metadata)
            case Call():
                yield from self._call(saying)
            case ProviderAnswer():
                yield self._provider_answer(saying)
            case Cite(url=url, title=title):
                yield SourceCited(url=url, title=title)
            case MakeFile(media_type=media_type, data=data, name=name):
                yield FileMade(media_type=media_type, data=data, name=name)

    def tell_beginning(self, saying: Say | Think | Call) -> Iterator[StreamEvent]:
        """The events of a saying without those that say that it is whole."""
        whole = (TextEnded, ReasoningEnded, ToolInputEnded, ToolCalled)
        return (event for event in self.tell(saying) if not isinstance(event, whole))

    def report(self, report: Report) -> None:
        """Remember what the end is to report."""
        self._report = report

    def end(self, reason: FinishReason | None = None, raw_reason: str = "") -> StreamFinished:
        """The stream's end."""
        by_itself = FinishReason.TOOL_CALLS if self._asks_tools else FinishReason.STOP
        report = self._report
        usage = Usage(
            input_tokens=report.input_tokens,
            output_tokens=report.output_tokens,
            total_tokens=report.total_tokens,
            reasoning_tokens=report.reasoning_tokens,
            cache_creation_tokens=report.cache_creation_tokens,
            cache_read_tokens=report.cache_read_tokens,
        )
        ending = by_itself if reason is None else reason
        return StreamFinished(
            reason=ending,
            raw_reason=raw_reason or ending.value,
            usage=None if usage == Usage() else usage,
            metadata=report.metadata,
        )

    def _deltas(self, text: str) -> Iterator[str]:
        words = _WORD.findall(text)
        step = self._words_per_delta
        return ("".join(words[start : start + step]) for start in range(0, len(words), step))

    def _call(self, call: Call) -> Iterator[StreamEvent]:
        call_id = self._stem + str(len(self._calls) + 1) if call.call_id is None else call.call_id
        self._calls.append((call_id, call.tool_name))
        self._asks_tools = self._asks_tools or not call.provider_executed
        args = call.args if isinstance(call.args, str) else dump_json(dict(call.args))
        yield ToolInputStarted(tool_call_id=call_id, tool_name=call.tool_name, provider_executed=call.provider_executed)
        for start in range(0, len(args), _ARGS_DELTA_CHARACTERS):
            yield ToolInputDelta(tool_call_id=call_id, delta=args[start : start + _ARGS_DELTA_CHARACTERS])
        yield ToolInputEnded(tool_call_id=call_id)
        yield ToolCalled(
            tool_call_id=call_id, tool_name=call.tool_name, args=args, provider_executed=call.provider_executed
        )

    def _provider_answer(self, answer: ProviderAnswer) -> ProviderToolResult:
        newest_id, newest_name = self._calls[-1] if self._calls else ("", "")
        call_id = newest_id if answer.call_id is None else answer.call_id
        name = next((name for known, name in reversed(self._calls) if known == call_id), newest_name)
        result: JsonText = dump_json(answer.result)
        return ProviderToolResult(tool_call_id=call_id, tool_name=name, result=result, is_error=answer.is_error)
