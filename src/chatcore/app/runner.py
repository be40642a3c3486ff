"""The shell around the runner machine: one acquired chat, from its acquisition until it is given up (7.7)."""

import logging
from collections.abc import AsyncIterator

import anyio
from anyio.abc import TaskGroup
from attrs import frozen

from chatcore.app.chat_writer import ChatWriter
from chatcore.app.journal_writer import JournalWriter
from chatcore.app.leaving import finish_interruption, leave
from chatcore.app.listening import Listening
from chatcore.app.live_parts import LiveParts
from chatcore.app.runner_log import RunnerLog, outwait
from chatcore.app.salvage import salvage
from chatcore.app.turn import Turn, TurnTools, Unfinished
from chatcore.app.windows import Windows
from chatcore.app.workspaces import Workspaces
from chatcore.domain.chat.commands import FinishError
from chatcore.domain.chat.head import ChatHead
from chatcore.domain.chat.rejections import StaleFence
from chatcore.domain.chat.values import ChatError
from chatcore.domain.errors import ChatcoreError
from chatcore.domain.ids import ChatId, RunnerId
from chatcore.domain.live.batching import JournalSettings
from chatcore.domain.rejection import Rejection
from chatcore.domain.turn.retry import backoff_ms
from chatcore.domain.work.runner import (
    Activity,
    ActivityEnded,
    Cancel,
    Effect,
    Input,
    Observed,
    RunnerState,
    Start,
    Stop,
    begin,
    step,
)
from chatcore.ports.actor import SYSTEM
from chatcore.ports.errors import AdapterError
from chatcore.ports.pubsub import ChatChanged, Lagged, PubSub
from chatcore.ports.store import Store

_log = logging.getLogger(__name__)


@frozen(kw_only=True)
class RunnerTools:
    """What runners work with; shared by all runners of a worker."""

    store: Store
    pubsub: PubSub
    writer: ChatWriter
    windows: Windows
    workspaces: Workspaces
    turn: TurnTools
    live: LiveParts
    journal: JournalSettings
    poll_s: float
    """Seconds between two looks at the chat without a hint."""
    leave_s: float
    """Seconds that leaving the chat in order may take."""


