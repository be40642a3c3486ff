"""Messages and reasoning of one answer of the Responses API (spec chat-core 4.7). Pure."""

from collections.abc import Iterator
from typing import Final

from attrs import Factory, define

from chatcore.adapters.providers.fields import Fields, as_fields, as_items, as_text, as_whole
from chatcore.adapters.providers.metadata import own_metadata
from chatcore.domain.json_text import JsonText, JsonValue
from chatcore.domain.turn.stream import (
    ReasoningDelta,
    ReasoningEnded,
    ReasoningSealed,
    ReasoningStarted,
    SourceCited,
    StreamEvent,
    TextDelta,
    TextEnded,
    TextStarted,
)

_WORDS: Final = ("text", "refusal")
_MESSAGE_KEPT: Final = ("id", "phase", "status")


@define
class _Block:
    """One part of a message as far as it was told."""

    index: str
    is_refusal: bool
    fragments: list[str] = Factory(list)
    cited: int = 0


class MessageItem:
    """A message of the answer: texts, refusals and what they cite. It is stored part by part."""

    def __init__(self, namespace: str, position: int) -> None:
        self._namespace = namespace
        self._position = position
        self._blocks: dict[int, _Block] = {}
        self.is_done = False

    def delta(self, kind: str, event: Fields) -> Iterator[StreamEvent]:
        """More of one part."""
        number = as_whole(event.get("content_index")) or 0
        if kind in ("response.output_text.delta", "response.refusal.delta"):
            yield from self._say(number, as_text(event.get("delta")), is_refusal="refusal" in kind)
        elif kind == "response.output_text.annotation.added":
            block = self._blocks.get(number)
            if block is not None:
                block.cited += 1
            yield from _cite(event.get("annotation"))

    def done(self, item: Fields) -> Iterator[StreamEvent]:
        """The whole message: whatever was not told yet, and the ends of its parts."""
        self.is_done = True
        for number, part in enumerate(map(as_fields, as_items(item.get("content")))):
            words = next((text for name in _WORDS if (text := as_text(part.get(name)))), "")
            told = self._blocks.get(number)
            before = "".join(told.fragments) if told is not None else ""
            if words.startswith(before):
                is_refusal = part.get("type") == "refusal"
                yield from self._say(number, words[len(before) :], is_refusal=is_refusal)
            annotations = as_items(part.get("annotations"))
            cited = self._blocks[number].cited if number in self._blocks else 0
            for annotation in annotations[cited:]:
                yield from _cite(annotation)
            if number in self._blocks:
                block = self._blocks.pop(number)
                yield TextEnded(index=block.index, metadata=self._metadata(item, block, annotations))
        for block in self._blocks.values():
            yield TextEnded(index=block.index, metadata=self._metadata(item, block, ()))
        self._blocks.clear()

    def _say(self, number: int, words: str, *, is_refusal: bool) -> Iterator[StreamEvent]:
        if not words:
            return
        block = self._blocks.get(number)
        if block is None:
            block = self._blocks[number] = _Block(f"{self._position}.{number}", is_refusal)
            yield TextStarted(index=block.index)
        block.fragments.append(words)
        yield TextDelta(index=block.index, text=words)

    def _metadata(self, item: Fields, block: _Block, annotations: JsonValue) -> JsonText | None:
        kept: dict[str, JsonValue] = {name: item[name] for name in _MESSAGE_KEPT if item.get(name)}
        if annotations:
            kept["annotations"] = annotations
        if block.is_refusal:
            kept["refusal"] = True
        return own_metadata(self._namespace, kept)


class ReasoningItem:
    """Reasoning: each part of its summary or of its text is a block, and the last of them carries the sealed item."""

    def __init__(self, namespace: str, position: int) -> None:
        self._namespace = namespace
        self._position = position
        self._open: str | None = None
        self._told: dict[str, list[str]] = {}
        self._last = str(position)
        self._item: Fields = {}
        self.is_done = False

    def delta(self, kind: str, event: Fields) -> Iterator[StreamEvent]:
        """More of one part."""
        if kind == "response.reasoning_summary_text.delta":
            yield from self._say(f"s{as_whole(event.get('summary_index')) or 0}", as_text(event.get("delta")))
        elif kind == "response.reasoning_text.delta":
            yield from self._say(f"t{as_whole(event.get('content_index')) or 0}", as_text(event.get("delta")))

    def done(self, item: Fields) -> Iterator[StreamEvent]:
        """The whole item: whatever was not told yet, and the end."""
        self.is_done = True
        for mark, name in (("s", "summary"), ("t", "content")):
            for number, part in enumerate(as_items(item.get(name))):
                words, block = as_text(as_fields(part).get("text")), f"{mark}{number}"
                before = "".join(self._told.get(block, ()))
                if words.startswith(before):
                    yield from self._say(block, words[len(before) :])
        if self._open is None:
            # What is sealed has no words, and is handed back all the same.
            self._open = self._last
            yield ReasoningStarted(index=self._last)
        self._item = _unsealed(item)
        yield ReasoningEnded(index=self._open, metadata=own_metadata(self._namespace, {"item": self._item}))

    def seal(self, item: Fields) -> Iterator[StreamEvent]:
        """The item as the end of the answer says it once more: sealed anew, the last one counts."""
        if _unsealed(item) != self._item:
            metadata = own_metadata(self._namespace, {"item": _unsealed(item)})
            if metadata is not None:
                yield ReasoningSealed(index=self._last, metadata=metadata)

    def _say(self, block: str, words: str) -> Iterator[StreamEvent]:
        if not words:
            return
        index = f"{self._position}.{block}"
        if self._open != index:
            if self._open is not None:
                yield ReasoningEnded(index=self._open)
            self._open = self._last = index
            yield ReasoningStarted(index=index)
        self._told.setdefault(block, []).append(words)
        yield ReasoningDelta(index=index, text=words)


def _unsealed(item: Fields) -> dict[str, JsonValue]:
    """The item without what only tells how far it is."""
    return {name: value for name, value in item.items() if name != "status" and value is not None}


def _cite(annotation: JsonValue) -> Iterator[StreamEvent]:
    fields = as_fields(annotation)
    url, file_id = as_text(fields.get("url")), as_text(fields.get("file_id"))
    if url or file_id:
        title = as_text(fields.get("title")) or as_text(fields.get("filename"))
        yield SourceCited(url=url, source_id=file_id, title=title)
