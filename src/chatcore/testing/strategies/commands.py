"""Commands that fit a chat, with the evidence that its log holds (events.md, "Transitions" and "Evidence").

"Fit" means: the state of the chat allows the key, and what is named exists. Some are refused all the same, such as an
answer while calls are open. `nonsense.py` makes the ones that do not fit.
"""

from collections.abc import Callable, Mapping
from functools import cache
from typing import Final, TypeAlias

from attrs import evolve
from hypothesis import strategies as st

from chatcore.domain.chat import commands as c
from chatcore.domain.chat.append import Append
from chatcore.domain.chat.states import CommandKey as Key
from chatcore.domain.chat.states import ExecutionState as State
from chatcore.domain.chat.transitions import RUNNER_COMMANDS, allowed_commands
from chatcore.domain.chat.values import ReleaseReason
from chatcore.domain.content.messages import Role, Visibility
from chatcore.domain.ids import Seq
from chatcore.domain.rejection import Rejection
from chatcore.testing.chat_log import ChatLog
from chatcore.testing.strategies.basics import maybe, spoken, times
from chatcore.testing.strategies.command_values import (
    RUNNERS,
    WORKERS,
    answers,
    call_results,
    cancel_reasons,
    details_commands,
    dynamic_results,
    efforts,
    errors,
    labels,
    models,
    new_messages,
    questions,
    settings,
    steps,
    users,
)
from chatcore.testing.strategies.histories import usages

_Maker: TypeAlias = Callable[[st.DrawFn, ChatLog], c.Command]

_FAMILY: Final = frozenset({Key.SPAWN_CHILD, Key.ARCHIVE, Key.UNARCHIVE})
_DETAILS: Final = frozenset(
    {
        Key.CHANGE_TITLE,
        Key.CHANGE_LABELS,
        Key.BIND_WORKSPACE,
        Key.CHANGE_SETTINGS,
        Key.CHANGE_SUMMARY,
        Key.CHANGE_DIFF,
    }
)
_NEED_ALL_ANSWERED: Final = frozenset({Key.COMMIT_ANSWER, Key.COMMIT_SALVAGE, Key.COMMIT_COMPACTION})


@st.composite
def creates(draw: st.DrawFn) -> c.Create:
    """Commands that begin a chat: any opening messages, and what else may be given about it."""
    return c.Create(
        owner_id=draw(users()),
        messages=draw(_OPENINGS),
        title=draw(_TITLES),
        labels=draw(_LABELS),
        settings=draw(_SETTINGS),
        workspace_id=draw(_WORKSPACES),
    )


@st.composite
def fitting_commands(draw: st.DrawFn, chat: ChatLog, *, alone: bool = True) -> c.Command:
    """Commands whose key the state of the chat allows, with what they name and the evidence taken from its log.

    Those that bring a turn on are drawn more often. `alone=False` leaves out what concerns a whole family: children
    and archiving; there must be something else that the state allows.
    """
    head = chat.head
    local = head is not None and any(not call.dynamic for call in head.pending)
    client = head is not None and any(call.dynamic for call in head.pending)
    keys = _weighted(chat.state, head is not None and head.owned, local, client, alone)
    return _FITTING[draw(keys)](draw, chat)


@st.composite
def fitting_appends(draw: st.DrawFn, chat: ChatLog, *, alone: bool = True) -> Append:
    """One to three commands, each fitting the chat after the ones before it, under its runner's fence if needed."""
    preview = chat.copy()
    commands: list[c.Command] = []
    for _ in range(draw(_LENGTHS)):
        command = draw(fitting_commands(preview, alone=alone))
        commands.append(command)
        try:
            preview.do(command)
        except Rejection:
            break
    return chat.append_of(*commands)