class Runner:
    """Holds one chat. `run` returns when the chat is at rest or somebody else's; cancelling it leaves in order."""

    def __init__(self, chat_id: ChatId, runner_id: RunnerId, use: RunnerTools) -> None:
        self.chat_id = chat_id
        self.runner_id = runner_id
        self._use = use
        self._unfinished = Unfinished()
        self._activity = anyio.CancelScope()
        self._state: RunnerState | None = None
        self._tasks: TaskGroup | None = None
        self._stopped = anyio.Event()
        self._log: RunnerLog | None = None
        self._failures = 0
        self._sink = JournalWriter(chat_id, use.store, use.live, use.journal)

    async def run(self) -> None:
        """Work on the chat."""
        try:
            # Subscribed before the head is read, so that no change can fall in between.
            async with self._use.pubsub.watch_chat(self.chat_id) as hints:
                head = await outwait(self.chat_id, lambda: self._use.store.head(self.chat_id, actor=SYSTEM))
                await self._drive(head, hints)
        finally:
            self._sink.close()
            if self._may_hold:
                with anyio.move_on_after(self._use.leave_s, shield=True):
                    await self._leave()

    @property
    def _may_hold(self) -> bool:
        """Whether the chat may still be this runner's: an append that was cancelled may have landed."""
        return self._log is None or not self._log.sure or self._log.head.runner_id == self.runner_id

    async def _leave(self) -> None:
        """Give the chat up, if it is still held."""
        try:
            head = await self._use.store.head(self.chat_id, actor=SYSTEM)
            if head.runner_id == self.runner_id:
                log = self._log or self._begin_log(head)
                log.head = head
                await leave(log, self._unfinished, self._use.turn.promotions, self._use.store)
        except ChatcoreError as error:
            _log.warning("chat %s could not be left in order: %s", self.chat_id, error)

    def _begin_log(self, head: ChatHead) -> RunnerLog:
        return RunnerLog(
            self.chat_id, self.runner_id, head, writer=self._use.writer, windows=self._use.windows, tell=self._tell
        )

    async def _drive(self, head: ChatHead, hints: AsyncIterator[ChatChanged | Lagged]) -> None:
        self._log = log = self._begin_log(head)
        async with anyio.create_task_group() as tasks:
            self._tasks = tasks
            tasks.start_soon(self._observe, hints, log)
            tasks.start_soon(self._sink.run)
            self._state, effects = begin(self.runner_id, head)
            self._carry_out(effects, self._state.head)
            await self._stopped.wait()
            tasks.cancel_scope.cancel()

    def _tell(self, event: Input) -> None:
        """Let the machine know what happened, and do what it asks for."""
        if self._state is not None:
            self._state, effects = step(self._state, event)
            self._carry_out(effects, self._state.head)

    def _carry_out(self, effects: tuple[Effect, ...], head: ChatHead) -> None:
        for effect in effects:
            match effect:
                case Start(activity=activity):
                    assert self._log is not None, "the log is there before the machine"
                    assert self._tasks is not None, "so are the tasks"
                    self._log.head = head
                    self._activity = anyio.CancelScope()
                    self._tasks.start_soon(self._work, activity, self._log, self._activity)
                case Cancel():
                    self._activity.cancel()
                case Stop():
                    self._stopped.set()

    async def _observe(self, hints: AsyncIterator[ChatChanged | Lagged], log: RunnerLog) -> None:
        """Look at the chat whenever a hint tells of a change that is not the runner's own, and at intervals."""
        listening = Listening(self.chat_id, hints, poll_s=self._use.poll_s)
        while True:
            hint = await listening.next()
            # The hint of an append comes before its writer knows that it landed.
            await log.landed()
            if isinstance(hint, Lagged) or hint.seq > log.head.seq:
                await self._look()

    async def _look(self) -> None:
        try:
            head = await self._use.store.head(self.chat_id, actor=SYSTEM)
        except AdapterError as error:
            if not error.retryable:
                raise
            # The next poll looks again; the work goes on meanwhile, protected by its fence.
            _log.warning("chat %s could not be looked at: %s", self.chat_id, error)
            return
        self._tell(Observed(head))

    async def _work(self, activity: Activity, log: RunnerLog, scope: anyio.CancelScope) -> None:
        with scope:
            try:
                await self._act(activity, log)
            except StaleFence:
                log.sure = False
            except Exception as error:  # noqa: BLE001  # a bug ends the turn, not the worker (7.4)
                await self._fail(log, error)
        if not log.sure:
            # Somebody else changed the chat, or an append landed unseen. What it is now has to be known before the
            # machine chooses anew: on an older head it would do again what is done.
            head = await outwait(self.chat_id, lambda: self._use.store.head(self.chat_id, actor=SYSTEM))
            log.learn(head)
            self._tell(Observed(head))
        self._tell(ActivityEnded())

    async def _act(self, activity: Activity, log: RunnerLog) -> None:
        match activity:
            case Activity.GENERATE:
                self._unfinished.reply = self._unfinished.tools = None
                await salvage(log, self._use.store)
                agent = await self._use.workspaces.agent(self.chat_id)
                details = await log.outwait(lambda: self._use.store.details(self.chat_id, actor=SYSTEM))
                turn = Turn(
                    log, self._use.turn, self._unfinished, self._sink, agent=agent, dynamic_tools=details.dynamic_tools
                )
                await turn.run()
            case Activity.INTERRUPT:
                await finish_interruption(log, self._unfinished, self._use.turn.promotions, self._use.store)

    async def _fail(self, log: RunnerLog, error: Exception) -> None:
        """End the turn visibly where the code broke; a chat must not hang because of a bug (7.4)."""
        _log.error("chat %s: the work on it failed", self.chat_id, exc_info=error)
        crashed = ChatError(message="The chat's worker failed unexpectedly.", detail=f"{type(error).__name__}: {error}")
        try:
            await log.append(FinishError(error=crashed))
        except StaleFence as stale:
            _log.debug("chat %s: somebody else changed it: %s", self.chat_id, stale)
        except Rejection as rejection:
            _log.error("chat %s: the failure could not be recorded: %s", self.chat_id, rejection)
            # What failed is tried again as long as the chat asks for it; not in a hot loop.
            await anyio.sleep(backoff_ms(self._failures) / 1000)
            self._failures += 1
