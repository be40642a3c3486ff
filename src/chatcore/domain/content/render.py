"""Messages as the prompt that a model is shown (spec chat-core 1.8, with 1.3 to 1.6).

`render_prompt` renders every message on its own and repairs the whole (`repair.py`). It reads no files: ask
`prompt_files.files_to_resolve` for their ids first, and hand in what was found. Context files and skills are not here,
they belong to the instructions (11). Parts that have no place in a message of their role, such as a user's tool call,
are left out, and so are blank texts that carry nothing else, which providers refuse.
"""

import re
from collections.abc import Iterable
from typing import Final

from chatcore.domain.content.call_ids import sanitised_call_id
from chatcore.domain.content.messages import Message, Role
from chatcore.domain.content.parts import (
    FilePart,
    FileReferencePart,
    HookContextPart,
    Part,
    ReasoningPart,
    TextPart,
    ToolCallPart,
    ToolResultPart,
)
from chatcore.domain.content.prompt import (
    PromptMessage,
    PromptPart,
    PromptReasoning,
    PromptText,
    PromptToolCall,
    PromptToolResult,
)
from chatcore.domain.content.prompt_files import Files, inline_file, user_file
from chatcore.domain.content.prompt_options import shown_options
from chatcore.domain.content.repair import PromptRepair
from chatcore.domain.content.tool_results import shown_args, shown_result


def render_prompt(messages: Iterable[Message], files: Files | None = None) -> tuple[PromptMessage, ...]:
    """The prompt that these messages make, legal whatever they hold (1.6). Linear in their size.

    `messages` are those of a prompt window; what only readers see is left out. With `files` None no file was looked
    for, and users' files pass as they are; else a missing one is told in a few words (R1.3c).
    """
    prompt = GrowingPrompt(files)
    prompt.add(messages)
    return prompt.messages()


class GrowingPrompt:
    """As `render_prompt`, for messages that come one after the other: what was rendered before is kept."""

    def __init__(self, files: Files | None = None) -> None:
        self._files = files
        self._repair = PromptRepair()

    def add(self, messages: Iterable[Message]) -> None:
        """The next messages of the window."""
        rendered = (_render_message(message, self._files) for message in messages if message.visibility.to_model)
        self._repair.add(message for message in rendered if message is not None)

    def messages(self) -> tuple[PromptMessage, ...]:
        """The prompt that all messages so far make."""
        return self._repair.prompt()


def _render_message(message: Message, files: Files | None) -> PromptMessage | None:
    content = tuple(part for part in _prompt_parts(message, files) if part is not None)
    return PromptMessage(role=message.role, content=content) if content else None


def _prompt_parts(message: Message, files: Files | None) -> Iterable[PromptPart | None]:
    match message.role:
        case Role.SYSTEM:
            return (_system_part(part) for part in message.content[:1])
        case Role.USER:
            return (_user_part(part, files) for part in message.content)
        case Role.ASSISTANT:
            return (_assistant_part(part, message.partial) for part in message.content)
        case Role.TOOL:
            return (_tool_part(part) for part in message.content)


def _system_part(part: Part) -> PromptPart | None:
    return _text(part) if isinstance(part, TextPart) else None


def _user_part(part: Part, files: Files | None) -> PromptPart | None:
    match part:
        case TextPart():
            return _text(part)
        case FilePart():
            return user_file(part, files)
        case FileReferencePart():
            return PromptText(text=_file_reference_text(part))
        case HookContextPart(text=text) if text.strip():
            return PromptText(text=text)
        case _:
            return None


def _assistant_part(part: Part, is_partial: bool) -> PromptPart | None:
    match part:
        case TextPart():
            return _text(part)
        case ReasoningPart():
            return _reasoning(part, is_partial)
        case ToolCallPart():
            return PromptToolCall(
                tool_call_id=sanitised_call_id(part.tool_call_id),
                tool_name=part.tool_name,
                args=shown_args(part.args),
                provider_executed=part.provider_executed,
                options=shown_options(part.provider_metadata),
            )
        case ToolResultPart():
            return _tool_part(part)
        case FilePart(data=data) if data:
            return inline_file(part)
        case _:
            return None


def _tool_part(part: Part) -> PromptToolResult | None:
    if not isinstance(part, ToolResultPart):
        return None
    shown = shown_result(part)
    return PromptToolResult(
        tool_call_id=sanitised_call_id(part.tool_call_id),
        tool_name=part.tool_name,
        text=shown.text,
        is_error=part.is_error,
        media=shown.media,
        provider_executed=part.provider_executed,
        options=shown_options(part.provider_metadata),
    )


def _text(part: TextPart) -> PromptText | None:
    options = shown_options(part.provider_metadata)
    return PromptText(text=part.text, options=options) if options or part.text.strip() else None


def _reasoning(part: ReasoningPart, is_partial: bool) -> PromptReasoning | None:
    options = shown_options(part.provider_metadata)
    if options is None and (is_partial or not part.text.strip()):
        # A provider refuses reasoning that was cut short before it could be signed (architecture 7).
        return None
    return PromptReasoning(text=part.text, options=options)


def _file_reference_text(part: FileReferencePart) -> str:
    is_one_line = part.start_line == part.end_line
    lines = f"{part.start_line}" if is_one_line else f"{part.start_line}-{part.end_line}"
    content = part.content.strip()
    label = f"[file-reference] {part.file_name}:{lines}"
    if not content:
        return label
    # The fence is longer than any run of backticks in the content, or that would end the block.
    fence = "`" * max(3, 1 + max(map(len, _BACKTICKS.findall(content)), default=0))
    return f"{label}\n{fence}{part.file_name}\n{content}\n{fence}"


_BACKTICKS: Final = re.compile("`+")
