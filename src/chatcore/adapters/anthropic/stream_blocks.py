"""The content blocks of one answer while they are streamed, each kind with the events it becomes (spec chat-core 4.7).

What chatcore has no field for (signatures, citations, who called a tool) becomes metadata of the part, in the block's
own terms, so that `blocks.block_of` gives the block back as it was.
"""

from collections.abc import Iterator
from typing import Final, Protocol

from attrs import Factory, define

from chatcore.adapters.anthropic.options import PROVIDER
from chatcore.adapters.providers.fields import Fields, as_fields, as_items, as_text
from chatcore.adapters.providers.metadata import own_metadata
from chatcore.domain.json_text import JsonText, JsonValue, dump_json
from chatcore.domain.turn.stream import (
    ProviderToolResult,
    ReasoningDelta,
    ReasoningEnded,
    ReasoningStarted,
    SourceCited,
    StreamEvent,
    TextDelta,
    TextEnded,
    TextStarted,
    ToolCalled,
    ToolInputDelta,
    ToolInputEnded,
    ToolInputStarted,
)

LOCAL_CALL: Final = "tool_use"
_PROVIDER_CALLS: Final = "_tool_use"
_ERROR: Final = "_error"


class StreamedBlock(Protocol):
    """A block between its start and its stop."""

    def start(self) -> Iterator[StreamEvent]:
        """What the block's first event gives, content that came with it included."""
        ...

    def delta(self, delta: Fields) -> Iterator[StreamEvent]:
        """What a delta gives; one of an unknown kind gives nothing."""
        ...

    def stop(self) -> Iterator[StreamEvent]:
        """What its end gives."""
        ...


def streamed_block(index: str, block: Fields) -> StreamedBlock:
    """The block that begins with these fields."""
    kind = as_text(block.get("type"))
    if kind == "text":
        return TextBlock(index, block)
    if kind == "thinking":
        return ThinkingBlock(index, block)
    if kind == LOCAL_CALL or (kind.endswith(_PROVIDER_CALLS) and block.get("name")):
        return CallBlock(block)
    if "tool_use_id" in block:
        return ResultBlock(block)
    return SealedBlock(index, dict(block))


@define
class TextBlock:
    """Words, with the places they were taken from."""

    index: str
    block: Fields
    _citations: list[JsonValue] = Factory(list)

    def start(self) -> Iterator[StreamEvent]:
        """The words may come whole."""
        yield TextStarted(index=self.index)
        self._citations.extend(as_items(self.block.get("citations")))
        if text := as_text(self.block.get("text")):
            yield TextDelta(index=self.index, text=text)

    def delta(self, delta: Fields) -> Iterator[StreamEvent]:
        """Words, or a citation."""
        if text := as_text(delta.get("text")):
            yield TextDelta(index=self.index, text=text)
        if "citation" in delta:
            self._citations.append(delta["citation"])

    def stop(self) -> Iterator[StreamEvent]:
        """Citations follow the words that they belong to."""
        cited: Fields = {"citations": self._citations} if self._citations else {}
        yield TextEnded(index=self.index, metadata=own_metadata(PROVIDER, cited))
        for citation in self._citations:
            fields = as_fields(citation)
            # A place in a document that the user sent has no address.
            if url := as_text(fields.get("url")) or as_text(fields.get("source")):
                yield SourceCited(url=url, title=as_text(fields.get("title")))


@define
class ThinkingBlock:
    """Reasoning that can be read, with the signature that proves it."""

    index: str
    block: Fields
    _signature: str = ""

    def start(self) -> Iterator[StreamEvent]:
        """The words may come whole."""
        yield ReasoningStarted(index=self.index)
        self._signature = as_text(self.block.get("signature"))
        if text := as_text(self.block.get("thinking")):
            yield ReasoningDelta(index=self.index, text=text)

    def delta(self, delta: Fields) -> Iterator[StreamEvent]:
        """Words, or the signature."""
        if text := as_text(delta.get("thinking")):
            yield ReasoningDelta(index=self.index, text=text)
        self._signature = as_text(delta.get("signature")) or self._signature

    def stop(self) -> Iterator[StreamEvent]:
        """Without a signature it cannot be handed back."""
        signed: Fields = {"signature": self._signature} if self._signature else {}
        yield ReasoningEnded(index=self.index, metadata=own_metadata(PROVIDER, signed))


