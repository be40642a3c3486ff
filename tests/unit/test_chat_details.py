"""What lists and settings pages show of a chat, and under which status (chat-core 2.2, architecture 3)."""

from typing import Final

import pytest

from chatcore.domain.chat import commands as c
from chatcore.domain.chat.details import ChatDetails, changes_details, evolve_details, fold_details
from chatcore.domain.chat.rejections import InvalidMessage
from chatcore.domain.chat.states import ClientStatus, client_status
from chatcore.domain.chat.values import DiffSummary, DynamicTool, TitleSource
from chatcore.domain.content.messages import Effort, NewMessage, Role
from chatcore.domain.ids import ChatId
from chatcore.domain.json_text import JsonText
from chatcore.testing.chat_log import ChatLog
from chatcore.testing.situations import (
    OWNER,
    SITUATIONS,
    Situation,
    reach,
    words,
)
from chatcore.testing.trying import at, refused

TOOL: Final = DynamicTool(name="pick", description="picks", input_schema=JsonText("{}"))


def no_chat() -> ChatLog:
    return ChatLog(chat_id=ChatId("chat"))


@pytest.mark.spec("2.2")
@pytest.mark.parametrize("situation", [each for each in SITUATIONS if each.state != "N"], ids=str)
def test_clients_see_the_status_by_its_old_name(situation: Situation) -> None:
    """A running chat that nobody holds is pending; interrupting and waiting for the client look like running."""
    letter = situation.state.removeprefix("X")[0]
    running = ClientStatus.RUNNING if situation.owned else ClientStatus.PENDING
    expected = {
        "W": ClientStatus.WAITING,
        "E": ClientStatus.ERROR,
        "R": running,
        "I": ClientStatus.RUNNING,
        "A": ClientStatus.RUNNING,
    }

    assert expected[letter] is client_status(reach(situation).current)


DETAILS: Final[list[tuple[c.Command, ChatDetails]]] = [
    (c.ChangeTitle(title=" t "), ChatDetails(title="t", title_source=TitleSource.USER)),
    (
        c.ChangeTitle(title="g", source=TitleSource.GENERATED),
        ChatDetails(title="g", title_source=TitleSource.GENERATED),
    ),
    (c.ChangeLabels(labels=(("b", "2"), ("a", "1"))), ChatDetails(labels=(("a", "1"), ("b", "2")))),
    (
        c.BindWorkspace(workspace_id="w", build_id="b", agent_id="a"),
        ChatDetails(workspace_id="w", build_id="b", agent_id="a"),
    ),
    (c.ChangeSettings(settings=c.Settings(model_id="m")), ChatDetails(model_id="m")),
    (c.ChangeSettings(settings=c.Settings(effort=Effort.LOW)), ChatDetails(effort=Effort.LOW)),
    (c.ChangeSettings(settings=c.Settings(plan_mode=True)), ChatDetails(plan_mode=True)),
    (c.ChangeSettings(settings=c.Settings(mode="explore")), ChatDetails(mode="explore")),
    (c.ChangeSettings(settings=c.Settings(mcp_server_ids=("x",))), ChatDetails(mcp_server_ids=("x",))),
    (c.ChangeSettings(settings=c.Settings(dynamic_tools=(TOOL,))), ChatDetails(dynamic_tools=(TOOL,))),
    (c.ChangeSummary(text="s"), ChatDetails(summary="s")),
    (c.ChangeDiff(diff=DiffSummary(additions=1)), ChatDetails(diff=DiffSummary(additions=1))),
]


@pytest.mark.parametrize(("command", "expected"), DETAILS, ids=lambda value: type(value).__name__)
def test_details_hold_what_was_changed_and_keep_the_rest(command: c.Command, expected: ChatDetails) -> None:
    """Each command changes its own fields and nothing else, whether on empty or on full details."""
    chat = at("W")
    (event,) = chat.do(command)
    assert expected == chat.details
    assert changes_details(event)

    full = ChatDetails(title="T", mode="M", plan_mode=False, model_id="M", effort=Effort.MAX, mcp_server_ids=("M",))
    names = {field.name for field in expected.__attrs_attrs__}
    changed = {name for name in names if getattr(expected, name) != getattr(ChatDetails(), name)}
    after = evolve_details(full, event)
    assert changed
    for name in names:
        assert getattr(expected if name in changed else full, name) == getattr(after, name)


def test_only_events_about_details_change_them() -> None:
    """A store writes the row of details only for appends that hold one of them."""
    chat = at("A1")

    for event in chat.events:
        assert not changes_details(event)
        assert evolve_details(ChatDetails(title="x"), event) == ChatDetails(title="x")
    assert fold_details(chat.events) == ChatDetails()
    assert fold_details(chat.events, ChatDetails(title="x")) == ChatDetails(title="x")


def test_settings_reach_the_head_as_far_as_the_decider_needs_them() -> None:
    """Model and effort; None leaves each as it is."""
    chat = at("W")
    chat.do(c.ChangeSettings(settings=c.Settings(model_id="m-2", effort=Effort.LOW)))
    chat.do(c.ChangeSettings(settings=c.Settings(plan_mode=True)))

    assert ("m-2", Effort.LOW) == (chat.current.model_id, chat.current.effort)
    assert isinstance(refused(chat, c.ChangeSettings(settings=c.Settings())), InvalidMessage)


@pytest.mark.parametrize("title", ["", "  \n"])
def test_a_title_is_never_blank(title: str) -> None:
    """Neither at creation nor later."""
    question = NewMessage(role=Role.USER, content=words("q"))

    assert isinstance(refused(at("W"), c.ChangeTitle(title=title)), InvalidMessage)
    create = c.Create(owner_id=OWNER, messages=(question,), title=title)
    assert isinstance(refused(no_chat(), create), InvalidMessage)


def test_two_labels_have_two_names() -> None:
    """Else one of them would be lost."""
    assert isinstance(refused(at("W"), c.ChangeLabels(labels=(("a", "1"), ("a", "2")))), InvalidMessage)
