"""Every form that was ever written loads, and is written again byte for byte (architecture 5).

A golden file holds the payload of one event, `<type>.<schema>.<name>.json`, or a head or details. When an event class
changes, raise its SCHEMA, keep its old files, add new ones and an upcaster. To add a file: add the value below; the
failure shows the text. Golden files are never changed.
"""

import hashlib
import json
import time
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Final

import pytest

from chatcore.domain.chat import events as e
from chatcore.domain.chat.codec import Codec, CorruptPayload, EventSchemaIsNewer, UnknownEventType
from chatcore.domain.chat.details import ChatDetails, fold_details
from chatcore.domain.chat.evolve import evolve
from chatcore.domain.chat.head import FOLD_VERSION, ChatHead
from chatcore.domain.chat.values import (
    ActionEnd,
    ChatError,
    ClientType,
    CompactionSource,
    ContextUsage,
    DiffSummary,
    DynamicTool,
    PendingCall,
    QueuedRow,
    QueueRemoval,
    ReleaseReason,
    RetryState,
    Status,
    TitleSource,
    TurnCause,
)
from chatcore.domain.content import parts as p
from chatcore.domain.content.messages import Effort, Role, Usage, Visibility
from chatcore.domain.ids import ChatId, RunnerId, UserId, WorkerId
from chatcore.domain.json_text import JsonText, JsonValue

GOLDEN: Final = Path(__file__).parents[1] / "golden"
CODEC: Final = Codec()
NOON: Final = datetime(2026, 3, 1, 12, 0, 0, 125_000, tzinfo=UTC)
ADA: Final = UserId("ada")
METADATA: Final = JsonText('{"signature" : "s1"}')
ERROR: Final = ChatError(
    message="the model is overloaded — try later",
    detail="529",
    kind="overloaded",
    provider="anthropic",
    retryable=True,
    status_code=529,
)
ALL_PARTS: Final[tuple[p.Part, ...]] = (
    p.TextPart(text='say "ä" \u2028 \x00 😀', provider_metadata=METADATA),
    p.ReasoningPart(text="hm", title="Thinking", created_at=NOON, completed_at=NOON, provider_metadata=METADATA),
    p.ToolCallPart(
        tool_call_id="call:1",
        tool_name="execute",
        args=JsonText('{"command": 1.0e2}'),
        args_delta="{",
        parsed_commands=JsonText("[]"),
        mcp_server_config_id="mcp-1",
        provider_executed=True,
        hook_rewritten=True,
        created_at=NOON,
        provider_metadata=METADATA,
    ),
    p.ToolResultPart(
        tool_call_id="call:1",
        tool_name="execute",
        result=JsonText("null"),
        result_delta="x",
        result_reset=True,
        is_error=True,
        is_media=True,
        provider_executed=True,
        mcp_server_config_id="mcp-1",
        created_at=NOON,
        provider_metadata=METADATA,
    ),
    p.SourcePart(url="https://example.org", source_id="s", title="t", provider_metadata=METADATA),
    p.FilePart(media_type="image/png", name="a.png", data=b"\x00\xff", file_id="file-1", provider_metadata=METADATA),
    p.FileReferencePart(file_name="a.py", start_line=1, end_line=2, content="x = 1"),
    p.ContextFilePart(
        context_file_path="/AGENTS.md",
        context_file_truncated=True,
        context_file_agent_id="agent-1",
        context_file_content="be brief",
        context_file_os="linux",
        context_file_directory="/",
    ),
    p.SkillPart(
        skill_name="git", skill_description="commits", skill_dir="/skills/git", context_file_skill_meta_file="SKILL.md"
    ),
    p.HookContextPart(text="for the model"),
    p.HookNoticePart(text="for the reader"),
)
BARE_PARTS: Final[tuple[p.Part, ...]] = (
    p.TextPart(text=""),
    p.ReasoningPart(text=""),
    p.ToolCallPart(),
    p.ToolResultPart(),
    p.SourcePart(url=""),
    p.FilePart(media_type=""),
    p.ContextFilePart(context_file_path=""),
    p.SkillPart(skill_name=""),
)
WORDS: Final[tuple[p.Part, ...]] = (p.TextPart(text="hello"),)
TOOL: Final = DynamicTool(name="pick", description="picks a file", input_schema=JsonText('{"type":"object"}'))
DIFF: Final = DiffSummary(
    url="https://example.org/pr/1",
    state="open",
    additions=3,
    deletions=2,
    changed_files=1,
    branch="main",
    origin="https://example.org/repository.git",
)