@define
class CallBlock:
    """A call of a tool, chatcore's own or one that the provider runs."""

    block: Fields
    _fragments: list[str] = Factory(list)

    @property
    def call_id(self) -> str:
        """The id that the provider gave."""
        return as_text(self.block.get("id"))

    @property
    def is_provider_executed(self) -> bool:
        """Whether the provider runs it."""
        return as_text(self.block.get("type")) != LOCAL_CALL

    def start(self) -> Iterator[StreamEvent]:
        """The input may come whole, in an answer that is not streamed."""
        yield ToolInputStarted(
            tool_call_id=self.call_id,
            tool_name=as_text(self.block.get("name")),
            provider_executed=self.is_provider_executed,
        )
        if given := self.block.get("input"):
            yield from self.delta({"partial_json": dump_json(given)})

    def delta(self, delta: Fields) -> Iterator[StreamEvent]:
        """The next piece of the input."""
        if piece := as_text(delta.get("partial_json")):
            self._fragments.append(piece)
            yield ToolInputDelta(tool_call_id=self.call_id, delta=piece)

    def stop(self) -> Iterator[StreamEvent]:
        """The whole call."""
        told = {name: value for name, value in self.block.items() if name not in ("id", "name", "input")}
        if not self.is_provider_executed:
            del told["type"]
        yield ToolInputEnded(tool_call_id=self.call_id)
        yield ToolCalled(
            tool_call_id=self.call_id,
            tool_name=as_text(self.block.get("name")),
            args="".join(self._fragments),
            provider_executed=self.is_provider_executed,
            metadata=own_metadata(PROVIDER, told),
        )


@define
class ResultBlock:
    """The result of a tool that the provider ran. It comes whole."""

    block: Fields

    def start(self) -> Iterator[StreamEvent]:
        """Nothing until it is whole."""
        return iter(())

    def delta(self, delta: Fields) -> Iterator[StreamEvent]:
        """None are known."""
        return iter(())

    def stop(self) -> Iterator[StreamEvent]:
        """The result, in the provider's terms."""
        content = self.block.get("content")
        told = {name: value for name, value in self.block.items() if name not in ("tool_use_id", "content")}
        is_error = self.block.get("is_error") is True
        yield ProviderToolResult(
            tool_call_id=as_text(self.block.get("tool_use_id")),
            tool_name="",
            result=dump_json(content),
            is_error=is_error or as_text(as_fields(content).get("type")).endswith(_ERROR),
            metadata=own_metadata(PROVIDER, told),
        )


@define
class SealedBlock:
    """Redacted thinking, and any kind of block that chatcore has no part for: kept whole, to be handed back."""

    index: str
    block: dict[str, JsonValue]

    def start(self) -> Iterator[StreamEvent]:
        """Its place among the other blocks."""
        yield ReasoningStarted(index=self.index)

    def delta(self, delta: Fields) -> Iterator[StreamEvent]:
        """Words are added to the words of the same name, anything else replaces what was there."""
        for name, value in delta.items():
            before = self.block.get(name)
            if name != "type":
                self.block[name] = before + value if isinstance(before, str) and isinstance(value, str) else value
        return iter(())

    def stop(self) -> Iterator[StreamEvent]:
        """The block, as metadata of reasoning without words."""
        yield ReasoningEnded(index=self.index, metadata=self._sealed())

    def _sealed(self) -> JsonText | None:
        return own_metadata(PROVIDER, self.block) if self.block.get("type") else None
