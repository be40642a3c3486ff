"""Messages and histories, healthy and broken (spec chat-core 1.2, 1.6)."""

from typing import Final

from hypothesis import strategies as st

from chatcore.domain.content.messages import Effort, Message, Role, Usage, Visibility
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
from chatcore.domain.ids import UserId
from chatcore.domain.json_text import dump_json
from chatcore.testing.strategies.basics import ODD_JSON, maybe, metadata, spoken, texts
from chatcore.testing.strategies.content import (
    EXAMPLE_CALL_IDS,
    EXAMPLE_TOOL_NAMES,
    assistant_contents,
    call_ids,
    contents,
    results_of,
    user_contents,
)


def usages() -> st.SearchStrategy[Usage]:
    """Reports of tokens, with holes."""
    tokens = st.none() | st.integers(0, 1_000_000)
    return st.builds(
        Usage,
        input_tokens=tokens,
        output_tokens=tokens,
        total_tokens=tokens,
        reasoning_tokens=tokens,
        cache_creation_tokens=tokens,
        cache_read_tokens=tokens,
    )


def messages(
    *, ids: st.SearchStrategy[int] | None = None, roles: st.SearchStrategy[Role] | None = None
) -> st.SearchStrategy[Message]:
    """Messages with any content in any role, as a broken or an imported chat may hold them."""
    return st.builds(
        Message,
        id=st.integers(1, 1000) if ids is None else ids,
        role=st.sampled_from(Role) if roles is None else roles,
        content=contents(),
        visibility=st.sampled_from(Visibility),
        compressed=st.booleans(),
        model_id=maybe(spoken()),
        effort=maybe(st.sampled_from(Effort)),
        created_by=maybe(spoken().map(UserId)),
        usage=maybe(usages()),
        context_limit=maybe(st.integers(1, 1_000_000)),
        dynamic=st.lists(call_ids(), max_size=2).map(tuple),
        from_queue=maybe(st.integers(1, 1000)),
        replay_of=maybe(st.integers(1, 1000)),
        partial=st.booleans(),
    )


@st.composite
def histories(draw: st.DrawFn, *, max_size: int = 8) -> tuple[Message, ...]:
    """Any messages in any order, ids ascending with gaps: what must render legally whatever went wrong before."""
    broken: list[Message] = []
    for step, role, content, visibility, is_partial in draw(st.lists(_BROKEN_MESSAGES, max_size=max_size)):
        seq = step + (broken[-1].id if broken else 0)
        broken.append(Message(id=seq, role=role, content=content, visibility=visibility, partial=is_partial))
    return tuple(broken)


@st.composite
def whole_histories(draw: st.DrawFn, *, turns_max: int = 3, steps_max: int = 3) -> tuple[Message, ...]:
    """What a healthy chat holds at rest: turns of a question, tool steps with all their results, and an answer."""
    whole: list[Message] = []

    def say(role: Role, content: tuple[Part, ...]) -> None:
        whole.append(Message(id=len(whole) + 1, role=role, content=content))

    if draw(st.booleans()):
        say(Role.SYSTEM, (TextPart(text=draw(spoken())),))
    for _ in range(draw(st.integers(0, turns_max))):
        say(Role.USER, draw(user_contents()))
        for _ in range(draw(st.integers(0, steps_max))):
            content = draw(assistant_contents())
            say(Role.ASSISTANT, content)
            for call in content:
                if isinstance(call, ToolCallPart) and not call.provider_executed:
                    say(Role.TOOL, (draw(results_of(call)),))
        say(Role.ASSISTANT, draw(assistant_contents(local_calls=False)))
    return tuple(whole)


_ODD_IDS: Final = st.sampled_from(("", *EXAMPLE_CALL_IDS))
_ODD_NAMES: Final = st.sampled_from(("", *EXAMPLE_TOOL_NAMES))
_MOSTLY_LOCAL: Final = st.sampled_from((False, False, False, True))
_ODD_CALLS: Final = st.builds(
    ToolCallPart,
    tool_call_id=_ODD_IDS,
    tool_name=_ODD_NAMES,
    args=st.none() | st.sampled_from(ODD_JSON),
    provider_executed=_MOSTLY_LOCAL,
)
_ODD_RESULTS: Final = st.builds(
    ToolResultPart,
    tool_call_id=_ODD_IDS,
    tool_name=_ODD_NAMES,
    result=st.none() | st.sampled_from(ODD_JSON) | texts().map(dump_json),
    is_error=st.booleans(),
    is_media=st.booleans(),
    provider_executed=_MOSTLY_LOCAL,
)
_ODD_WORDS: Final = st.sampled_from(("", " ", "hi", "é\n", "```"))
_ODD_FILES: Final = tuple(
    FilePart(media_type=media_type, file_id=file_id, data=data)
    for media_type in ("", "image/png")
    for file_id in (None, "file-1", "file-2")
    for data in (b"", b"1")
)
_ODD_OTHERS: Final = (
    SourcePart(url="https://example.org"),
    FileReferencePart(file_name="a.py", start_line=1, end_line=2, content="x = 1"),
    ContextFilePart(context_file_path="AGENTS.md", context_file_content="be kind"),
    SkillPart(skill_name="deploy"),
    HookContextPart(text="for the model"),
    HookNoticePart(text="for the reader"),
)
_ODD_PARTS: Final[st.SearchStrategy[Part]] = st.one_of(
    st.builds(TextPart, text=_ODD_WORDS, provider_metadata=maybe(metadata())),
    st.builds(ReasoningPart, text=_ODD_WORDS, provider_metadata=maybe(metadata())),
    _ODD_CALLS,
    _ODD_RESULTS,
    st.sampled_from(_ODD_FILES),
    st.sampled_from(_ODD_OTHERS),
)
_PLACES: Final[st.SearchStrategy[tuple[Role, tuple[Part, ...]]]] = st.one_of(
    st.tuples(st.sampled_from(Role), st.lists(_ODD_PARTS, max_size=3).map(tuple)),
    st.tuples(st.just(Role.ASSISTANT), st.lists(_ODD_CALLS | _ODD_PARTS, min_size=1, max_size=4).map(tuple)),
    st.tuples(st.just(Role.TOOL), st.lists(_ODD_RESULTS, min_size=1, max_size=3).map(tuple)),
)
_BROKEN_MESSAGES: Final = st.builds(
    lambda step, place, visibility, is_partial: (step, *place, visibility, is_partial),
    st.integers(1, 3),
    _PLACES,
    st.sampled_from((Visibility.BOTH, Visibility.BOTH, Visibility.BOTH, *Visibility)),
    st.booleans(),
)
