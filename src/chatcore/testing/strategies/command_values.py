"""What commands are made of: contents, steps, errors, settings, results (events.md)."""

from typing import Final

from hypothesis import strategies as st

from chatcore.domain.chat import commands as c
from chatcore.domain.chat.values import ActionEnd, ChatError, DiffSummary, DynamicTool, TitleSource
from chatcore.domain.content.messages import Effort, NewMessage, Role, Visibility
from chatcore.domain.content.parts import Part, TextPart, ToolCallPart
from chatcore.domain.ids import RunnerId, UserId, WorkerId
from chatcore.domain.json_text import JsonText
from chatcore.testing.strategies.basics import json_object_texts, json_texts, maybe, spoken, texts
from chatcore.testing.strategies.content import assistant_contents, user_contents

USERS: Final = tuple(UserId(name) for name in ("ada", "grace"))
MODELS: Final = ("model-1", "model-2")
RUNNERS: Final = tuple(RunnerId(f"runner-{number}") for number in range(1, 4))
WORKERS: Final = tuple(WorkerId(f"worker-{number}") for number in range(1, 3))


def users() -> st.SearchStrategy[UserId]:
    """Two people."""
    return st.sampled_from(USERS)


def models() -> st.SearchStrategy[str | None]:
    """A model, or none given."""
    return st.sampled_from((None, *MODELS))


def efforts() -> st.SearchStrategy[Effort | None]:
    """An effort, or none given."""
    return st.sampled_from((None, None, *Effort))


def questions() -> st.SearchStrategy[tuple[Part, ...]]:
    """What people say; mostly a word or two, so that long runs stay fast."""
    return st.one_of(plain_words(), plain_words(), user_contents())


def plain_words() -> st.SearchStrategy[tuple[Part, ...]]:
    """One text part."""
    return st.sampled_from(("yes", "why?", "go on", "stop that")).map(lambda text: (TextPart(text=text),))


def answers() -> st.SearchStrategy[tuple[Part, ...]]:
    """What models say in one step, with and without calls."""
    return st.one_of(plain_words(), assistant_contents(), assistant_contents(local_calls=False))


def calling_answers() -> st.SearchStrategy[tuple[Part, ...]]:
    """A few words and one to three calls that somebody here must answer."""
    ids = st.lists(st.sampled_from(("call_1", "call_2", "a:b", "ä")), min_size=1, max_size=3, unique=True)
    calls = ids.map(lambda chosen: [ToolCallPart(tool_call_id=call_id, tool_name="execute") for call_id in chosen])
    return calls.map(lambda parts: (TextPart(text="let me see"), *parts))


@st.composite
def steps(draw: st.DrawFn) -> c.CommitAnswer:
    """A step with some of its calls left to the client."""
    content = draw(_STEP_CONTENTS)
    local = [part.tool_call_id for part in content if isinstance(part, ToolCallPart) and not part.provider_executed]
    whose = draw(_WHOSE) if local else "ours"
    dynamic = tuple(call_id for call_id in local if whose == "theirs" or (whose == "mixed" and draw(_COINS)))
    return c.CommitAnswer(content=content, dynamic=dynamic, model_id=draw(_MODELS), effort=draw(_EFFORTS))


def errors() -> st.SearchStrategy[ChatError]:
    """Errors, some of them far too long to be kept whole."""
    long = st.sampled_from(("x" * 3_000, "€" * 1_500, "\x00" * 800, '"' * 2_000))
    return st.builds(
        ChatError,
        message=texts() | long,
        detail=maybe(texts() | long),
        kind=st.sampled_from(("generic", "overloaded")) | long,
        provider=maybe(spoken() | long),
        retryable=st.booleans(),
        status_code=maybe(st.integers(100, 599)),
    )


def new_messages(*roles: Role) -> st.SearchStrategy[NewMessage]:
    """Messages to be put into a history."""
    return st.builds(
        NewMessage,
        role=st.sampled_from(roles),
        content=questions(),
        visibility=st.sampled_from((Visibility.BOTH, Visibility.BOTH, Visibility.MODEL, Visibility.USER)),
        model_id=models(),
        effort=efforts(),
        created_by=maybe(users()),
    )


def call_results(call_id: str) -> st.SearchStrategy[c.CallResult]:
    """Results of one of our calls."""
    return st.builds(
        c.CallResult, call_id=st.just(call_id), result=json_texts(), is_error=st.booleans(), is_media=st.booleans()
    )


def dynamic_results(call_id: str) -> st.SearchStrategy[c.DynamicResult]:
    """Results of one of the client's calls."""
    return st.builds(c.DynamicResult, call_id=st.just(call_id), output=json_texts(), is_error=st.booleans())


def settings() -> st.SearchStrategy[c.Settings]:
    """Some settings; possibly none."""
    tools = st.builds(DynamicTool, name=spoken(), description=texts(), input_schema=json_object_texts())
    return st.builds(
        c.Settings,
        model_id=models(),
        effort=efforts(),
        plan_mode=maybe(st.booleans()),
        mode=st.sampled_from((None, "", "explore")),
        mcp_server_ids=maybe(st.lists(spoken(), max_size=2).map(tuple)),
        dynamic_tools=maybe(st.lists(tools, max_size=1).map(tuple)),
    )


def labels() -> st.SearchStrategy[tuple[tuple[str, str], ...]]:
    """Labels with different names."""
    return st.dictionaries(spoken(), texts(), max_size=3).map(lambda pairs: tuple(pairs.items()))


def details_commands() -> st.SearchStrategy[c.DetailsCommand]:
    """Everything that changes only what lists and settings pages show."""
    ids = st.sampled_from((None, "workspace-1", "agent-1"))
    counts = st.integers(0, 1_000)
    diffs = st.builds(DiffSummary, url=maybe(texts()), additions=counts, deletions=counts, branch=maybe(texts()))
    return st.one_of(
        st.builds(c.ChangeTitle, title=spoken(), source=st.sampled_from(TitleSource)),
        st.builds(c.ChangeLabels, labels=labels()),
        st.builds(c.BindWorkspace, workspace_id=ids, build_id=ids, agent_id=ids),
        st.builds(c.ChangeSettings, settings=settings()),
        st.builds(c.ChangeSummary, text=texts()),
        st.builds(c.ChangeDiff, diff=diffs),
    )


def cancel_reasons() -> st.SearchStrategy[ActionEnd]:
    """Reasons for which a wait is given up."""
    return st.sampled_from((ActionEnd.CANCELLED, ActionEnd.TIMED_OUT))


def broken_json() -> st.SearchStrategy[JsonText]:
    """Text that is no JSON, although it says so."""
    return st.sampled_from(tuple(map(JsonText, ("", "{", "NaN", "[1,]", "'a'", "1e999", "[" * 300 + "]" * 300))))


_STEP_CONTENTS: Final = st.one_of(plain_words(), calling_answers(), calling_answers(), answers())
_WHOSE: Final = st.sampled_from(("ours", "theirs", "mixed"))
_COINS: Final = st.booleans()
_MODELS: Final = models()
_EFFORTS: Final = efforts()
