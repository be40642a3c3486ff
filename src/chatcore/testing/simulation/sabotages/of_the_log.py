"""Sabotages of what is decided and folded."""

from collections.abc import Callable, Sequence
from typing import Final, TypeAlias

from chatcore.domain.chat.commands import Command, FinishError, FinishTurn
from chatcore.domain.chat.draft import Draft
from chatcore.domain.chat.events import Event, MessageAdded
from chatcore.domain.chat.evidence import Replay
from chatcore.domain.chat.head import ChatHead
from chatcore.domain.chat.values import PendingCall, QueuedRow
from chatcore.domain.content.messages import Role
from chatcore.domain.content.prompt import PromptMessage
from chatcore.domain.content.repair import PromptRepair
from chatcore.domain.ids import Seq
from chatcore.testing.simulation.swapping import Sabotage

_Decide: TypeAlias = Callable[[ChatHead | None, Command], Draft]
_Cancel: TypeAlias = Callable[..., Sequence[MessageAdded]]
_Queue: TypeAlias = Callable[[tuple[QueuedRow, ...], Event, Seq], tuple[QueuedRow, ...]]
_Orphan: TypeAlias = Callable[[PendingCall], PendingCall]
_Replays: TypeAlias = Callable[..., tuple[Replay, ...]]
_Prompt: TypeAlias = Callable[[PromptRepair], tuple[PromptMessage, ...]]


def _finish_instead(decide: _Decide) -> _Decide:
    def mild(head: ChatHead | None, command: Command) -> Draft:
        waits = head is not None and bool(head.queue)
        return decide(head, FinishTurn() if isinstance(command, FinishError) and not waits else command)

    return mild


def _answer_nothing(_: _Cancel) -> _Cancel:
    return lambda *_, **__: ()


def _push_in(after: _Queue) -> _Queue:
    def impolite(queue: tuple[QueuedRow, ...], event: Event, seq: Seq) -> tuple[QueuedRow, ...]:
        rows = after(queue, event, seq)
        return (rows[-1], *rows[:-1]) if len(rows) > len(queue) else rows

    return impolite


def _not_orphaned(_: _Orphan) -> _Orphan:
    return lambda call: call


def _repeat_nothing(_: _Replays) -> _Replays:
    return lambda *_: ()


def _results_apart(prompt: _Prompt) -> _Prompt:
    def apart(repair: PromptRepair) -> tuple[PromptMessage, ...]:
        split: list[PromptMessage] = []
        for message in prompt(repair):
            parts = [(part,) for part in message.content] if message.role is Role.TOOL else [message.content]
            split += [PromptMessage(role=message.role, content=content) for content in parts]
        return tuple(split)

    return apart


OF_THE_LOG: Final = (
    Sabotage(
        name="take_a_failed_turn_for_a_finished_one",
        sentence="A turn that fails ends as if it had been answered.",
        checker="table_only",
        target="chatcore.domain.chat.append:decide_draft",
        swap=_finish_instead,
    ),
    Sabotage(
        name="promote_out_of_order",
        sentence="A message that is queued pushes in before all that wait.",
        checker="sends_kept",
        target="chatcore.domain.chat.evolve:_queue_after",
        swap=_push_in,
    ),
    Sabotage(
        name="forget_a_cancellation",
        sentence="A turn that ends leaves open calls without a result.",
        checker="calls_answered",
        target="chatcore.domain.chat.decide_rest:cancellations",
        swap=_answer_nothing,
    ),
    Sabotage(
        name="leave_results_apart",
        sentence="Each result of a step is a message of its own in the prompt.",
        checker="legal_requests",
        target="chatcore.domain.content.repair:PromptRepair.prompt",
        swap=_results_apart,
    ),
    Sabotage(
        name="rerun_a_tool",
        sentence="A takeover does not mark the calls that the runner before may have run.",
        checker="effects_once",
        target="chatcore.domain.chat.evolve:_orphaned",
        swap=_not_orphaned,
    ),
    Sabotage(
        name="repeat_no_question",
        sentence="A compaction does not repeat the messages that wait for an answer.",
        checker="questions_survive",
        target="chatcore.app.compaction:replays",
        swap=_repeat_nothing,
    ),
)
"""Each breaks one line."""
