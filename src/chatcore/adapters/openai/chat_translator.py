"""Chat Completions, told in chatcore's words (spec chat-core 4.7). Pure."""

from collections.abc import Iterator, Sequence
from typing import Final

from chatcore.adapters.openai.chat_blocks import ChatBlocks
from chatcore.adapters.openai.chat_calls import ChatCalls
from chatcore.adapters.openai.finishes import FAILURES, finish_reason
from chatcore.adapters.openai.usage import chat_usage
from chatcore.adapters.providers.calling import DONE
from chatcore.adapters.providers.errors import error_in_stream
from chatcore.adapters.providers.fields import Fields, as_fields, as_items, as_text, as_whole, json_fields
from chatcore.adapters.providers.metadata import own_metadata
from chatcore.adapters.providers.secrets import Secrets
from chatcore.domain.content.messages import Usage
from chatcore.domain.json_text import JsonValue
from chatcore.domain.turn.stream import FinishReason, SourceCited, StreamEvent, StreamFinished
from chatcore.ports.model import cut_off

_CUT: Final = (FinishReason.LENGTH, FinishReason.CONTENT_FILTER)
_KEPT: Final = ("id", "model")
_ERRORS: Final = ("error", "detail", "message")


class ChatTranslator:
    """One answer. It is complete with `[DONE]`, or with a finish reason and a clean end (issue 5, point 3).

    `provider` names errors and marks metadata.
    """

    def __init__(self, provider: str, secrets: Secrets | None = None) -> None:
        self._provider = provider
        self._secrets = secrets
        self._blocks = ChatBlocks(provider)
        self._calls = ChatCalls()
        self._cited: set[str] = set()
        self._raw_finish = ""
        self._finish_stands = False
        self._usage: Usage | None = None
        self._kept: dict[str, JsonValue] = {}
        self.finished = False

    def feed(self, event: str, data: str) -> Iterator[StreamEvent]:
        """The events of one frame. Raises: ModelError."""
        if data == DONE:
            yield from self._finish()
            return
        chunk = json_fields(data)
        if chunk is None:
            raise cut_off(self._provider, self._raw_finish or None)
        yield from self._take(chunk, "delta", is_error=event == "error")

    def end(self, *, torn: bool) -> Iterator[StreamEvent]:
        """The events of the body's end. Raises: ModelError CUT_OFF."""
        if torn or not self._finish_stands:
            raise cut_off(self._provider, self._raw_finish or None)
        yield from self._finish()

    def whole(self, body: str) -> Iterator[StreamEvent]:
        """The events of a body that is not a stream. Raises: ModelError."""
        answer = json_fields(body)
        if answer is None:
            raise cut_off(self._provider)
        yield from self._take(answer, "message", is_error="choices" not in answer)
        yield from self._finish()

    def _take(self, chunk: Fields, holder: str, *, is_error: bool) -> Iterator[StreamEvent]:
        usage = chunk.get("usage") or as_fields(chunk.get("x_groq")).get("usage")
        # Some count anew with every chunk: the newest count is the whole one.
        self._usage = chat_usage(usage) or self._usage
        self._kept.update((name, chunk[name]) for name in _KEPT if chunk.get(name))
        for choice in map(as_fields, as_items(chunk.get("choices"))):
            if as_whole(choice.get("index")) in (None, 0):
                yield from self._take_choice(choice, holder)
        yield from self._cite(as_items(chunk.get("citations")))
        if is_error or _tells_error(chunk):
            raise error_in_stream(chunk, self._provider, self._secrets, raw_finish=self._raw_finish or None)
        if self._raw_finish in FAILURES:
            told = {"message": f"the model stopped with {self._raw_finish}", "code": self._raw_finish}
            kind = FAILURES[self._raw_finish]
            raise error_in_stream(told, self._provider, self._secrets, raw_finish=self._raw_finish, kind=kind)

    def _take_choice(self, choice: Fields, holder: str) -> Iterator[StreamEvent]:
        # A choice that was filtered has no message at all.
        said = as_fields(choice.get(holder) or choice.get("message") or choice.get("delta"))
        said_before = self._blocks.said
        yield from self._blocks.take(said)
        fragments = as_items(said.get("tool_calls")) or _legacy_call(said)
        if fragments:
            yield from self._blocks.end()
        for fragment in fragments:
            yield from self._calls.take(fragment, whole="delta" not in choice)
        yield from self._cite(as_items(said.get("annotations")))
        finish = as_text(choice.get("finish_reason"))
        if finish:
            self._raw_finish, self._finish_stands = finish, True
        elif fragments or self._blocks.said > said_before:
            # Some name a finish behind each of several calls: it was not yet the answer's.
            self._finish_stands = False

    def _cite(self, citations: Sequence[JsonValue]) -> Iterator[StreamEvent]:
        for citation in citations:
            fields = as_fields(citation)
            fields = as_fields(fields.get("url_citation")) or fields
            url = as_text(citation) or as_text(fields.get("url"))
            if url and url not in self._cited:
                self._cited.add(url)
                yield SourceCited(url=url, title=as_text(fields.get("title")))

    def _finish(self) -> Iterator[StreamEvent]:
        reason = finish_reason(self._raw_finish, has_calls=len(self._calls) > 0)
        yield from self._blocks.end()
        yield from self._calls.finish(cut=reason in _CUT)
        self.finished = True
        yield StreamFinished(
            reason=reason,
            raw_reason=self._raw_finish,
            usage=self._usage,
            metadata=own_metadata(self._provider, self._kept),
        )


def _tells_error(chunk: Fields) -> bool:
    if chunk.get("error") or "error" in (chunk.get("object"), chunk.get("type")):
        return True
    return not chunk.keys() & {"choices", "usage"} and any(chunk.get(name) for name in _ERRORS)


def _legacy_call(said: Fields) -> Sequence[JsonValue]:
    function = as_fields(said.get("function_call"))
    return [{"index": 0, "function": function}] if function else ()
