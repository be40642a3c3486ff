"""The pure rules of processes, identities and touched paths (agent-and-relay A1.7, A3, A6.a)."""

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from chatcore.domain.ids import ChatId
from chatcore.domain.workspace.identity import ChatIdentity, identity_headers, parse_identity
from chatcore.domain.workspace.path_store import PathStore
from chatcore.domain.workspace.process import ProcessInfo, ProcessRecord
from chatcore.domain.workspace.process_rules import (
    exit_code_of,
    forgotten,
    process_environment,
    refuse_access,
    refuse_signal,
    visible_list,
)

A = ChatId("aaaaaaaa-0000-4000-8000-000000000001")
B = ChatId("bbbbbbbb-0000-4000-8000-000000000002")
NIL = "00000000-0000-0000-0000-000000000000"

CHATS = st.sampled_from([A, B, None])
RECORDS = st.lists(st.tuples(CHATS, st.none() | st.floats(0, 1000)), max_size=20).map(
    lambda drawn: [_record(order, owner, exited_s) for order, (owner, exited_s) in enumerate(drawn)]
)


def _record(order: int, owner: ChatId | None = None, exited_s: float | None = None) -> ProcessRecord:
    info = ProcessInfo(
        id=str(order), command="c", workdir="/", background=False, running=exited_s is None, started_at_unix=0
    )
    return ProcessRecord(info=info, owner=owner, started_order=order, exited_s=exited_s)


@pytest.mark.spec("A3.14", "A3.15")
@given(RECORDS, CHATS)
def test_a_list_is_filtered_ordered_and_then_cut(records: list[ProcessRecord], caller: ChatId | None) -> None:
    """Own processes, or all without a chat; running ones first, then the newest; at most ten."""
    seen = [record for record in records if caller is None or record.owner == caller]
    running = [record.info for record in reversed(seen) if record.info.running]
    exited = [record.info for record in reversed(seen) if not record.info.running]
    assert tuple((running + exited)[:10]) == visible_list(records, caller)


@pytest.mark.spec("A3.16")
def test_a_process_is_forgotten_when_its_exit_is_older_than_five_minutes() -> None:
    """Exactly five minutes are not older, and a running one is never forgotten."""
    records = [_record(1, exited_s=99.0), _record(2, exited_s=100.0), _record(3)]
    assert forgotten(records, now_s=400.0) == {"1"}
    assert forgotten(records, now_s=401.0) == {"1", "2"}


@pytest.mark.spec("A3.18", "A1.9")
@pytest.mark.parametrize(
    ("owner", "caller", "seen"),
    [(A, A, True), (A, B, False), (A, None, True), (None, A, True), (None, None, True)],
)
def test_a_process_is_hidden_from_other_chats_only(owner: ChatId | None, caller: ChatId | None, seen: bool) -> None:
    """What no chat started, and what no chat asks for, is open; hidden and unknown look alike."""
    refusal = refuse_access(_record(1, owner), caller)
    assert (refusal is None) == seen
    assert refusal in (None, refuse_access(None, caller))


@pytest.mark.spec("A3.e")
@pytest.mark.parametrize(
    ("record", "caller", "signal", "status"),
    [
        (_record(1, A), B, "nonsense", 404),
        (_record(1, A), A, "", 400),
        (None, A, "", 400),
        (None, A, "Kill", 400),
        (None, A, "hangup", 400),
        (None, A, "kill", 404),
        (_record(1, A, 5.0), A, "terminate", 409),
        (_record(1, A), A, "terminate", None),
        (_record(1), B, "kill", None),
    ],
)
def test_signals_are_checked_in_order(
    record: ProcessRecord | None, caller: ChatId, signal: str, status: int | None
) -> None:
    """The first check that fails answers."""
    refusal = refuse_signal(record, caller, signal)
    assert (None if refusal is None else refusal.status) == status


