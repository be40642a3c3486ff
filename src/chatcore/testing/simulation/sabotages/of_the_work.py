"""Sabotages of workers, of what they show, and of views."""

from collections.abc import Awaitable, Callable, Mapping
from datetime import timedelta
from types import ModuleType
from typing import Final, TypeAlias

import anyio
from attrs import evolve

from chatcore.app.chat_service import ChatService
from chatcore.app.chat_writer import Written
from chatcore.app.journal_writer import PartSink
from chatcore.app.model_step import Reply
from chatcore.app.models import ModelSetup
from chatcore.app.runner import Runner
from chatcore.app.tool_step import ToolStep
from chatcore.app.tools.tool import Tool, ToolContext
from chatcore.app.windows import Window
from chatcore.app.worker import Worker
from chatcore.domain.chat.envelope import StoredEvent
from chatcore.domain.chat.head import ChatHead
from chatcore.domain.content.tool_results import ToolOutcome
from chatcore.domain.ids import ChatId, Seq
from chatcore.domain.json_text import JsonValue
from chatcore.domain.live.batching import Batcher
from chatcore.domain.live.journal import Episode, JournalPart
from chatcore.domain.live.shown import messages_shown
from chatcore.domain.live.view_events import HistoryReset, MessageShown
from chatcore.domain.live.viewer import Rows, Shown
from chatcore.domain.turn.answer import Answer
from chatcore.domain.turn.next_step import LocalCall
from chatcore.domain.work.runner import Cancel, Effect, Stop
from chatcore.ports.model import ModelError, ModelRequest
from chatcore.testing.simulation.swapping import Sabotage

_FOR_EVER_S: Final = 3_700.0
"""Longer than a simulated day. A sleep without end could not be ended by the simulator either: it is shielded."""

_CarryOut: TypeAlias = Callable[[Runner, tuple[Effect, ...], ChatHead], None]
_RunTool: TypeAlias = Callable[[ToolStep, Tool, LocalCall, Mapping[str, JsonValue]], Awaitable[ToolOutcome]]
_Add: TypeAlias = Callable[..., bool]
_Belongs: TypeAlias = Callable[[Episode, ChatId, ChatHead], bool]
_Ask: TypeAlias = Callable[..., Awaitable[Answer]]
_Parts: TypeAlias = Callable[..., Shown]
_History: TypeAlias = Callable[[Rows], tuple[HistoryReset | MessageShown, ...]]
_Extended: TypeAlias = Callable[[Window, tuple[StoredEvent, ...], Seq], Window]
_Delete: TypeAlias = Callable[..., Awaitable[Written]]
_Round: TypeAlias = Callable[..., Awaitable[None]]


def _without(kind: type[Cancel | Stop]) -> Callable[[_CarryOut], _CarryOut]:
    def swap(carry_out: _CarryOut) -> _CarryOut:
        def deaf(runner: Runner, effects: tuple[Effect, ...], head: ChatHead) -> None:
            carry_out(runner, tuple(effect for effect in effects if not isinstance(effect, kind)), head)

        return deaf

    return swap


def _unguarded(_: _RunTool) -> _RunTool:
    async def run(step: ToolStep, tool: Tool, call: LocalCall, args: Mapping[str, JsonValue]) -> ToolOutcome:
        chat_id, agent = step._chat_id, step._agent  # as the original does
        context = ToolContext(chat_id=chat_id, call_id=call.call_id, message_id=step.message_id, agent=agent)
        return await tool.handler(context, args)

    return run


class _Unshielded:
    """anyio, but for its shields."""

    def __init__(self, real: ModuleType) -> None:
        self._real = real

    def __getattr__(self, name: str) -> object:
        return getattr(self._real, name)

    def move_on_after(self, delay: float | None, shield: bool = False) -> anyio.CancelScope:
        return anyio.move_on_after(delay)


def _keep_nothing(_: _Add) -> _Add:
    def add(batcher: Batcher, part: JournalPart, size: int, *, at: float) -> bool:
        return False

    return add


def _belongs_to_nobody(_: _Belongs) -> _Belongs:
    return lambda episode, chat_id, head: False


def _content_with_less(ask: _Ask) -> _Ask:
    async def credulous(
        setup: ModelSetup, request: ModelRequest, reply: Reply, *, sink: PartSink, silence: timedelta
    ) -> Answer:
        try:
            return await ask(setup, request, reply, sink=sink, silence=silence)
        except ModelError:
            if not reply.assembler.flush():
                raise
            return evolve(reply.assembler.finish(), complete=True)

    return credulous


