"""Whatever log is cut after whatever append, another worker brings its chat to rest; what would not survive is told."""

import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from pathlib import Path

import anyio
import pytest
from attrs import evolve
from hypothesis import given, settings

import chatcore
from chatcore.adapters.cli.log_views import export_events
from chatcore.adapters.memory.chat import MemoryChat
from chatcore.app.tool_step import UNKNOWN_OUTCOME, ToolStep
from chatcore.domain.chat.commands import Behavior
from chatcore.domain.chat.envelope import StoredEvent
from chatcore.domain.chat.events import Acquired
from chatcore.domain.content.parts import ToolResultPart
from chatcore.domain.content.prompt import PromptMessage
from chatcore.domain.content.render import GrowingPrompt
from chatcore.domain.content.tool_results import ToolOutcome, ToolText
from chatcore.domain.ids import ChatId
from chatcore.domain.json_text import JsonValue
from chatcore.domain.turn.next_step import LocalCall
from chatcore.ports.actor import SYSTEM
from chatcore.ports.model import ModelRequest
from chatcore.ports.store_values import ChatAppend
from chatcore.testing import Call, Pause, Saying, Script, ScriptedModel, latest_results
from chatcore.testing.chat_log import ChatLog
from chatcore.testing.crash.everywhere import CrashFault, Fate, NotALog, Recovered, Scene, crash_everywhere
from chatcore.testing.deeds import Deeds
from chatcore.testing.recorded_logs import append_ends, read_logs, recorded, story
from chatcore.testing.strategies.logs import chat_logs