@cache
def _weighted(state: State, owned: bool, local: bool, client: bool, alone: bool) -> st.SearchStrategy[Key]:
    weights = dict.fromkeys(allowed_commands(state), 2)
    for key in weights:
        if key in _DETAILS or key in _FAMILY:
            weights[key] = 1
        elif key in RUNNER_COMMANDS:
            weights[key] = 4 if owned else 0
        if key in _NEED_ALL_ANSWERED and (local or client):
            weights[key] = 0
    weights |= {
        key: weight
        for key, weight in (
            (Key.ACQUIRE, 1 if owned else 12),
            (Key.COMMIT_ANSWER, 16 if owned and not (local or client) else 0),
            (Key.COMMIT_RESULTS, 16 if owned and local else 0),
            (Key.ENTER_REQUIRES_ACTION, 24 if owned and client and not local else 0),
            (Key.ABANDON, 1 if owned else 0),
            (Key.SEND_QUEUE, 6),
        )
        if key in weights
    }
    if not alone:
        weights = {key: weight for key, weight in weights.items() if key not in _FAMILY}
    return st.sampled_from([key for key in sorted(weights) for _ in range(weights[key])])


def _send(draw: st.DrawFn, chat: ChatLog, behavior: c.Behavior) -> c.Command:
    return c.SendMessage(
        content=draw(_QUESTIONS),
        created_by=draw(_USERS),
        behavior=behavior,
        model_id=draw(_MODELS),
        effort=draw(_EFFORTS),
        promotion=chat.first_promotion() if chat.state is State.ERROR_QUEUED else None,
    )


def _edit(draw: st.DrawFn, chat: ChatLog) -> c.Command:
    said = [
        message.id
        for message in chat.transcript()
        if message.role is Role.USER and message.visibility is Visibility.BOTH
    ]
    message_id = draw(st.sampled_from(said or [1]))
    return c.EditMessage(
        message_id=message_id,
        content=draw(_QUESTIONS),
        created_by=draw(_USERS),
        target=chat.edit_target(message_id),
        model_id=draw(_MODELS),
        effort=draw(_EFFORTS),
        suffix=draw(_SUFFIXES),
    )


def _row(draw: st.DrawFn, chat: ChatLog) -> Seq:
    return draw(st.sampled_from([row.id for row in chat.current.queue]))


def _promote(draw: st.DrawFn, chat: ChatLog) -> c.Command:
    row = _row(draw, chat)
    return c.PromoteQueued(queued_id=row, promotion=chat.promotion(row))


def _complete(draw: st.DrawFn, chat: ChatLog) -> c.Command:
    calls = draw(st.permutations([call.call_id for call in chat.current.pending if call.dynamic]))
    results = tuple(draw(dynamic_results(call_id)) for call_id in calls)
    return c.CompleteRequiresAction(results=results, suffix=draw(_SUFFIXES))


def _call_results(draw: st.DrawFn, chat: ChatLog) -> tuple[c.CallResult, ...]:
    local = [call.call_id for call in chat.current.pending if not call.dynamic]
    if not local:
        return ()
    return tuple(draw(call_results(call_id)) for call_id in draw(st.lists(st.sampled_from(local), unique=True)))


def _answer(draw: st.DrawFn, _: ChatLog) -> c.Command:
    return evolve(draw(_STEPS), usage=draw(_USAGES), context_limit=draw(_CONTEXT_LIMITS))


def _compact(draw: st.DrawFn, chat: ChatLog) -> c.Command:
    return c.CommitCompaction(
        summary=draw(_SUMMARIES),
        prefix=draw(_PREFIXES),
        call_id=f"chat_summarized_{chat.current.seq}",
        threshold_percent=draw(_PERCENTS),
        usage_percent=draw(_PERCENTS) / 4,
        context_tokens=draw(_TOKENS),
        context_limit=draw(_TOKENS),
        unanswered=chat.replays(),
    )


def _finish_interruption(draw: st.DrawFn, chat: ChatLog) -> c.Command:
    silent = bool(chat.current.pending) or draw(_COINS)
    return c.FinishInterruption(
        partial=() if silent else draw(_ANSWERS),
        results=_call_results(draw, chat),
        model_id=draw(_MODELS),
        promotion=chat.first_promotion(),
    )


