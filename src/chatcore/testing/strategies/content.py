"""What people, models and tools say: parts of every kind and whole contents (spec chat-core 1.3)."""

from typing import Final

from hypothesis import strategies as st

from chatcore.domain.content.parts import (
    ContextFilePart,
    FilePart,
    FileReferencePart,
    HookContextPart,
    HookNoticePart,
    Part,
    ReasoningPart,
    SkillPart,
    SourcePart,
    TextPart,
    ToolCallPart,
    ToolResultPart,
)
from chatcore.testing.strategies.basics import json_object_texts, json_texts, maybe, metadata, spoken, texts, times

EXAMPLE_CALL_IDS: Final = ("a", "b", "call_1", "call_2", "call:1", "call.1", "call_1_2", "ä", "functions.read:0")
"""Few enough to collide, and some that collide only once they are sanitised."""

EXAMPLE_TOOL_NAMES: Final = ("execute", "read_file", "web_search", "chat_summarized")


def call_ids() -> st.SearchStrategy[str]:
    """Ids of tool calls, never empty; a few of them again and again."""
    return st.sampled_from(EXAMPLE_CALL_IDS) | texts(min_size=1)


def text_parts() -> st.SearchStrategy[TextPart]:
    """Words, blank ones as well."""
    return st.builds(TextPart, text=texts(), provider_metadata=maybe(metadata()))


def reasoning_parts() -> st.SearchStrategy[ReasoningPart]:
    """Reasoning, with and without a signature."""
    return st.builds(
        ReasoningPart,
        text=texts(),
        title=maybe(spoken()),
        created_at=maybe(times()),
        completed_at=maybe(times()),
        provider_metadata=maybe(metadata()),
    )


def tool_calls(*, stream: bool = False, provider_executed: bool | None = None) -> st.SearchStrategy[ToolCallPart]:
    """Calls with an id and a name. `stream`: with pieces of arguments; `provider_executed`: fixed, or either."""
    return st.builds(
        ToolCallPart,
        tool_call_id=call_ids(),
        tool_name=st.sampled_from(EXAMPLE_TOOL_NAMES),
        args=maybe(json_object_texts()),
        args_delta=texts() if stream else st.just(""),
        parsed_commands=maybe(json_texts()),
        mcp_server_config_id=maybe(spoken()),
        provider_executed=_either(provider_executed),
        hook_rewritten=st.booleans(),
        created_at=maybe(times()),
        provider_metadata=maybe(metadata()),
    )


def tool_results(*, stream: bool = False, provider_executed: bool | None = None) -> st.SearchStrategy[ToolResultPart]:
    """Results with an id and a name. `stream`: with pieces of output; `provider_executed`: fixed, or either."""
    return st.builds(
        ToolResultPart,
        tool_call_id=call_ids(),
        tool_name=st.sampled_from(EXAMPLE_TOOL_NAMES),
        result=maybe(json_texts()),
        result_delta=texts() if stream else st.just(""),
        result_reset=st.booleans() if stream else st.just(False),
        is_error=st.booleans(),
        is_media=st.booleans(),
        provider_executed=_either(provider_executed),
        mcp_server_config_id=maybe(spoken()),
        created_at=maybe(times()),
        provider_metadata=maybe(metadata()),
    )


def source_parts() -> st.SearchStrategy[SourcePart]:
    """Citations."""
    return st.builds(SourcePart, url=texts(), source_id=texts(), title=texts(), provider_metadata=maybe(metadata()))


def file_parts() -> st.SearchStrategy[FilePart]:
    """Files, inline, by reference, both or neither."""
    return st.builds(
        FilePart,
        media_type=st.sampled_from(("", "image/png", "text/plain")),
        name=texts(),
        data=st.binary(max_size=12),
        file_id=maybe(st.sampled_from(("file-1", "file-2")) | spoken()),
        provider_metadata=maybe(metadata()),
    )


def file_reference_parts() -> st.SearchStrategy[FileReferencePart]:
    """Lines of a file."""
    lines = st.integers(1, 9)
    return st.builds(FileReferencePart, file_name=spoken(), start_line=lines, end_line=lines, content=texts())