EVENTS: Final[Mapping[str, e.Event]] = {
    "chat_created.1.minimal": e.ChatCreated(owner_id=ADA),
    "chat_created.1.full": e.ChatCreated(
        owner_id=ADA, parent_id=ChatId("p"), root_id=ChatId("r"), client_type=ClientType.API
    ),
    "child_spawned.1.full": e.ChildSpawned(child_id=ChatId("c")),
    "chat_archived.1.full": e.ChatArchived(by=ChatId("r")),
    "chat_unarchived.1.full": e.ChatUnarchived(by=ChatId("r")),
    "message_added.1.minimal": e.MessageAdded(role=Role.USER, content=()),
    "message_added.1.bare_parts": e.MessageAdded(role=Role.ASSISTANT, content=BARE_PARTS),
    "message_added.1.full": e.MessageAdded(
        role=Role.ASSISTANT,
        content=ALL_PARTS,
        visibility=Visibility.MODEL,
        compressed=True,
        model_id="model-1",
        effort=Effort.XHIGH,
        created_by=ADA,
        usage=Usage(
            input_tokens=1,
            output_tokens=2,
            total_tokens=3,
            reasoning_tokens=0,
            cache_creation_tokens=4,
            cache_read_tokens=5,
        ),
        context_limit=200_000,
        dynamic=("call:2",),
        from_queue=7,
        replay_of=8,
        partial=True,
    ),
    "history_truncated.1.minimal": e.HistoryTruncated(from_seq=2),
    "history_truncated.1.full": e.HistoryTruncated(from_seq=9, boundary=3, answered=8),
    "context_compacted.1.full": e.ContextCompacted(
        source=CompactionSource.MANUAL,
        threshold_percent=70,
        usage_percent=80.5,
        context_tokens=161_000,
        context_limit=200_000,
        covers_to=12,
    ),
    "context_cleared.1.full": e.ContextCleared(),
    "compaction_requested.1.full": e.CompactionRequested(),
    "turn_started.1.full": e.TurnStarted(cause=TurnCause.PROMOTED),
    "turn_finished.1.full": e.TurnFinished(),
    "turn_interrupted.1.full": e.TurnInterrupted(),
    "turn_failed.1.minimal": e.TurnFailed(error=ChatError(message="no")),
    "turn_failed.1.full": e.TurnFailed(error=ERROR),
    "interrupt_requested.1.full": e.InterruptRequested(reason="interrupted by the user"),
    "action_required.1.full": e.ActionRequired(deadline_at=NOON, calls=("call:2", "call:3")),
    "action_ended.1.full": e.ActionEnded(reason=ActionEnd.TIMED_OUT),
    "acquired.1.full": e.Acquired(worker_id=WorkerId("w"), runner_id=RunnerId("r")),
    "released.1.full": e.Released(reason=ReleaseReason.SHUTDOWN),
    "attempt_started.1.full": e.AttemptStarted(attempt=2),
    "retry_scheduled.1.full": e.RetryScheduled(attempt=1, error=ERROR, delay_ms=1_000, retry_at=NOON),
    "message_queued.1.minimal": e.MessageQueued(content=WORDS, created_by=ADA),
    "message_queued.1.full": e.MessageQueued(content=WORDS, created_by=ADA, model_id="model-1", effort=Effort.LOW),
    "queue_removed.1.full": e.QueueRemoved(ids=(4, 5), reason=QueueRemoval.EDITED),
    "queue_moved.1.full": e.QueueMoved(id=5),
    "title_changed.1.full": e.TitleChanged(title="Über alles", source=TitleSource.GENERATED),
    "labels_changed.1.full": e.LabelsChanged(labels=(("a", "1"), ("b", ""))),
    "workspace_bound.1.minimal": e.WorkspaceBound(),
    "workspace_bound.1.full": e.WorkspaceBound(workspace_id="w", build_id="b", agent_id="a"),
    "settings_changed.1.minimal": e.SettingsChanged(),
    "settings_changed.1.full": e.SettingsChanged(
        model_id="model-2",
        effort=Effort.NONE,
        plan_mode=False,
        mode="explore",
        mcp_server_ids=("mcp-1",),
        dynamic_tools=(TOOL,),
    ),
    "summary_changed.1.full": e.SummaryChanged(text="all about lists"),
    "diff_changed.1.minimal": e.DiffChanged(diff=DiffSummary()),
    "diff_changed.1.full": e.DiffChanged(diff=DIFF),
}