FEW = max(settings().max_examples // 20, 10)
"""A log is cut at a dozen places, and each cut is a whole service."""


def three_steps(request: ModelRequest) -> Iterator[Saying]:
    """Two steps with tools, one of which may run again, and an answer."""
    steps = sum(1 for message in request.messages if message.role == "tool")
    if steps < 2:
        yield "Let me see. "
        yield Call("note")
        yield Call("stamp")
    else:
        yield f"There were {len(latest_results(request))} answers."


def one_step(request: ModelRequest) -> Iterator[Saying]:
    """A call at first, an answer to everything else."""
    yield Call("note") if len(request.messages) == 1 else "So."


class Office(Scene):
    """Where things are noted and stamped: noting twice shows, stamping twice does not."""

    def __init__(self, script: Script = three_steps) -> None:
        super().__init__(script)
        self.noted: list[str] = []
        self.stamped: set[str] = set()

    def tools(self) -> Sequence[chatcore.Tool]:
        """Two tools on one world."""

        async def note(context: chatcore.ToolContext, _: Mapping[str, JsonValue]) -> ToolOutcome:
            self.noted.append(context.idempotency_key)
            return ToolText(text="noted")

        async def stamp(context: chatcore.ToolContext, _: Mapping[str, JsonValue]) -> ToolOutcome:
            self.stamped.add(context.idempotency_key)
            return ToolText(text="stamped")

        return [
            chatcore.Tool(definition=_definition("note"), handler=note),
            chatcore.Tool(definition=_definition("stamp"), handler=stamp, repeat=chatcore.Repeat.IDEMPOTENT),
        ]

    def check(self, recovered: Recovered) -> None:
        """Every call that was answered in order was carried out, and nothing was noted twice."""
        assert len(self.noted) == len(set(self.noted)), f"something was noted twice: {len(self.noted)} notes"
        results = [part for message in recovered.transcript for part in message.content]
        told = [part for part in results if isinstance(part, ToolResultPart) and not part.is_error]
        assert len(told) <= len(self.noted) + len(self.stamped), "a result tells of something that was not done"


def _definition(name: str) -> chatcore.ToolDefinition:
    return chatcore.ToolDefinition(name=name, description=name, input_schema=chatcore.object_schema({}))


async def _whole_day(url: str = "memory://") -> tuple[StoredEvent, ...]:
    """A chat with tools, a queue, an interrupt and a second turn, as a real service records it."""
    slow = ScriptedModel([["One ", Pause(0.05), "moment."], [Call("note")], ["So."], ["Yes."], ["Again."]])
    async with chatcore.open(url, model=slow, tools=Office().tools()) as chats:
        chat = await chats.create("Hello", owner="ada")
        await chat.send("And this?")
        await chat.rest()
        await chat.send("Another thing.")
        await chat.send("Stop, this first.", behavior=Behavior.INTERRUPT)
        await chat.rest()
        return (await chats.store.events(chat.id, actor=SYSTEM)).events


@pytest.fixture(scope="module")
def day() -> tuple[StoredEvent, ...]:
    """A recorded run."""
    return anyio.run(_whole_day)


@pytest.fixture(scope="module")
def with_tools() -> tuple[StoredEvent, ...]:
    """A run in which calls of both kinds of tools are open for a while."""

    async def run() -> tuple[StoredEvent, ...]:
        async with chatcore.open(model=ScriptedModel(three_steps), tools=Office().tools()) as chats:
            chat = await chats.create("Go on.", owner="ada")
            await chat.rest()
            return (await chats.store.events(chat.id, actor=SYSTEM)).events

    return anyio.run(run)


@pytest.mark.spec("architecture-9.3", "architecture-9.4", "architecture-9.5", "architecture-9.6")
@settings(max_examples=FEW)
@given(chat_logs())
def test_any_legal_log_survives_a_crash_after_every_append(chat: ChatLog) -> None:
    """Chats in every state, with whatever was said in them, come to rest and keep all they had."""
    log = recorded(chat)

    report = crash_everywhere(log)

    assert append_ends(log) == report.cuts
    assert report.crashes >= len(report.cuts)


@pytest.mark.spec("2.6.M4", "7.8.2", "architecture-9.5")
def test_a_recorded_run_survives_a_crash_after_every_append(
    day: tuple[StoredEvent, ...], with_tools: tuple[StoredEvent, ...]
) -> None:
    """Real turns with tools, a queue and an interrupt; both fates of open calls are lived through."""
    for log in (day, with_tools):
        report = crash_everywhere(log, Office)

        assert append_ends(log) == report.cuts
        assert report.crashes > len(report.cuts), "calls were open at some cut"
        assert report.events
        assert report.runs


def test_the_same_crash_is_the_same_run(with_tools: tuple[StoredEvent, ...]) -> None:
    """Event for event, with times and ids."""
    seen: list[Recovered] = []

    class Watched(Office):
        def check(self, recovered: Recovered) -> None:
            seen.append(recovered)

    for _ in range(2):
        crash_everywhere(with_tools, Watched)

    half = len(seen) // 2
    assert seen[:half] == seen[half:]
    assert {Fate.NOT_BEGUN, Fate.DONE} == {each.fate for each in seen}


def test_an_export_can_be_cut(tmp_path: Path) -> None:
    """What `chatcore log export` prints is read back as it was stored."""
    url = f"sqlite:///{tmp_path}/chats.db"
    lines: list[str] = []

    async def run() -> tuple[StoredEvent, ...]:
        log = await _whole_day(url)
        await export_events(url, (), lambda event: lines.append(json.dumps(event)))
        return log

    log = anyio.run(run)
    read = read_logs(lines)[log[0].chat_id]

    assert [evolve(stored, position=0) for stored in log] == [evolve(stored, position=0) for stored in read]
    assert crash_everywhere(read, Office).cuts == append_ends(log)


@pytest.mark.spec("2.6.M4")
def test_a_tool_that_lies_about_repeating_is_found(with_tools: tuple[StoredEvent, ...]) -> None:
    """It says IDEMPOTENT, and does it twice; the error names the cut, tells the log and can be had again."""

    class Careless(Office):
        def tools(self) -> Sequence[chatcore.Tool]:
            return [evolve(tool, repeat=chatcore.Repeat.IDEMPOTENT) for tool in super().tools()]

    with pytest.raises(CrashFault) as caught:
        crash_everywhere(with_tools, Careless)
    with pytest.raises(CrashFault) as again:
        crash_everywhere(with_tools, Careless, cuts=[caught.value.cut])

    assert str(caught.value) == str(again.value)
    assert Fate.DONE is caught.value.fate
    assert f"event {caught.value.cut} is not survived (what the open calls ask for was done" in str(caught.value)
    assert f"cuts=[{caught.value.cut}]" in str(caught.value)
    assert "the worker dies here" in str(caught.value)


@pytest.mark.spec("2.6.M4")
def test_a_service_that_runs_orphans_again_is_found(
    with_tools: tuple[StoredEvent, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    """With one line of chatcore sabotaged, tools that may not repeat run for calls of the dead worker."""
    outcome = ToolStep._outcome

    async def forgetful(self: ToolStep, call: LocalCall) -> ToolOutcome:
        return await outcome(self, evolve(call, orphaned=False))

    monkeypatch.setattr(ToolStep, "_outcome", forgetful)

    with pytest.raises(CrashFault, match="which the dead worker may have run already"):
        crash_everywhere(with_tools, Office)


@pytest.mark.spec("1.6", "architecture-9.5")
def test_an_illegal_prompt_is_found(with_tools: tuple[StoredEvent, ...], monkeypatch: pytest.MonkeyPatch) -> None:
    """With one line of chatcore sabotaged, the model is shown calls that nobody answered."""
    messages = GrowingPrompt.messages

    def unanswered(self: GrowingPrompt) -> tuple[PromptMessage, ...]:
        return tuple(message for message in messages(self) if message.role != "tool")

    monkeypatch.setattr(GrowingPrompt, "messages", unanswered)

    with pytest.raises(CrashFault, match=r"prompt \d+ is not legal") as caught:
        crash_everywhere(with_tools, lambda: Office(one_step))
    assert len(str(caught.value).splitlines()) < 50, "an error is for people"


@pytest.mark.spec("architecture-9.1")
def test_a_store_that_loses_events_is_found(day: tuple[StoredEvent, ...], monkeypatch: pytest.MonkeyPatch) -> None:
    """With one line of the store sabotaged, the last event of every long append is acknowledged and not kept."""
    add = MemoryChat.add

    def forgetful(self: MemoryChat, append: ChatAppend, events: Sequence[StoredEvent], now: datetime) -> None:
        add(self, append, events[:1] if len(events) > 2 else events, now)

    monkeypatch.setattr(MemoryChat, "add", forgetful)

    with pytest.raises(CrashFault, match="the store does not verify"):
        crash_everywhere(day, Office)


def test_a_chat_that_never_rests_is_found(with_tools: tuple[StoredEvent, ...]) -> None:
    """A tool that hangs for ever after the crash keeps its chat from resting."""
    deeds = Deeds()

    class Hanging(Scene):
        def tools(self) -> Sequence[chatcore.Tool]:
            return [deeds.tool(name, seconds=1e6, repeat=chatcore.Repeat.IDEMPOTENT) for name in ("note", "stamp")]

    with pytest.raises(CrashFault, match="has not come to rest"):
        crash_everywhere(with_tools, lambda: Hanging(three_steps), cuts=[append_ends(with_tools)[0]])


def test_the_model_is_told_that_the_outcome_is_unknown(with_tools: tuple[StoredEvent, ...]) -> None:
    """An open call of a tool that may not repeat is answered so, and the scene can see it."""
    unknown: list[bool] = []

    class Asking(Office):
        def check(self, recovered: Recovered) -> None:
            said = [part for message in recovered.transcript for part in message.content]
            unknown.append(any(isinstance(p, ToolResultPart) and UNKNOWN_OUTCOME in (p.result or "") for p in said))

    report = crash_everywhere(with_tools, Asking)

    assert True in unknown
    assert unknown.count(True) == 2 * (report.crashes - len(report.cuts))


def test_a_log_that_could_not_be_is_refused(day: tuple[StoredEvent, ...]) -> None:
    """Half a log, half an append, two logs at once, and a cut within an append are the caller's mistakes."""
    elsewhere = [evolve(stored, chat_id=ChatId("other")) if stored.seq > 3 else stored for stored in day]
    for log in (day[3:], day[:1], (), elsewhere):
        with pytest.raises(NotALog):
            crash_everywhere(log)
    with pytest.raises(NotALog, match=r"no append of the log ends at \[1\]"):
        crash_everywhere(day, cuts=[1])


def test_a_story_has_a_line_for_each_event(day: tuple[StoredEvent, ...]) -> None:
    """Long ones are cut; the crash has a line of its own."""
    told = story(day, crash_after=3).splitlines()

    assert len(day) + 1 == len(told)
    assert "dies here" in told[3]
    assert all(stored.event.TYPE in line for stored, line in zip(day, told[:3] + told[4:], strict=True))
    assert any(isinstance(stored.event, Acquired) for stored in day)