_USERS: Final = users()
_MODELS: Final = models()
_EFFORTS: Final = efforts()
_QUESTIONS: Final = questions()
_ANSWERS: Final = answers()
_STEPS: Final = steps()
_ERRORS: Final = errors()
_USAGES: Final = maybe(usages())
_TOKENS: Final = st.integers(0, 1_000_000)
_PERCENTS: Final = st.integers(0, 100)
_CONTEXT_LIMITS: Final = maybe(st.integers(1, 1_000_000))
_SUFFIXES: Final = st.lists(new_messages(Role.USER), max_size=2).map(tuple)
_OPENINGS: Final = st.lists(new_messages(Role.SYSTEM, Role.USER), min_size=1, max_size=3).map(tuple)
_TITLES: Final = maybe(spoken())
_LABELS: Final = labels()
_SETTINGS: Final = st.just(c.Settings()) | settings()
_WORKSPACES: Final = st.sampled_from((None, "workspace-1"))
_SUMMARIES: Final = spoken()
_PREFIXES: Final = st.sampled_from(("", "What follows sums up earlier work:"))
_COINS: Final = st.booleans()
_LENGTHS: Final = st.sampled_from((1, 1, 1, 2, 3))
_DETAILS_COMMANDS: Final = details_commands()
_INTERRUPTS: Final = st.builds(c.Interrupt, reason=spoken())
_CANCELS: Final = st.builds(c.CancelRequiresAction, reason=cancel_reasons())
_ACQUIRES: Final = st.builds(c.Acquire, worker_id=st.sampled_from(WORKERS), runner_id=st.sampled_from(RUNNERS))
_ABANDONS: Final = st.builds(c.Abandon, reason=st.sampled_from(ReleaseReason))
_RETRIES: Final = st.builds(c.RecordRetryState, error=errors(), delay_ms=st.integers(0, 300_000), at=times())
_SALVAGES: Final = st.builds(c.CommitSalvage, content=answers(), model_id=models())
_ACTIONS: Final = st.builds(c.EnterRequiresAction, at=times(), timeout_ms=st.integers(0, 300_000))
_CREATES: Final = creates()

_FITTING: Final[Mapping[Key, _Maker]] = {
    Key.CREATE: lambda draw, _: draw(_CREATES),
    Key.SPAWN_CHILD: lambda _, chat: c.SpawnChild(child_id=chat.chat_id),
    Key.ARCHIVE: lambda _, chat: c.SetArchived(archived=True, by=chat.chat_id),
    Key.UNARCHIVE: lambda _, chat: c.SetArchived(archived=False, by=chat.chat_id),
    Key.SEND_QUEUE: lambda draw, chat: _send(draw, chat, c.Behavior.QUEUE),
    Key.SEND_INTERRUPT: lambda draw, chat: _send(draw, chat, c.Behavior.INTERRUPT),
    Key.EDIT_MESSAGE: _edit,
    Key.DELETE_QUEUED: lambda draw, chat: c.DeleteQueued(queued_id=_row(draw, chat)),
    Key.PROMOTE_QUEUED: _promote,
    Key.INTERRUPT: lambda draw, _: draw(_INTERRUPTS),
    Key.REQUEST_COMPACTION: lambda *_: c.RequestCompaction(),
    Key.CLEAR_CONTEXT: lambda _, chat: c.ClearContext(call_id=f"chat_cleared_{chat.current.seq}"),
    Key.COMPLETE_REQUIRES_ACTION: _complete,
    Key.CANCEL_REQUIRES_ACTION: lambda draw, _: draw(_CANCELS),
    Key.ACQUIRE: lambda draw, _: draw(_ACQUIRES),
    Key.ABANDON: lambda draw, _: draw(_ABANDONS),
    Key.RECORD_GENERATION_ATTEMPT: lambda *_: c.RecordGenerationAttempt(),
    Key.RECORD_RETRY_STATE: lambda draw, _: draw(_RETRIES),
    Key.COMMIT_ANSWER: _answer,
    Key.COMMIT_RESULTS: lambda draw, chat: c.CommitResults(results=_call_results(draw, chat)),
    Key.COMMIT_SALVAGE: lambda draw, _: draw(_SALVAGES),
    Key.COMMIT_COMPACTION: _compact,
    Key.ENTER_REQUIRES_ACTION: lambda draw, _: draw(_ACTIONS),
    Key.FINISH_TURN: lambda _, chat: c.FinishTurn(promotion=chat.first_promotion()),
    Key.FINISH_ERROR: lambda draw, _: c.FinishError(error=draw(_ERRORS)),
    Key.FINISH_INTERRUPTION: _finish_interruption,
    **dict.fromkeys(_DETAILS, lambda draw, _: draw(_DETAILS_COMMANDS)),
}