@pytest.mark.spec("A3.6")
def test_environment_layers_win_from_below() -> None:
    """The agent's, then the request's, then the chat's id, which a request can set only without a chat."""
    base, requested = {"A": "1", "B": "1"}, {"B": "2", "CODER_CHAT_ID": "evil"}
    assert process_environment(base, requested, None) == {"A": "1", "B": "2", "CODER_CHAT_ID": "evil"}
    assert process_environment(base, requested, ChatIdentity(chat_id=A)) == {"A": "1", "B": "2", "CODER_CHAT_ID": A}


@pytest.mark.spec("A3.10")
@pytest.mark.parametrize(("returncode", "code"), [(0, 0), (42, 42), (-9, -1), (None, -1)])
def test_only_a_normal_end_has_its_own_code(returncode: int | None, code: int) -> None:
    """A signal's number is not told apart from a failed wait."""
    assert exit_code_of(returncode) == code


@pytest.mark.spec("A3.13")
def test_what_is_unknown_about_a_process_is_absent() -> None:
    """On the wire there is no null."""
    info = _record(1).info
    known = {"id": "1", "command": "c", "background": False, "running": True, "started_at_unix": 0}
    assert evolve(info, workdir=None).to_json() == known
    assert evolve(info, exit_code=0, exited_at_unix=0).to_json() == {
        **known,
        "workdir": "/",
        "exit_code": 0,
        "exited_at_unix": 0,
    }


@pytest.mark.spec("A1.7")
@pytest.mark.parametrize(
    ("chat", "ancestors", "expected"),
    [
        (None, None, None),
        ("", None, None),
        ("no uuid", None, None),
        (NIL, None, None),
        (A, None, ()),
        (A.upper(), "", ()),
        (A, "not JSON", ()),
        (A, '{"a": 1}', ()),
        (A, f'["{B}", 7]', ()),
        (A, "[]", ()),
        (A, f'["{B}", "bad", "{NIL}", "{A}"]', (B, A)),
    ],
)
def test_an_identity_is_read_from_headers(
    chat: str | None, ancestors: str | None, expected: tuple[ChatId, ...] | None
) -> None:
    """Without a valid chat there is none; ancestors that cannot be read are left out, their order kept."""
    headers = {"coder-chat-id": chat, "CODER-ANCESTOR-CHAT-IDS": ancestors}
    identity = parse_identity({name: value for name, value in headers.items() if value is not None})
    assert identity == (None if expected is None else ChatIdentity(chat_id=A, ancestors=expected))


@pytest.mark.spec("A1.7")
@given(st.lists(st.integers(1, 99).map(lambda number: ChatId(f"00000000-0000-4000-8000-{number:012x}")), min_size=1))
def test_an_identity_survives_its_headers(ids: list[ChatId]) -> None:
    """What one side sends the other reads."""
    identity = ChatIdentity(chat_id=ids[0], ancestors=tuple(ids[1:]))
    assert identity == parse_identity(identity_headers(identity))
    assert parse_identity(identity_headers(None)) is None


@pytest.mark.spec("A6.1", "A6.2", "A6.3")
def test_touched_paths_belong_to_every_chat_named() -> None:
    """Sorted, each once, and chats do not see each other's."""
    store = PathStore()
    store.add_paths([A, B], ["/b", "/a"])
    store.add_paths([A], ["/b", "/c"])
    store.notify([A])
    assert (store.get_paths(A), store.get_paths(B)) == (("/a", "/b", "/c"), ("/a", "/b"))
    assert store.get_paths(ChatId("other")) == ()


@pytest.mark.spec("A6.2", "A6.3", "A6.4")
def test_subscribers_are_woken_for_their_own_chat_only() -> None:
    """By added paths, by a mere notification, and no more once they have left."""
    store, woken = PathStore(), list[str]()

    def wake() -> None:
        woken.append("first")

    leave, stay = store.subscribe(A, wake), store.subscribe(A, wake)
    store.add_paths([A], ["/a"])
    store.notify([B])
    assert len(woken) == 2
    leave()
    leave()
    store.add_paths([A], [])
    assert (len(woken), store.get_paths(A)) == (3, ("/a",))
    stay()
    store.notify([A])
    assert len(woken) == 3
