"""A recorded request as a chat's log would hold it, and back to a request from the log alone."""

from collections.abc import Mapping, Sequence
from typing import Final

from attrs import field, frozen

from chatcore.domain.chat.codec import Codec
from chatcore.domain.chat.events_history import MessageAdded
from chatcore.domain.content.messages import Message, Role
from chatcore.domain.content.parts import Part, ToolResultPart
from chatcore.domain.content.prompt import PromptMessage
from chatcore.domain.content.render import render_prompt
from chatcore.domain.content.tool_results import ToolFailed, ToolText, stored_result
from chatcore.domain.errors import ChatcoreError
from chatcore.domain.json_text import JsonValue, dump_json, is_json
from chatcore.domain.turn.tools import OfferedTool, ToolChoice
from chatcore.ports.model import ModelRequest

OPTIONS_MAX: Final = 5
"""Provider options that a recorded request may need beside its log; more would be the request itself."""

AS_WORDS: Final = "as_words"
"""What the adapters read in the metadata of a tool's result whose words were bare."""


class NotLoggable(ChatcoreError):
    """A recorded request says what no log of chatcore holds; the text says what."""


@frozen(kw_only=True)
class LoggedRequest:
    """What a request says, in chatcore's terms."""

    model: str
    messages: tuple[MessageAdded, ...]
    """The history, with its files inline."""
    tools: tuple[OfferedTool, ...] = ()
    tool_choice: ToolChoice = ToolChoice.AUTO
    max_output_tokens: int | None = None
    stop_sequences: tuple[str, ...] = ()
    hints: frozenset[int] = frozenset()
    """Positions of the prompt's messages that carry a cache hint (4.8)."""
    options: Mapping[str, JsonValue] = field(factory=dict)
    """Provider options that the model is set up with, by their names in the recorded body or in the adapter."""

    def request(self) -> ModelRequest:
        """The request that a chat with this history makes; the history is stored and loaded on the way."""
        return ModelRequest(
            model_id=self.model,
            messages=_hinted(render_prompt(_reloaded(self.messages)), self.hints),
            tools=self.tools,
            tool_choice=self.tool_choice,
            max_output_tokens=self.max_output_tokens,
            stop_sequences=self.stop_sequences,
        )


def said(role: Role, *parts: Part) -> MessageAdded:
    """A message of a history."""
    return MessageAdded(role=role, content=parts)


def tool_words(
    call_id: str,
    text: str,
    provider: str,
    *,
    is_error: bool = False,
    own: Mapping[str, JsonValue] | None = None,
) -> ToolResultPart:
    """What a tool said. The recorded client sent words bare; chatcore stores them in an object (1.4), and the part's
    metadata tells the adapter to take them out of it again.
    """
    stored = stored_result(ToolFailed(error=text) if is_error else ToolText(text=text))
    bare = {} if is_error or is_json(text) else {AS_WORDS: True}
    told: dict[str, JsonValue] = {**(own or {}), **bare}
    return ToolResultPart(
        tool_call_id=call_id,
        result=stored.result,
        is_error=stored.is_error,
        provider_metadata=dump_json({provider: told}) if told else None,
    )


def _reloaded(messages: Sequence[MessageAdded]) -> tuple[Message, ...]:
    codec = Codec()
    loaded: list[Message] = []
    for position, message in enumerate(messages, start=1):
        encoded = codec.encode_event(message)
        event = codec.decode_event(encoded.type, encoded.schema, encoded.payload)
        assert isinstance(event, MessageAdded), "an event is read as the type it was written as"
        loaded.append(Message(id=position, role=event.role, content=event.content))
    return tuple(loaded)


def _hinted(prompt: tuple[PromptMessage, ...], hints: frozenset[int]) -> tuple[PromptMessage, ...]:
    return tuple(
        PromptMessage(role=message.role, content=message.content, cache_hint=position in hints)
        for position, message in enumerate(prompt)
    )
