"""Leader and followers: whoever comes first commits for all who came meanwhile (architecture 5).

No task runs in the background. The leader lets everybody who is ready come, by one checkpoint, takes what waits,
commits it in one transaction on the loop, and wakes them. A waiting job whose caller is cancelled is dropped; a leader
who is cancelled before it begins hands the lead on. Once begun, a commit is not interrupted.
"""

from collections.abc import Sequence
from threading import Lock

import anyio
import anyio.lowlevel
from anyio import CapacityLimiter, to_thread
from attrs import define

from chatcore.adapters.sqlite.transaction import GroupFailed, Locked, WriteJob, Writer
from chatcore.domain import limits
from chatcore.ports.store_errors import StoreUnavailable


@define(eq=False)
class _Waiting:
    """A job whose caller waits."""

    job: WriteJob
    woken: anyio.Event | None = None
    """Set when the job is done, or when its caller shall lead."""
    done: bool = False
    gone: bool = False
    """The caller was cancelled."""
    failure: Exception | None = None

    def finish(self, failure: Exception | None) -> None:
        self.done = True
        self.failure = failure
        self.wake()

    def wake(self) -> None:
        if self.woken is not None:
            self.woken.set()


class _Errand:
    """A commit sent to a worker thread."""

    def __init__(self, writer: Writer, jobs: Sequence[WriteJob]) -> None:
        self._writer = writer
        self._jobs = jobs
        self._lock = Lock()
        self._withdrawn = False
        self._failures: list[Exception | None] | None = None

    def run(self) -> list[Exception | None]:
        with self._lock:
            if not self._withdrawn:
                self._failures = self._writer.commit(self._jobs)
            return self._failures or []

    def withdraw(self) -> list[Exception | None] | None:
        """Make sure that the thread is done with it or never begins; what came of it, None if nothing was done."""
        with self._lock:
            self._withdrawn = True
            return self._failures


class GroupCommit:
    """Carries out the jobs of many tasks in few transactions."""

    def __init__(self, writer: Writer, *, thread: bool, lock_wait_ms: int) -> None:
        self._writer = writer
        self._limiter = CapacityLimiter(1) if thread else None
        self._lock_wait_s = lock_wait_ms / 1000
        self._waiting: list[_Waiting] = []
        self._leader: _Waiting | None = None
        self._drained: anyio.Event | None = None
        self._alone = 0
        """So many jobs are to be tried one by one, because their group failed."""
        self._held_s = 0.0
        self._held_since = 0.0
        """How long the lock was held since when."""

    async def do(self, job: WriteJob) -> None:
        """Have a job carried out. Raises what went wrong with it; StoreUnavailable, the lock is not to be had."""
        waiting = _Waiting(job)
        self._waiting.append(waiting)
        if self._leader is None:
            self._leader = waiting
        else:
            await self._follow(waiting)
        if not waiting.done:
            await self._lead(waiting)
        if waiting.failure is not None:
            raise waiting.failure

    async def drain(self) -> None:
        """Wait until nothing waits."""
        if self._leader is not None:
            self._drained = anyio.Event()
            await self._drained.wait()

    async def _follow(self, waiting: _Waiting) -> None:
        waiting.woken = anyio.Event()
        try:
            await waiting.woken.wait()
        except BaseException:
            waiting.gone = True
            if waiting in self._waiting:
                self._waiting.remove(waiting)
            if self._leader is waiting:
                self._hand_on()
            raise

    async def _lead(self, leader: _Waiting) -> None:
        group: list[_Waiting] = []
        try:
            await self._let_others_come()
            give_up_at = anyio.current_time() + self._lock_wait_s
            while not leader.done:
                group = self._take()
                try:
                    failures = await self._commit(group)
                except GroupFailed:
                    self._alone = len(group)
                    self._put_back(group)
                    continue
                except Locked:
                    if anyio.current_time() >= give_up_at:
                        error = "the store stayed locked by another process; try again"
                        self._finish(group, [StoreUnavailable(error) for _ in group])
                        break
                    self._put_back(group)
                    await anyio.sleep(limits.SQLITE_LOCK_POLL_MS / 1000)
                    continue
                self._finish(group, failures)
        finally:
            self._put_back(group)
            if not leader.done and leader in self._waiting:
                self._waiting.remove(leader)
            self._hand_on()

    async def _let_others_come(self) -> None:
        """Let tasks that are ready bring their jobs. From time to time let other processes have the lock as well."""
        held_ms = self._held_s * 1000
        if held_ms < limits.SQLITE_HOLD_MS:
            await anyio.lowlevel.checkpoint()
            return
        now = anyio.current_time()
        free_ms = (now - self._held_since) * 1000 - held_ms
        # Where the lock is free for a part of the time anyway, others come in without a pause.
        if free_ms < held_ms * limits.SQLITE_YIELD_MS / limits.SQLITE_HOLD_MS:
            await anyio.sleep(limits.SQLITE_YIELD_MS / 1000)
            now = anyio.current_time()
        else:
            await anyio.lowlevel.checkpoint()
        self._held_s, self._held_since = 0.0, now

    async def _commit(self, group: Sequence[_Waiting]) -> list[Exception | None]:
        jobs = [waiting.job for waiting in group]
        begun_at = anyio.current_time()
        try:
            if self._limiter is None:
                return self._writer.commit(jobs)
            errand = _Errand(self._writer, jobs)
            try:
                return await to_thread.run_sync(errand.run, limiter=self._limiter)
            except anyio.get_cancelled_exc_class():
                # anyio waits for the thread, but a task that asyncio itself cancels does not.
                failures = errand.withdraw()
                if failures is not None:
                    self._finish(group, failures)
                raise
        finally:
            self._held_s += anyio.current_time() - begun_at

    def _take(self) -> list[_Waiting]:
        size = 1 if self._alone else len(self._waiting)
        group = self._waiting[:size]
        del self._waiting[:size]
        return group

    def _put_back(self, group: list[_Waiting]) -> None:
        """Let what was taken but not done wait again, at its place, but for those whose callers have left."""
        self._waiting[:0] = [waiting for waiting in group if not waiting.done and not waiting.gone]
        group.clear()

    def _finish(self, group: Sequence[_Waiting], failures: Sequence[Exception | None]) -> None:
        self._alone = max(self._alone - len(group), 0)
        for waiting, failure in zip(group, failures, strict=True):
            waiting.finish(failure)

    def _hand_on(self) -> None:
        self._leader = self._waiting[0] if self._waiting else None
        if self._leader is not None:
            self._leader.wake()
        elif self._drained is not None:
            self._drained.set()
