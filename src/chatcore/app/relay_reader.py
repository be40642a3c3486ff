"""The shell around the relay machine: the parts that one viewer gets from other replicas (agent-and-relay C6.c).

It is a third source of the same part numbers, beside the local buffer and the journal. Like all of a view it is pulled:
the view says where the parts are made and takes what came. Until it does, the next batch is not read off the
connection, so what waits here is one batch.
"""

import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import anyio
from anyio.abc import TaskGroup
from attrs import define, field

from chatcore.domain.ids import ChatId, WorkerId
from chatcore.domain.live.journal import Episode
from chatcore.domain.live.relay import RelayState, step
from chatcore.domain.live.relay_signals import (
    Closed,
    Connected,
    Dial,
    DialFailed,
    DialId,
    Ended,
    Forward,
    HangUp,
    Input,
    PartsCame,
    PartsLost,
    RelayTarget,
    Select,
    Targeted,
    TimeCame,
)
from chatcore.ports.relay import Relay, RelayConnection, RelayedGap, RelayedParts, RelayError, RelayRefused

_log = logging.getLogger(__name__)


@define
class _Line:
    """One dial, and the connection that comes of it."""

    dial: DialId
    scope: anyio.CancelScope = field(factory=anyio.CancelScope)
    wanted: Episode | None = None
    """The episode that was asked for last; those before it need not be selected any more."""
    asked: anyio.Event = field(factory=anyio.Event)


class RelayReader:
    """Runs the machine of one viewer. `wake` is called whenever the view should look here again."""

    def __init__(
        self,
        relay: Relay,
        chat_id: ChatId,
        tasks: TaskGroup,
        *,
        own: WorkerId | None,
        wake: Callable[[], None],
        session_token: str,
    ) -> None:
        self._relay = relay
        self._chat_id = chat_id
        self._tasks = tasks
        self._wake = wake
        self._session_token = session_token
        self._state = RelayState(own=own)
        self._line: _Line | None = None
        self._waiting: list[RelayedParts] = []
        self._taken = anyio.Event()

    def follow(self, worker_id: WorkerId | None, episode: Episode) -> None:
        """Get the parts of this episode from where they are made; nothing, where nobody makes any or this process does.

        To be called again whenever it may be otherwise, and at `wake_at`.
        """
        now = anyio.current_time()
        target = None if worker_id is None else RelayTarget(worker_id=worker_id, episode=episode)
        self._tell(Targeted(target=target, at=now))
        self._tell(TimeCame(at=now))

    def take(self) -> tuple[RelayedParts, ...]:
        """What came since the last time, in order; each part of an episode once."""
        if not self._waiting:
            return ()
        taken = tuple(self._waiting)
        self._waiting.clear()
        self._taken.set()
        self._taken = anyio.Event()
        return taken

    @property
    def waiting(self) -> bool:
        """Whether there is something to take."""
        return bool(self._waiting)

    @property
    def delivering(self) -> bool:
        """Whether the parts come this way, so that they need not be looked for elsewhere."""
        return self._state.delivering

    @property
    def wake_at(self) -> float | None:
        """When to call `follow` again without any news; None: no time matters."""
        return self._state.wake_at

    def close(self) -> None:
        """Hang up for good; may be called again."""
        self._tell(Closed())

    def _tell(self, event: Input) -> None:
        """Let the machine know what happened, and do what it asks for."""
        before = self._state.wake_at
        self._state, effects = step(self._state, event)
        for effect in effects:
            match effect:
                case Dial(dial=dial, worker_id=worker_id):
                    self._line = line = _Line(dial)
                    self._tasks.start_soon(self._hold, line, worker_id)
                case HangUp():
                    assert self._line is not None, "who hangs up has dialled"
                    self._line.scope.cancel()
                case Select(episode=episode):
                    assert self._line is not None, "episodes are selected on a connection"
                    self._line.wanted = episode
                    self._line.asked.set()
                case Forward(episode=episode, parts=parts):
                    self._waiting.append(RelayedParts(episode=episode, parts=parts))
                    self._wake()
        if self._state.wake_at != before:
            # The view waits for the old time, or looks into the journal for nothing.
            self._wake()

    async def _hold(self, line: _Line, worker_id: WorkerId) -> None:
        """Dial, and serve what comes of it until it ends. Cancelled, it tells nothing: the machine hung up."""
        with line.scope:
            try:
                async with self._relay.dial(worker_id, self._chat_id, session_token=self._session_token) as connection:
                    self._tell(Connected(dial=line.dial))
                    await self._serve(line, connection)
            except RelayRefused as error:
                _log.warning("chat %s: its parts are not relayed: %s", self._chat_id, error)
                self._tell(DialFailed(dial=line.dial, at=anyio.current_time(), refused=True))
            except RelayError as error:
                _log.info("chat %s: no relay for now: %s", self._chat_id, error)
                self._tell(DialFailed(dial=line.dial, at=anyio.current_time()))
            else:
                self._tell(Ended(dial=line.dial, at=anyio.current_time()))

    async def _serve(self, line: _Line, connection: RelayConnection) -> None:
        """Returns when the connection has ended, in order or not."""
        async with anyio.create_task_group() as tasks:

            async def until_broken(act: Callable[[_Line, RelayConnection], Awaitable[None]]) -> None:
                try:
                    await act(line, connection)
                except RelayError as error:
                    _log.info("chat %s: the relay ended: %s", self._chat_id, error)
                tasks.cancel_scope.cancel()

            tasks.start_soon(until_broken, self._select)
            await until_broken(self._listen)

    async def _select(self, line: _Line, connection: RelayConnection) -> None:
        while True:
            await line.asked.wait()
            line.asked = anyio.Event()
            assert line.wanted is not None, "an episode was asked for"
            await connection.select(line.wanted)

    async def _listen(self, line: _Line, connection: RelayConnection) -> None:
        async for arrived in connection:
            now = anyio.current_time()
            match arrived:
                case RelayedParts(episode=episode, parts=parts):
                    self._tell(PartsCame(dial=line.dial, at=now, episode=episode, parts=parts))
                case RelayedGap(episode=episode):
                    self._tell(PartsLost(dial=line.dial, at=now, episode=episode))
            while self._waiting:
                await self._taken.wait()


@asynccontextmanager
async def relaying(
    relay: Relay | None,
    chat_id: ChatId,
    *,
    own: WorkerId | None,
    wake: Callable[[], None],
    session_token: str,
) -> AsyncIterator[RelayReader | None]:
    """Get a chat's parts from other replicas inside the context; None where there is no relay."""
    if relay is None:
        yield None
        return
    failed: Exception | None = None
    async with anyio.create_task_group() as tasks:
        reader = RelayReader(relay, chat_id, tasks, own=own, wake=wake, session_token=session_token)
        try:
            yield reader
        except Exception as error:  # noqa: BLE001  # raised again below: a task group would wrap it
            failed = error
        tasks.cancel_scope.cancel()
    if failed is not None:
        raise failed
