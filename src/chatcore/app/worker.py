"""A worker: finds chats that want one, holds them, shows that it lives, and leaves them in order (7)."""

import logging
from typing import Final

import anyio
from anyio.abc import TaskGroup, TaskStatus

from chatcore.app.errors import Busy
from chatcore.app.runner import Runner, RunnerTools
from chatcore.app.settings import WorkSettings
from chatcore.domain.chat.append import Append
from chatcore.domain.chat.commands import Acquire, CancelRequiresAction
from chatcore.domain.chat.head import ChatHead
from chatcore.domain.chat.rejections import ChatNotFound
from chatcore.domain.chat.values import ActionEnd, Status
from chatcore.domain.errors import ChatcoreError
from chatcore.domain.ids import ChatId, RunnerId, WorkerId
from chatcore.domain.rejection import Rejection
from chatcore.ports.actor import SYSTEM, Actor
from chatcore.ports.clock import Clock
from chatcore.ports.errors import AdapterError
from chatcore.ports.ids import Ids
from chatcore.ports.store_values import Heartbeat, RunnableChat

_log = logging.getLogger(__name__)

_SWEEPS_PER_EXPIRY: Final = 5
"""Old signs of life are swept as often as stale chats were recovered: five times per expiry (7.1)."""


class _Taken(ChatcoreError):
    """Another worker was faster. Losing the race is normal."""


