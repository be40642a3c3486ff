"""Folds a model's stream into the parts that viewers see and the answer that is stored (spec chat-core 4.5, 4.7)."""

from typing import Final

from attrs import Factory, define, evolve

from chatcore.domain.content.messages import Role, reported
from chatcore.domain.content.parts import (
    FilePart,
    Part,
    ReasoningPart,
    SourcePart,
    TextPart,
    ToolCallPart,
    ToolResultPart,
)
from chatcore.domain.content.well_formed import well_formed
from chatcore.domain.errors import ChatcoreError
from chatcore.domain.json_text import JsonText
from chatcore.domain.limits import STEP_CHARACTERS_MAX, TOOL_CALLS_PER_STEP_MAX
from chatcore.domain.turn.answer import Answer, Published
from chatcore.domain.turn.calls import CallBook
from chatcore.domain.turn.stream import (
    FileMade,
    ProviderToolResult,
    ReasoningDelta,
    ReasoningEnded,
    ReasoningSealed,
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

CALL_ID_PREFIX_DEFAULT: Final = "call_"
"""Begins the id of a call to which the model gave none."""

_NOTHING: Final[tuple[Published, ...]] = ()


class FedAfterEnd(ChatcoreError):
    """An adapter went on after its `StreamFinished`. The adapter must be mended: nothing may follow the end."""


@define
class _Block:
    """Words between a start and an end; joined only when they are needed."""

    fragments: list[str] = Factory(list)
    metadata: JsonText | None = None

    @property
    def text(self) -> str:
        return "".join(self.fragments)


class Assembler:
    """Takes a stream event by event. Mutable, so that a delta costs O(1); what it says depends on the events alone.

    Every delta of a block that was started is both shown and stored, so the shown deltas joined are the stored words.
    Words outside any block are shown and not stored (4.7). `call_id_prefix` names calls that have no id.
    """

    def __init__(self, *, call_id_prefix: str = CALL_ID_PREFIX_DEFAULT) -> None:
        self._finished: list[Part] = []
        self._texts: dict[str, _Block] = {}
        self._reasonings: dict[str, _Block] = {}
        self._reasonings_ended: dict[str, int] = {}
        self._calls = CallBook(call_id_prefix)
        self._invalid_args: dict[str, str] = {}
        self._end: StreamFinished | None = None
        self._characters = 0

    def feed(self, event: StreamEvent) -> tuple[Published, ...]:
        """Take one event. Returns: the parts to show now, none or few.

        Raises: FedAfterEnd, the stream's end was already fed.
        """
        if self._end is not None:
            raise FedAfterEnd(f"the model's stream went on after its end with {type(event).__name__}")
        match event:
            case TextDelta() | TextStarted() | TextEnded():
                return self._feed_text(event)
            case ReasoningDelta() | ReasoningStarted() | ReasoningEnded():
                return self._feed_reasoning(event)
            case ReasoningSealed():
                return self._seal_reasoning(event)
            case ToolInputDelta() | ToolInputStarted() | ToolInputEnded() | ToolCalled():
                return self._feed_call(event)
            case ProviderToolResult():
                return self._feed_result(event)
            case SourceCited() | FileMade():
                return self._feed_thing(event)
            case StreamFinished():
                self._end = event
                return _NOTHING

    def flush(self) -> tuple[Part, ...]:
        """The content so far, at any moment and as often as wanted, in the order of 4.5.

        What is finished in the order in which it ended; then unfinished words, unfinished reasoning and unfinished
        calls, each in the order in which they began and left out where nothing was said.
        """
        texts = [_text(block, None) for block in self._texts.values()]
        reasonings = [_reasoning(block) for block in self._reasonings.values()]
        calls = [call.part(call.written) for call in self._calls.unfinished()]
        return (
            *self._finished,
            *(part for part in texts if part.text),
            *(part for part in reasonings if part.text),
            *calls,
        )

    def finish(self) -> Answer:
        """The answer as far as it was fed; `complete` tells whether the stream's own end was among it."""
        end = self._end
        if end is None:
            return Answer(content=self.flush(), invalid_args=dict(self._invalid_args))
        return Answer(
            content=self.flush(),
            complete=True,
            reason=end.reason,
            raw_reason=end.raw_reason,
            usage=None if end.usage is None else reported(end.usage),
            metadata=end.metadata,
            invalid_args=dict(self._invalid_args),
        )

    @property
    def excess(self) -> str | None:
        """What the answer has too much of, in words; None while it keeps to the limits. Then the step is refused."""
        if self._calls.count > TOOL_CALLS_PER_STEP_MAX:
            return f"The model asked for more than {TOOL_CALLS_PER_STEP_MAX} tools in one step."
        if self._characters > STEP_CHARACTERS_MAX:
            return f"The model's answer is longer than {STEP_CHARACTERS_MAX} characters."
        return None

    def _feed_text(self, event: TextDelta | TextStarted | TextEnded) -> tuple[Published, ...]:
        if isinstance(event, TextDelta):
            block = self._texts.get(event.index)
            if block is not None:
                block.fragments.append(event.text)
                self._characters += len(event.text)
            return _said(TextPart(text=event.text)) if event.text else _NOTHING
        block = self._texts.pop(event.index, None)
        # Nobody takes an empty text back: a provider refuses the whole prompt for one.
        if block is not None and any(block.fragments):
            self._finished.append(_text(block, event.metadata if isinstance(event, TextEnded) else None))
        if isinstance(event, TextStarted):
            self._texts[event.index] = _Block()
        return _NOTHING

    def _feed_reasoning(self, event: ReasoningDelta | ReasoningStarted | ReasoningEnded) -> tuple[Published, ...]:
        block = self._reasonings.get(event.index)
        if isinstance(event, ReasoningStarted):
            if block is not None:
                self._end_reasoning(event.index, block)
            self._reasonings[event.index] = _Block(metadata=event.metadata)
            return _NOTHING
        if block is not None and event.metadata is not None:
            block.metadata = event.metadata
        if isinstance(event, ReasoningDelta):
            if block is not None:
                block.fragments.append(event.text)
                self._characters += len(event.text)
            return _said(ReasoningPart(text=event.text)) if event.text else _NOTHING
        if block is not None:
            self._end_reasoning(event.index, block)
        return _NOTHING

    def _end_reasoning(self, index: str, block: _Block) -> None:
        del self._reasonings[index]
        # Reasoning that a provider keeps secret has metadata and no words, and must be handed back all the same.
        if any(block.fragments) or block.metadata is not None:
            self._reasonings_ended[index] = len(self._finished)
            self._finished.append(_reasoning(block))

    def _seal_reasoning(self, event: ReasoningSealed) -> tuple[Published, ...]:
        position = self._reasonings_ended.get(event.index)
        if position is not None:
            part = self._finished[position]
            assert isinstance(part, ReasoningPart), "reasoning stays where it was put"
            # What viewers see is the same: the metadata of a part never leaves the service.
            self._finished[position] = evolve(part, provider_metadata=event.metadata)
        return _NOTHING

    def _feed_call(
        self, event: ToolInputDelta | ToolInputStarted | ToolInputEnded | ToolCalled
    ) -> tuple[Published, ...]:
        match event:
            case ToolInputStarted():
                call = self._calls.begin(event.tool_call_id)
                call.name(event.tool_name)
                call.provider_executed = event.provider_executed
                return _NOTHING
            case ToolInputDelta():
                call = self._calls.writing(event.tool_call_id)
                call.name(event.tool_name)
                call.fragments.append(event.delta)
                self._characters += len(event.delta)
                if not event.delta:
                    return _NOTHING
                return _said(
                    ToolCallPart(
                        tool_call_id=call.call_id,
                        tool_name=call.tool_name,
                        args_delta=event.delta,
                        provider_executed=call.provider_executed,
                    )
                )
            case ToolInputEnded():
                return _NOTHING
            case ToolCalled():
                return self._finish_call(event)

    def _finish_call(self, event: ToolCalled) -> tuple[Published, ...]:
        call = self._calls.close(event.tool_call_id, provider_executed=event.provider_executed)
        call.name(event.tool_name)
        written = event.args if event.args.strip() else call.written
        self._characters += len(event.args)
        part = call.part(written, event.metadata)
        if part.args is None and written.strip():
            self._invalid_args[call.call_id] = written
        self._finished.append(part)
        return _said(part)

    def _feed_result(self, event: ProviderToolResult) -> tuple[Published, ...]:
        wanted = event.tool_call_id
        published = _NOTHING
        # A result must stand behind its call, so a call that was never said to be whole becomes whole here.
        if self._calls.input_waits_for(wanted):
            published = self._finish_call(ToolCalled(tool_call_id=wanted, tool_name="", provider_executed=True))
        call_id, tool_name = self._calls.answer(wanted)
        self._characters += len(event.result or "")
        part = ToolResultPart(
            tool_call_id=call_id,
            tool_name=event.tool_name or tool_name,
            result=event.result,
            is_error=event.is_error,
            provider_executed=True,
            provider_metadata=event.metadata,
        )
        self._finished.append(part)
        return (*published, Published(role=Role.TOOL, part=part))

    def _feed_thing(self, event: SourceCited | FileMade) -> tuple[Published, ...]:
        part: SourcePart | FilePart
        if isinstance(event, SourceCited):
            part = SourcePart(
                url=event.url, source_id=event.source_id, title=event.title, provider_metadata=event.metadata
            )
        else:
            part = FilePart(
                media_type=event.media_type, name=event.name, data=event.data, provider_metadata=event.metadata
            )
            self._characters += len(event.data)
        self._finished.append(part)
        return _said(part)


def _said(part: Part) -> tuple[Published, ...]:
    return (Published(role=Role.ASSISTANT, part=part),)


def _text(block: _Block, metadata: JsonText | None) -> TextPart:
    return TextPart(text=well_formed(block.text), provider_metadata=metadata)


def _reasoning(block: _Block) -> ReasoningPart:
    return ReasoningPart(text=well_formed(block.text), provider_metadata=block.metadata)