def _twice(after_parts: _Parts) -> _Parts:
    def stuttering(*args: object, **kwargs: object) -> Shown:
        shown = after_parts(*args, **kwargs)
        return evolve(shown, events=(*shown.events, *shown.events[-1:]))

    return stuttering


def _never_forget(_: _History) -> _History:
    return messages_shown


def _keep_rendered(extended: _Extended) -> _Extended:
    def kept(window: Window, events: tuple[StoredEvent, ...], seq: Seq) -> Window:
        return evolve(extended(window, events, seq), rendered=window._rendered)  # as the original does

    return kept


def _never_answer(delete: _Delete) -> _Delete:
    async def silent(service: ChatService, chat_id: ChatId, queued_id: Seq, **rest: object) -> Written:
        written = await delete(service, chat_id, queued_id, **rest)
        with anyio.CancelScope(shield=True):
            await anyio.sleep(_FOR_EVER_S)
        return written

    return silent


def _restless(once: _Round) -> _Round:
    async def again(worker: Worker, *args: object) -> None:
        await once(worker, *args)
        worker._wake.set()  # as if a hint had come

    return again


class _Nothing:
    """What no effect is."""


OF_THE_WORK: Final = (
    Sabotage(
        name="deliver_a_part_twice",
        sentence="A view shows the newest part of each batch a second time.",
        checker="views_converge",
        target="chatcore.app.view:after_parts",
        swap=_twice,
    ),
    Sabotage(
        name="forget_a_history_reset",
        sentence="A view does not tell that an edit cut the history off.",
        checker="views_converge",
        target="chatcore.domain.live.viewer:history_shown",
        swap=_never_forget,
    ),
    Sabotage(
        name="skip_the_journal",
        sentence="Parts are shown and never journaled.",
        checker="shown_is_kept",
        target="chatcore.domain.live.batching:Batcher.add",
        swap=_keep_nothing,
    ),
    Sabotage(
        name="forget_the_journal",
        sentence="A takeover does not look into the journal.",
        checker="shown_is_kept",
        target="chatcore.app.salvage:belongs_to",
        swap=_belongs_to_nobody,
    ),
    Sabotage(
        name="cancel_in_a_critical_section",
        sentence="A runner that is stopped is cancelled while it leaves its chat in order.",
        checker="shown_is_kept",
        target="chatcore.app.runner:anyio",
        swap=_Unshielded,
    ),
    Sabotage(
        name="take_a_truncated_reply_for_complete",
        sentence="What came of a reply before its stream broke off is stored as the answer.",
        checker="whole_answers",
        target="chatcore.app.turn:ask",
        swap=_content_with_less,
    ),
    Sabotage(
        name="keep_a_cut_prompt",
        sentence="After an edit the model is still shown what was cut off.",
        checker="prompts_of_the_log",
        target="chatcore.app.windows:Window.extended",
        swap=_keep_rendered,
    ),
    Sabotage(
        name="ignore_an_interrupt",
        sentence="A runner sees that it is to stop, and goes on with what it does.",
        checker="interrupts_obeyed",
        target="chatcore.app.runner:Runner._carry_out",
        swap=_without(Cancel),
    ),
    Sabotage(
        name="stay_with_a_chat_at_rest",
        sentence="A runner does not end when its chat rests.",
        checker="nothing_left",
        target="chatcore.app.runner:Runner._carry_out",
        swap=_without(Stop),
    ),
    Sabotage(
        name="let_a_tool_break_the_turn",
        sentence="What a tool raises is no result, but breaks the work.",
        checker="no_surprises",
        target="chatcore.app.tool_step:ToolStep._run",
        swap=_unguarded,
    ),
    Sabotage(
        name="never_answer",
        sentence="Whoever takes a waiting message back is never answered, and cannot give up.",
        checker="nothing_waits_for_ever",
        target="chatcore.app.chat_service:ChatService.delete_queued",
        swap=_never_answer,
    ),
    Sabotage(
        name="keep_a_dead_dial",
        sentence="A viewer does not hang up when it wants nothing more from a replica.",
        checker="dials_hung_up",
        target="chatcore.app.relay_reader:HangUp",
        swap=lambda _: _Nothing,
    ),
    Sabotage(
        name="look_for_work_without_pause",
        sentence="A worker looks for chats again and again, without waiting for a hint or a second.",
        checker="nothing_spins",
        target="chatcore.app.worker:Worker._round",
        swap=_restless,
    ),
)
"""Each breaks one line."""