HEADS: Final[Mapping[str, ChatHead]] = {
    "head.1.minimal": ChatHead(owner_id=ADA, seq=1, history_version=1),
    "head.1.full": ChatHead(
        owner_id=ADA,
        parent_id=ChatId("p"),
        root_id=ChatId("r"),
        seq=40,
        history_version=30,
        queue_version=31,
        retry_version=32,
        generation_attempt=2,
        children=1,
        status=Status.REQUIRES_ACTION,
        archived=True,
        queue=(
            QueuedRow(id=20, bytes=5),
            QueuedRow(id=21, bytes=6, model_id="model-1", effort=Effort.MAX, created_by=ADA),
        ),
        worker_id=WorkerId("w"),
        runner_id=RunnerId("u"),
        last_error=ERROR,
        retry=RetryState(attempt=1, error=ERROR.without_detail(), delay_ms=1_000, retry_at=NOON),
        pending=(
            PendingCall(call_id="a", tool_name="execute", orphaned=True),
            PendingCall(call_id="b", tool_name="pick", dynamic=True),
        ),
        pending_seq=30,
        deadline_at=NOON,
        boundary=10,
        answered=30,
        spoken=29,
        system=(2, 3),
        usage=ContextUsage(context_tokens=10, context_limit=100),
        compaction_requested=True,
        model_id="model-1",
        effort=Effort.HIGH,
    ),
}

DETAILS: Final[Mapping[str, ChatDetails]] = {
    "details.1.minimal": ChatDetails(),
    "details.1.full": ChatDetails(
        title="Über alles",
        title_source=TitleSource.USER,
        labels=(("a", "1"),),
        workspace_id="w",
        build_id="b",
        agent_id="a",
        model_id="model-2",
        effort=Effort.MINIMAL,
        plan_mode=True,
        mode="explore",
        mcp_server_ids=("mcp-1",),
        dynamic_tools=(TOOL,),
        summary="all about lists",
        diff=DIFF,
    ),
}

FOLDS: Final[Mapping[int, str]] = {1: "09af70f8db7d7f8820b69dd08ea182887ed44bc85afd1896c9aa9a3fd2b5dfc9"}
"""By FOLD_VERSION: the digest of all heads and details along `log.jsonl`."""


def golden(name: str) -> str:
    path = GOLDEN / f"{name}.json"
    assert path.exists(), f"write {path.name} with the text of the value `{name}`"
    return path.read_text(encoding="utf-8").removesuffix("\n")


def log() -> Iterator[e.Event]:
    for line in (GOLDEN / "log.jsonl").read_text(encoding="utf-8").splitlines():
        row = json.loads(line)
        yield CODEC.decode_event(row["type"], row["schema"], json.dumps(row["payload"]))


@pytest.mark.parametrize("name", EVENTS)
def test_an_event_of_every_version_loads_and_is_written_alike(name: str) -> None:
    """The golden text is read as the value, and the value is written as that text."""
    event, text = EVENTS[name], golden(name)
    type_name, schema, _ = name.split(".")

    found = CODEC.decode_event(type_name, int(schema), text)
    assert repr(event) == repr(found)
    assert event == found
    if int(schema) == event.SCHEMA:
        assert text == CODEC.encode_event(event).payload


@pytest.mark.parametrize("name", HEADS)
def test_a_head_loads_and_is_written_alike(name: str) -> None:
    """Heads of this fold are read and written byte for byte; older ones are folded anew from the log."""
    text = golden(name)

    assert repr(HEADS[name]) == repr(CODEC.decode_head(text))
    assert text == CODEC.encode_head(HEADS[name])