class Worker:
    """Works on chats of a store until it is cancelled."""

    def __init__(self, use: RunnerTools, *, clock: Clock, ids: Ids, settings: WorkSettings) -> None:
        self.worker_id = WorkerId(ids.new())
        self._use = use
        self._clock = clock
        self._ids = ids
        self._settings = settings
        self._runners: dict[RunnerId, Runner] = {}
        self._tasks: TaskGroup | None = None
        self._offered: set[RunnerId] = set()
        self._wake = anyio.Event()
        """Set where there may be a chat to take, and a place for it."""
        self._full = False
        """Whether chats may have been left because there was no place for them."""

    async def run(self, *, task_status: TaskStatus[None] = anyio.TASK_STATUS_IGNORED) -> None:
        """Find chats and hold them. Cancelling it makes every runner leave its chat in order first."""
        async with anyio.create_task_group() as tasks:
            self._tasks = tasks
            task_status.started()
            try:
                await self._work(tasks)
            finally:
                self._tasks = None

    def offer(self) -> Acquire | None:
        """A place for a chat that a command of this process sets running; None while there is none."""
        if self._tasks is None or not self._has_place():
            return None
        runner_id = RunnerId(self._ids.new())
        self._offered.add(runner_id)
        return Acquire(worker_id=self.worker_id, runner_id=runner_id)

    def settle(self, chat_id: ChatId, offer: Acquire, *, taken: bool) -> None:
        """Work on the chat, if it was or may have been taken. A worker that stopped leaves it to its lease."""
        self._offered.discard(offer.runner_id)
        if taken and self._tasks is not None:
            self._begin(chat_id, offer.runner_id, self._tasks)

    @property
    def _free(self) -> int:
        return self._settings.chats_max - len(self._runners) - len(self._offered)

    async def _work(self, tasks: TaskGroup) -> None:
        tasks.start_soon(self._heartbeats)
        tasks.start_soon(self._sweep)
        await self._acquisitions(tasks)

    def _has_place(self) -> bool:
        """Whether one more chat fits in. If not, a runner that ends has the loop look for the chat that was left."""
        self._full = self._full or self._free <= 0
        return self._free > 0

    async def _acquisitions(self, tasks: TaskGroup) -> None:
        async with self._use.pubsub.watch_work() as hints:

            async def listen() -> None:
                try:
                    async for _ in hints:
                        self._wake.set()
                except AdapterError as error:
                    _log.warning("hints about work ended, it is looked for at intervals from now on: %s", error)

            tasks.start_soon(listen)
            while True:
                self._wake = anyio.Event()
                await self._round(tasks)
                with anyio.move_on_after(self._settings.acquire_interval.total_seconds()):
                    await self._wake.wait()

    async def _round(self, tasks: TaskGroup) -> None:
        if not self._has_place():
            return
        limit = min(self._free, self._settings.acquire_batch)
        try:
            found = await self._use.store.runnable(expiry=self._settings.lease_expiry, limit=limit)
        except AdapterError as error:
            _log.warning("the store did not say which chats want a worker: %s", error)
            return
        self._full = self._full or len(found) == limit
        for chat in found:
            if not self._has_place():
                return
            if any(runner.chat_id == chat.chat_id for runner in self._runners.values()):
                continue
            try:
                await self._take(chat, tasks)
            except (_Taken, Busy, ChatNotFound) as error:
                _log.debug("chat %s was not taken: %s", chat.chat_id, error)
            except (AdapterError, Rejection) as error:
                _log.warning("chat %s could not be taken: %s", chat.chat_id, error)

    async def _take(self, free: RunnableChat, tasks: TaskGroup) -> None:
        chat_id = free.chat_id
        seen = await self._use.store.head(chat_id, actor=SYSTEM)
        if seen.status is Status.REQUIRES_ACTION:
            await self._time_out(chat_id)
            return
        runner_id = RunnerId(self._ids.new())

        async def acquire(head: ChatHead) -> Append:
            # Since the chat was found free, and after every conflict, somebody else may have taken it.
            if head.runner_id != free.runner_id or head.status not in (Status.RUNNING, Status.INTERRUPTING):
                raise _Taken(f"{head.runner_id or 'nobody'} holds it, and it is {head.status}")
            return Append(commands=(Acquire(worker_id=self.worker_id, runner_id=runner_id),))

        # Shielded, so that a worker that is stopped right now knows whether it took the chat, and leaves it in order.
        with anyio.move_on_after(self._settings.shutdown.total_seconds(), shield=True):
            await self._use.writer.write(chat_id, acquire, actor=Actor.worker(runner_id), known=seen)
            self._begin(chat_id, runner_id, tasks)

    def _begin(self, chat_id: ChatId, runner_id: RunnerId, tasks: TaskGroup) -> None:
        runner = Runner(chat_id, runner_id, self._use)
        self._runners[runner_id] = runner
        tasks.start_soon(self._hold, runner)

    async def _time_out(self, chat_id: ChatId) -> None:
        """The client's tools took too long: go on without them."""

        async def cancel(head: ChatHead) -> Append:
            if head.deadline_at is None or head.deadline_at > self._clock.now():
                raise _Taken("its deadline has not come")
            return Append(commands=(CancelRequiresAction(reason=ActionEnd.TIMED_OUT),))

        await self._use.writer.write(chat_id, cancel, actor=SYSTEM)

    async def _hold(self, runner: Runner) -> None:
        try:
            await runner.run()
        except ChatNotFound as error:
            _log.debug("the chat of an offer never came to be: %s", error)
        except Exception as error:  # noqa: BLE001  # told in the log, and the lease runs out
            # One chat that breaks must not take the others down with it; its lease runs out.
            _log.error("chat %s: its runner broke", runner.chat_id, exc_info=error)
        finally:
            del self._runners[runner.runner_id]
            if self._full:
                self._full = False
                self._wake.set()

    async def _heartbeats(self) -> None:
        while True:
            await anyio.sleep(self._settings.heartbeat.total_seconds())
            beats = [
                Heartbeat(chat_id=runner.chat_id, runner_id=runner.runner_id, worker_id=self.worker_id)
                for runner in self._runners.values()
            ]
            if beats:
                try:
                    await self._use.store.heartbeat(beats)
                except AdapterError as error:
                    _log.warning("signs of life were not stored: %s", error)

    async def _sweep(self) -> None:
        expiry = self._settings.lease_expiry
        while True:
            await anyio.sleep((expiry / _SWEEPS_PER_EXPIRY).total_seconds())
            try:
                await self._use.store.sweep_leases(older_than=2 * expiry)
            except AdapterError as error:
                _log.warning("old signs of life were not swept: %s", error)
