"""A stream of the Messages API as stream events (spec chat-core 4.7). Pure: the events depend on the frames alone."""

from collections.abc import Iterator

from chatcore.adapters.anthropic.options import PROVIDER
from chatcore.adapters.anthropic.stream_blocks import StreamedBlock, streamed_block
from chatcore.adapters.anthropic.usage import finish_reason, told_error, usage_of
from chatcore.adapters.providers.fields import Fields, as_fields, as_items, as_text, as_whole, json_fields
from chatcore.adapters.providers.metadata import own_metadata
from chatcore.adapters.providers.secrets import Secrets
from chatcore.domain.json_text import JsonValue
from chatcore.domain.turn.classify_tables import ErrorKind
from chatcore.domain.turn.stream import StreamEvent, StreamFinished
from chatcore.ports.model import ModelError, cut_off

_ANSWER_FIELDS = ("id", "model", "stop_sequence", "stop_details", "container")


class MessagesTranslator:
    """Translates one answer, streamed (`feed`, `end`) or whole (`whole`).

    The answer is complete at `message_stop` and never before. Blocks that were not stopped by then end there. Pings
    and events that nobody knows are passed over wherever they stand.
    """

    def __init__(self, secrets: Secrets | None = None) -> None:
        self._secrets = secrets or Secrets()
        self._open: dict[str, StreamedBlock] = {}
        self._usage: dict[str, JsonValue] = {}
        self._answer: dict[str, JsonValue] = {}
        self._stop_reason = ""
        self._finished = False

    @property
    def finished(self) -> bool:
        """Whether StreamFinished was yielded."""
        return self._finished

    def feed(self, event: str, data: str) -> Iterator[StreamEvent]:
        """The events of one frame. Raises: ModelError."""
        fields = json_fields(data)
        if fields is None:
            raise self._unreadable()
        # The event's name stands in its data as well; where it does not, the frame's name counts.
        kind = as_text(fields.get("type")) or event
        index = str(as_whole(fields.get("index")) or 0)
        match kind:
            case "content_block_delta":
                block = self._open.get(index)
                if block is not None:
                    yield from block.delta(as_fields(fields.get("delta")))
            case "content_block_start":
                yield from self._begin(index, as_fields(fields.get("content_block")))
            case "content_block_stop":
                yield from self._end_block(index)
            case "message_start":
                self._take_answer(as_fields(fields.get("message")))
            case "message_delta":
                self._take_answer(as_fields(fields.get("delta")))
                self._take_usage(as_fields(fields.get("usage")))
            case "message_stop":
                yield from self._finish()
            case "error":
                raise told_error(fields, self._secrets, self._stop_reason or None)
            case _:
                return

    def end(self, *, torn: bool) -> Iterator[StreamEvent]:
        """The body ended before `message_stop`, so the answer was cut off. Raises: ModelError CUT_OFF."""
        raise cut_off(PROVIDER)

    def whole(self, body: str) -> Iterator[StreamEvent]:
        """The events of an answer that was not streamed. Raises: ModelError, also where the body is no such answer."""
        answer = json_fields(body)
        if answer is not None and as_text(answer.get("type")) == "error":
            raise told_error(answer, self._secrets, None)
        if answer is None or not isinstance(answer.get("content"), list):
            raise self._unreadable()
        self._take_answer(answer)
        for position, block in enumerate(as_items(answer.get("content"))):
            index = str(position)
            yield from self._begin(index, as_fields(block))
            yield from self._end_block(index)
        yield from self._finish()

    def _begin(self, index: str, fields: Fields) -> Iterator[StreamEvent]:
        yield from self._end_block(index)
        block = self._open[index] = streamed_block(index, fields)
        yield from block.start()

    def _end_block(self, index: str) -> Iterator[StreamEvent]:
        block = self._open.pop(index, None)
        if block is not None:
            yield from block.stop()

    def _take_answer(self, told: Fields) -> None:
        self._take_usage(as_fields(told.get("usage")))
        self._stop_reason = as_text(told.get("stop_reason")) or self._stop_reason
        self._answer.update({name: told[name] for name in _ANSWER_FIELDS if told.get(name) is not None})

    def _take_usage(self, told: Fields) -> None:
        # Later reports leave out, or give as null, what did not change.
        self._usage.update({name: count for name, count in told.items() if count is not None})

    def _finish(self) -> Iterator[StreamEvent]:
        for index in tuple(self._open):
            yield from self._end_block(index)
        self._finished = True
        yield StreamFinished(
            reason=finish_reason(self._stop_reason),
            raw_reason=self._stop_reason,
            usage=usage_of(self._usage),
            metadata=own_metadata(PROVIDER, self._answer),
        )

    def _unreadable(self) -> ModelError:
        return ModelError(
            "the provider sent what is no answer of the Messages API", kind=ErrorKind.CUT_OFF, provider=PROVIDER
        )