@pytest.mark.parametrize("name", DETAILS)
def test_details_load_and_are_written_alike(name: str) -> None:
    """Details are read and written byte for byte."""
    text = golden(name)

    assert repr(DETAILS[name]) == repr(CODEC.decode_details(text))
    assert text == CODEC.encode_details(DETAILS[name])


@pytest.mark.parametrize("kind", e.EVENT_TYPES)
def test_no_event_class_is_without_a_golden_file(kind: type[e.Event]) -> None:
    """Each class has a golden file in its newest schema with a value in every field that it has."""
    name = f"{kind.TYPE}.{kind.SCHEMA}.full"

    assert name in EVENTS
    assert set(json.loads(golden(name))) == {field.name for field in kind.__attrs_attrs__}


def test_no_golden_file_is_without_a_value() -> None:
    """What was written once is looked at for ever."""
    names = {path.name.removesuffix(".json") for path in GOLDEN.glob("*.json")}

    assert {*EVENTS, *HEADS, *DETAILS} == names


def test_the_golden_log_holds_every_kind_of_event() -> None:
    """So that the digest below looks at the whole fold."""
    assert set(e.EVENT_TYPES) == {type(event) for event in log()}


def test_a_changed_fold_has_a_new_version() -> None:
    """If heads or details along the golden log differ from what they were: raise FOLD_VERSION, add its digest here."""
    digest, head = hashlib.sha256(), None
    events = list(log())
    for number, event in enumerate(events, 1):
        head = evolve(head, event)
        digest.update(CODEC.encode_head(head).encode())
        digest.update(CODEC.encode_details(fold_details(events[:number])).encode())

    assert FOLDS[FOLD_VERSION] == digest.hexdigest(), "raise FOLD_VERSION in head.py and add the new digest to FOLDS"


@pytest.mark.parametrize("zone", ["UTC", "Asia/Tokyo", "America/Lima"])
def test_times_are_written_in_utc_wherever_the_machine_stands(zone: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A time of any zone is written as that moment in UTC, whatever the local zone is, and read in UTC."""
    monkeypatch.setenv("TZ", zone)
    time.tzset()
    try:
        there = NOON.astimezone(timezone(timedelta(hours=-3)))
        stored = CODEC.encode_event(e.ActionRequired(deadline_at=there, calls=()))
        assert "2026-03-01T12:00:00.125000+00:00" in stored.payload
        found = CODEC.decode_event(stored.type, stored.schema, stored.payload)
        assert repr(found) == repr(e.ActionRequired(deadline_at=NOON, calls=()))
    finally:
        monkeypatch.undo()
        time.tzset()


@pytest.mark.spec("architecture-5")
def test_old_schemas_are_lifted_step_by_step() -> None:
    """An event of a made-up older schema passes every upcaster between, oldest first, and reads as the newest."""

    def add_cause(fields: Mapping[str, JsonValue]) -> Mapping[str, JsonValue]:
        return {"why": "sent", **fields}

    def rename(fields: Mapping[str, JsonValue]) -> Mapping[str, JsonValue]:
        return {"cause": fields["why"]}

    old = Codec(upcasters={("turn_started", -1): add_cause, ("turn_started", 0): rename})

    assert e.TurnStarted(cause=TurnCause.SENT) == old.decode_event("turn_started", -1, "{}")
    assert e.TurnStarted(cause=TurnCause.EDITED) == old.decode_event("turn_started", 0, '{"why":"edited"}')
    assert e.TurnStarted(cause=TurnCause.SENT) == old.decode_event("turn_started", 1, '{"cause":"sent"}')
    with pytest.raises(CorruptPayload, match="nothing lifts turn_started from schema -2"):
        old.decode_event("turn_started", -2, "{}")
    with pytest.raises(CorruptPayload, match="cause"):
        old.decode_event("turn_started", 0, '{"why":"nobody knows"}')


def test_what_a_newer_chatcore_wrote_is_told_from_what_is_broken() -> None:
    """An unknown type and a newer schema say: deploy a newer version; their names are in the text."""
    with pytest.raises(UnknownEventType, match="chat_forked"):
        CODEC.decode_event("chat_forked", 1, "{}")
    with pytest.raises(EventSchemaIsNewer, match="turn_started in schema 2"):
        CODEC.decode_event("turn_started", 2, '{"cause":"sent"}')
