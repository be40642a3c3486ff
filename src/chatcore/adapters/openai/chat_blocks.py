"""Text, refusals and reasoning of one answer of Chat Completions, as blocks (spec chat-core 4.7)."""

from collections.abc import Iterator
from enum import Enum, auto
from typing import Final

from chatcore.adapters.providers.fields import Fields, as_fields, as_items, as_text
from chatcore.adapters.providers.metadata import own_metadata
from chatcore.domain.json_text import JsonText, JsonValue
from chatcore.domain.turn.stream import (
    ReasoningDelta,
    ReasoningEnded,
    ReasoningStarted,
    StreamEvent,
    TextDelta,
    TextEnded,
    TextStarted,
)

REASONING_FIELDS: Final = ("reasoning_content", "reasoning")
"""Fields in which servers send reasoning as plain words; some send both, with the same words."""
THINKING: Final = "thinking"
"""Mistral's way: an element of a content that is a list."""
_JOINED: Final = ("text", "summary")


class _Kind(Enum):
    TEXT = auto()
    REFUSAL = auto()
    REASONING = auto()


class ChatBlocks:
    """Begins a block when another kind of words comes, and ends the one before it."""

    def __init__(self, namespace: str) -> None:
        self._namespace = namespace
        self._kind: _Kind | None = None
        self._count = 0
        self.said = 0
        """Pieces of words so far."""
        self._field = ""
        self._details: list[dict[str, JsonValue]] = []

    def take(self, said: Fields) -> Iterator[StreamEvent]:
        """The words of a delta or of a message."""
        yield from self._take_reasoning(said)
        content = said.get("content")
        if isinstance(content, str):
            yield from self._say(_Kind.TEXT, content)
        else:
            yield from self._take_list(content)
        yield from self._say(_Kind.REFUSAL, as_text(said.get("refusal")))

    def end(self) -> Iterator[StreamEvent]:
        """End the block that is open, if one is."""
        kind, index = self._kind, str(self._count)
        if kind is None:
            return
        self._kind = None
        self._count += 1
        if kind is _Kind.REASONING:
            yield ReasoningEnded(index=index, metadata=self._reasoning_metadata())
            self._field, self._details = "", []
        else:
            yield TextEnded(index=index, metadata=self._text_metadata(kind))

    def _take_reasoning(self, said: Fields) -> Iterator[StreamEvent]:
        details = [as_fields(detail) for detail in as_items(said.get("reasoning_details"))]
        field = next((name for name in REASONING_FIELDS if as_text(said.get(name))), "")
        words = as_text(said.get(field)) if field else "".join(as_text(detail.get("text")) for detail in details)
        if details or words:
            yield from self._say(_Kind.REASONING, words, begin=True)
            self._field = field or self._field
        for detail in details:
            self._keep(detail)

    def _take_list(self, content: JsonValue) -> Iterator[StreamEvent]:
        for item in as_items(content):
            fields = as_fields(item)
            if fields.get("type") == THINKING:
                inner = fields.get(THINKING)
                words = [as_text(inner), *(as_text(as_fields(each).get("text")) for each in as_items(inner))]
                yield from self._say(_Kind.REASONING, "".join(words))
                self._field = THINKING
            else:
                yield from self._say(_Kind.TEXT, as_text(fields.get("text")))

    def _say(self, kind: _Kind, words: str, *, begin: bool = False) -> Iterator[StreamEvent]:
        if not (words or begin):
            return
        self.said += 1
        if self._kind is not kind:
            yield from self.end()
            self._kind = kind
            index = str(self._count)
            yield ReasoningStarted(index=index) if kind is _Kind.REASONING else TextStarted(index=index)
        if words:
            index = str(self._count)
            is_reasoning = kind is _Kind.REASONING
            yield ReasoningDelta(index=index, text=words) if is_reasoning else TextDelta(index=index, text=words)

    def _keep(self, detail: Fields) -> None:
        """Put the fragments of one detail together: words are joined, and of all else the newest counts."""
        key = (detail.get("type"), detail.get("index"))
        kept = next((each for each in self._details if (each.get("type"), each.get("index")) == key), None)
        if kept is None or detail.get("index") is None:
            self._details.append(dict(detail))
            return
        for name, value in detail.items():
            if name in _JOINED:
                kept[name] = as_text(kept.get(name)) + as_text(value)
            elif value not in (None, ""):
                kept[name] = value

    def _reasoning_metadata(self) -> JsonText | None:
        if self._details:
            return own_metadata(self._namespace, {"details": self._details})
        return own_metadata(self._namespace, {"field": self._field} if self._field else {})

    def _text_metadata(self, kind: _Kind) -> JsonText | None:
        return own_metadata(self._namespace, {"refusal": True}) if kind is _Kind.REFUSAL else None