def context_file_parts() -> st.SearchStrategy[ContextFilePart]:
    """Instruction files of a workspace."""
    return st.builds(
        ContextFilePart,
        context_file_path=texts(),
        context_file_truncated=st.booleans(),
        context_file_agent_id=maybe(spoken()),
        context_file_content=texts(),
        context_file_os=texts(),
        context_file_directory=texts(),
    )


def skill_parts() -> st.SearchStrategy[SkillPart]:
    """Skills of a workspace."""
    return st.builds(
        SkillPart,
        skill_name=texts(),
        skill_description=texts(),
        skill_dir=texts(),
        context_file_skill_meta_file=texts(),
    )


def parts(*, stream: bool = True) -> st.SearchStrategy[Part]:
    """Parts of every kind. `stream`: also with the fields that only a stream has."""
    return st.one_of(
        text_parts(),
        reasoning_parts(),
        tool_calls(stream=stream),
        tool_results(stream=stream),
        source_parts(),
        file_parts(),
        file_reference_parts(),
        context_file_parts(),
        skill_parts(),
        st.builds(HookContextPart, text=texts()),
        st.builds(HookNoticePart, text=texts()),
    )


def contents(*, max_size: int = 4) -> st.SearchStrategy[tuple[Part, ...]]:
    """What a stored message may hold, however odd; empty, too."""
    return st.lists(parts(stream=False), max_size=max_size).map(tuple)


def user_contents() -> st.SearchStrategy[tuple[Part, ...]]:
    """What a client may send: words, files by reference, lines of files; at least one part."""
    files = st.builds(FilePart, media_type=st.just("image/png"), name=texts(), file_id=spoken())
    part = st.one_of(
        st.builds(TextPart, text=spoken()), st.builds(TextPart, text=spoken()), files, file_reference_parts()
    )
    return st.lists(part, min_size=1, max_size=3).map(tuple)


@st.composite
def assistant_contents(
    draw: st.DrawFn, *, local_calls: bool = True, min_size: int = 1, max_size: int = 4
) -> tuple[Part, ...]:
    """What a whole step of a model holds: no id twice, and each call that the provider ran has its result behind it.

    `local_calls=False` leaves out the calls that somebody here must answer: then it is a final answer.
    """
    content: list[Part] = []
    used: set[str] = set()
    for part in draw(st.lists(_STEP_PARTS if local_calls else _ANSWER_PARTS, min_size=min_size, max_size=max_size)):
        if not isinstance(part, ToolCallPart):
            content.append(part)
        elif part.tool_call_id not in used:
            used.add(part.tool_call_id)
            content.append(part)
            if part.provider_executed:
                content.append(draw(results_of(part)))
    return tuple(content) or (TextPart(text="done"),)


def results_of(call: ToolCallPart) -> st.SearchStrategy[ToolResultPart]:
    """Results that answer `call`."""
    return _OUTCOMES.map(
        lambda outcome: ToolResultPart(
            tool_call_id=call.tool_call_id,
            tool_name=call.tool_name,
            result=outcome[0],
            is_error=outcome[1],
            provider_executed=call.provider_executed,
        )
    )


def _either(fixed: bool | None) -> st.SearchStrategy[bool]:
    return st.booleans() if fixed is None else st.just(fixed)


_OUTCOMES: Final = st.tuples(maybe(json_texts()), st.booleans())


def _step_calls(*, provider_executed: bool) -> st.SearchStrategy[ToolCallPart]:
    return st.builds(
        ToolCallPart,
        tool_call_id=call_ids(),
        tool_name=st.sampled_from(EXAMPLE_TOOL_NAMES),
        args=maybe(json_object_texts()),
        provider_executed=st.just(provider_executed),
        provider_metadata=maybe(metadata()),
    )


_ANSWER_PARTS: Final[st.SearchStrategy[Part]] = st.one_of(
    text_parts(),
    st.builds(ReasoningPart, text=texts(), provider_metadata=maybe(metadata())),
    source_parts(),
    _step_calls(provider_executed=True),
)
_STEP_PARTS: Final[st.SearchStrategy[Part]] = st.one_of(
    _ANSWER_PARTS, _step_calls(provider_executed=False), _step_calls(provider_executed=False)
)
