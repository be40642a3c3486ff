"""The Responses API, told in chatcore's words (spec chat-core 4.7). Pure."""

from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Final, TypeAlias

from chatcore.adapters.openai.responses_calls import CUSTOM_CALL, FUNCTION_CALL, CallItem, ProviderItem
from chatcore.adapters.openai.responses_words import MessageItem, ReasoningItem
from chatcore.adapters.openai.usage import responses_usage
from chatcore.adapters.providers.calling import DONE
from chatcore.adapters.providers.errors import error_in_stream
from chatcore.adapters.providers.fields import Fields, as_fields, as_items, as_text, as_whole, json_fields
from chatcore.adapters.providers.metadata import own_metadata
from chatcore.adapters.providers.secrets import Secrets
from chatcore.domain.json_text import JsonValue
from chatcore.domain.turn.stream import FinishReason, StreamEvent, StreamFinished
from chatcore.ports.model import ModelError, cut_off

_Item: TypeAlias = MessageItem | ReasoningItem | CallItem | ProviderItem

COMPLETED: Final = "completed"
INCOMPLETE: Final = "incomplete"
FAILED: Final = "failed"
_INCOMPLETE_BECAUSE: Final[Mapping[str, FinishReason]] = MappingProxyType(
    {"max_output_tokens": FinishReason.LENGTH, "content_filter": FinishReason.CONTENT_FILTER}
)
_KEPT: Final = ("id", "model", "incomplete_details")


class ResponsesTranslator:
    """One answer. Only `response.completed` and `response.incomplete` are its end (issue 5, point 3).

    `provider` names errors and marks metadata.
    """

    def __init__(self, provider: str, secrets: Secrets | None = None) -> None:
        self._provider = provider
        self._secrets = secrets
        self._items: dict[int, _Item] = {}
        self._positions: dict[str, int] = {}
        self._has_calls = False
        self.finished = False

    def feed(self, event: str, data: str) -> Iterator[StreamEvent]:
        """The events of one frame. Raises: ModelError."""
        if data == DONE:
            return
        fields = json_fields(data)
        if fields is None:
            raise cut_off(self._provider)
        kind = as_text(fields.get("type")) or event
        if kind == "error" or (not kind and fields.get("error")):
            raise self._failed(fields)
        if kind in ("response.completed", "response.incomplete", "response.failed"):
            yield from self._end_with(as_fields(fields.get("response")), kind.removeprefix("response."))
            return
        position = as_whole(fields.get("output_index")) or 0
        if kind == "response.output_item.added":
            yield from self._begin(position, as_fields(fields.get("item")))
        elif kind == "response.output_item.done":
            yield from self._done(position, as_fields(fields.get("item")))
        elif position in self._items and not self._items[position].is_done:
            yield from self._items[position].delta(kind, fields)

    def end(self, *, torn: bool) -> Iterator[StreamEvent]:
        """The body's end, which is none of the answer. Raises: ModelError CUT_OFF."""
        raise cut_off(self._provider)

    def whole(self, body: str) -> Iterator[StreamEvent]:
        """The events of a body that is not a stream. Raises: ModelError."""
        response = json_fields(body)
        if response is None:
            raise cut_off(self._provider)
        unsaid = COMPLETED if as_items(response.get("output")) else FAILED
        yield from self._end_with(response, as_text(response.get("status")) or unsaid)

    def _end_with(self, response: Fields, status: str) -> Iterator[StreamEvent]:
        if response.get("error") or status not in (COMPLETED, INCOMPLETE):
            raise self._failed(response, status)
        for position, item in enumerate(map(as_fields, as_items(response.get("output")))):
            yield from self._sum_up(position, item)
        details = as_fields(response.get("incomplete_details"))
        reason = FinishReason.TOOL_CALLS if self._has_calls else FinishReason.STOP
        if status == INCOMPLETE:
            reason = _INCOMPLETE_BECAUSE.get(as_text(details.get("reason")), FinishReason.OTHER)
        kept: dict[str, JsonValue] = {name: response[name] for name in _KEPT if response.get(name)}
        self.finished = True
        yield StreamFinished(
            reason=reason,
            raw_reason=status,
            usage=responses_usage(response.get("usage")),
            metadata=own_metadata(self._provider, kept),
        )

    def _failed(self, told: Fields, status: str = FAILED) -> ModelError:
        error = told.get("error") or (told if "message" in told else {"message": f"the response is {status}"})
        # An event of the kind `error` belongs to a response that failed, as the event behind it would say.
        return error_in_stream(error, self._provider, self._secrets, raw_finish=status)

    def _begin(self, position: int, item: Fields) -> Iterator[StreamEvent]:
        if position in self._items:
            return
        match item.get("type"):
            case "message":
                self._items[position] = MessageItem(self._provider, position)
            case "reasoning":
                self._items[position] = ReasoningItem(self._provider, position)
            case kind if kind in (FUNCTION_CALL, CUSTOM_CALL):
                self._has_calls = True
                call = self._items[position] = CallItem(self._provider, item)
                yield from call.begin()
            case _:
                ran = self._items[position] = ProviderItem(self._provider, position, item)
                yield from ran.begin()

    def _done(self, position: int, item: Fields) -> Iterator[StreamEvent]:
        yield from self._begin(position, item)
        self._positions[as_text(item.get("id"))] = position
        if not self._items[position].is_done:
            yield from self._items[position].done(item)

    def _sum_up(self, position: int, item: Fields) -> Iterator[StreamEvent]:
        """An item as the end of the answer tells it: news if it was not told before, or sealed anew."""
        # The list at the end may leave items out, and some servers give items new ids there.
        position = self._positions.get(as_text(item.get("id")) or "?", position)
        told = self._items.get(position)
        if isinstance(told, ReasoningItem) and told.is_done and item.get("type") == "reasoning":
            yield from told.seal(item)
        else:
            yield from self._done(position, item)
