"""A reply that was cut short: what viewers saw of it becomes content again (spec chat-core 4.5, architecture 7)."""

from collections.abc import Iterable, Sequence

from attrs import frozen

from chatcore.domain.chat.boundary_rows import SUMMARY_TOOL
from chatcore.domain.content.call_ids import sanitised_call_id
from chatcore.domain.content.parts import Part, ReasoningPart, TextPart, ToolCallPart, ToolResultPart
from chatcore.domain.json_text import dump_json
from chatcore.domain.turn.calls import UNNAMED_TOOL, StreamedCall


def rebuilt(parts: Iterable[Part]) -> tuple[Part, ...]:
    """The assistant's content from the parts of its episode, in their order; nothing said gives nothing.

    Pieces that follow each other become one part; reasoning comes without its signature. Calls that were not whole
    come last, by their first piece, with the arguments that came if those are JSON. Results of local tools and the
    marks of a compaction are no part of what the assistant said.
    """
    content: list[Part] = []
    words: list[str] = []
    kind: type[TextPart | ReasoningPart] | None = None
    unfinished: dict[str, StreamedCall] = {}

    def end_words() -> None:
        if kind is not None and words:
            content.append(kind(text="".join(words)))
        words.clear()

    for part in parts:
        match part:
            case TextPart(text=text) | ReasoningPart(text=text):
                if kind is not type(part):
                    end_words()
                kind = type(part)
                words.append(text)
            case ToolCallPart(args_delta="") if not _marks_compaction(part):
                end_words()
                unfinished.pop(part.tool_call_id, None)
                content.append(part)
            case ToolCallPart() if not _marks_compaction(part):
                call = unfinished.setdefault(part.tool_call_id, StreamedCall(part.tool_call_id))
                call.name(part.tool_name)
                call.provider_executed = part.provider_executed
                call.fragments.append(part.args_delta)
            case ToolCallPart() | ToolResultPart(provider_executed=False):
                pass
            case _:
                end_words()
                content.append(part)
    end_words()
    return (*content, *(call.part(call.written) for call in unfinished.values()))


@frozen(kw_only=True)
class CutShort:
    """A partial answer in which every call is answered."""

    content: tuple[Part, ...]
    """The assistant's part of it, with an error result for each unanswered call that the provider ran."""
    results: tuple[ToolResultPart, ...]
    """An error result for each other unanswered call, in call order; each becomes a tool message."""


def cut_short(content: Sequence[Part], reason: str) -> CutShort:
    """Answer the calls of a partial answer that have an id and no result with the reason (4.5)."""
    answered = {sanitised_call_id(part.tool_call_id) for part in content if isinstance(part, ToolResultPart)}
    results = [
        ToolResultPart(
            tool_call_id=part.tool_call_id,
            tool_name=part.tool_name or UNNAMED_TOOL,
            result=dump_json({"error": reason}),
            is_error=True,
            provider_executed=part.provider_executed,
        )
        for part in content
        if isinstance(part, ToolCallPart) and part.tool_call_id and sanitised_call_id(part.tool_call_id) not in answered
    ]
    # A provider's result in a tool message would be dropped from prompts (1.6, pass B): it stays with its call.
    return CutShort(
        content=(*content, *(result for result in results if result.provider_executed)),
        results=tuple(result for result in results if not result.provider_executed),
    )


def _marks_compaction(part: ToolCallPart) -> bool:
    # The id as well, for a model may make up a call of that name.
    return part.tool_name == SUMMARY_TOOL and part.tool_call_id.startswith(f"{SUMMARY_TOOL}_")
