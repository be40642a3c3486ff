"""`chatcore.open`: a store, its models, tools and workspace, and a worker, ready in one line."""

import os
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from typing import TYPE_CHECKING

import anyio
from attrs import evolve

from chatcore.app.chat_service import ChatService
from chatcore.app.chat_writer import ChatWriter
from chatcore.app.live_parts import LiveParts
from chatcore.app.models import ModelTable
from chatcore.app.promotions import Promotions
from chatcore.app.runner import RunnerTools
from chatcore.app.settings import ServiceSettings
from chatcore.app.tools.standard import WORKSPACE_TOOLS
from chatcore.app.tools.tool import Tool, ToolSet
from chatcore.app.turn import TurnTools
from chatcore.app.view_settings import ViewSettings
from chatcore.app.watching import Watching
from chatcore.app.windows import Windows
from chatcore.app.worker import Worker
from chatcore.app.workspaces import NoWorkspaces, OneWorkspace, Workspaces
from chatcore.compose.chats import Chats
from chatcore.compose.model_choice import ModelChoice, open_table
from chatcore.compose.store_urls import Opened, open_store
from chatcore.domain.live.batching import JournalMode
from chatcore.ports.clock import Clock
from chatcore.ports.ids import Ids
from chatcore.ports.models import Models
from chatcore.ports.relay import Relay

if TYPE_CHECKING:
    from chatcore.adapters.sqlite import SqliteSettings


@asynccontextmanager
async def open_chats(
    url: str = "memory://",
    *,
    store: Opened | None = None,
    model: ModelChoice | None = None,
    models: Mapping[str, ModelChoice] | Models | None = None,
    default_model: str | None = None,
    workspace: str | os.PathLike[str] | Workspaces | None = None,
    tools: Sequence[Tool] | None = None,
    worker: bool = True,
    settings: ServiceSettings | None = None,
    sqlite: "SqliteSettings | None" = None,
    clock: Clock | None = None,
    ids: Ids | None = None,
    relay: Relay | None = None,
) -> AsyncIterator[Chats]:
    """Open the chats of a store and work on them until the context is left; then every chat is left in order.

    url: `memory://` or `sqlite:///chats.db`.
    store: instead of a URL, a store that is open already, with its hints; it stays open.
    model: the one model of the service; or `models` by name, or a registry (`compose.models.open_models`), with a
    `default_model`. A text is the name of a provider's model, such as `anthropic/claude-sonnet-4-5`; its key comes from
    the environment, unless a registry was given one. A registry that is given stays open.
    workspace: the folder that chats work in on this machine, or who finds a connection (`OneWorkspace(agent)`).
    tools: what the model is offered; by default the workspace tools where there is a workspace.
    worker: False serves commands and viewers and leaves the work to other processes.
    settings: leases, limits, retries, time-outs; see ServiceSettings.
    sqlite: how a `sqlite:` store writes; see SqliteSettings.
    clock, ids: where times and identifiers come from; the system by default.
    relay: the way to replies that other replicas make; without it viewers get them from the journal, a moment later.
    """
    from chatcore.adapters.system import SystemClock, SystemIds

    clock, ids, settings = clock or SystemClock(), ids or SystemIds(), settings or ServiceSettings()
    failed: Exception | None = None
    async with AsyncExitStack() as stack:
        opened = store
        if opened is None:
            opened = await stack.enter_async_context(open_store(url, clock=clock, sqlite=sqlite))
        table = await stack.enter_async_context(open_table(model, models, default_model))
        base = _Base(opened, table, settings, clock, ids)
        working = None
        if worker:
            offered = tools if tools is not None else WORKSPACE_TOOLS if workspace is not None else ()
            working = base.worker(ToolSet.of(offered), await _workspaces(workspace, clock, ids, stack))
            tasks = await stack.enter_async_context(anyio.create_task_group())
            stack.callback(tasks.cancel_scope.cancel)
            await tasks.start(working.run)
        try:
            yield base.chats(working, relay)
        except Exception as error:  # noqa: BLE001  # raised again below: a task group would wrap it
            failed = error
    if failed is not None:
        raise failed


class _Base:
    """What the service, the worker and the views of one process share."""

    def __init__(self, opened: Opened, models: ModelTable, settings: ServiceSettings, clock: Clock, ids: Ids) -> None:
        self._store, self._pubsub = opened.store, opened.pubsub
        self._models, self._settings, self._clock, self._ids = models, settings, clock, ids
        self._live = LiveParts()
        self._promotions = Promotions(opened.store, models)
        self._windows = Windows(opened.store, bytes_max=settings.window_cache_bytes_max)
        retries_max, told = settings.conflict_retries_max, self._windows.extend
        self._writer = ChatWriter(opened.store, opened.pubsub, retries_max=retries_max, told=told)

    def worker(self, tools: ToolSet, workspaces: Workspaces) -> Worker:
        """The worker, which does not run yet."""
        settings = self._settings
        turn = TurnTools(
            models=self._models,
            tools=tools,
            promotions=self._promotions,
            clock=self._clock,
            ids=self._ids,
            settings=settings.turn,
        )
        use = RunnerTools(
            store=self._store,
            pubsub=self._pubsub,
            writer=self._writer,
            windows=self._windows,
            workspaces=workspaces,
            turn=turn,
            live=self._live,
            journal=settings.journal,
            poll_s=settings.runner_poll.total_seconds(),
            leave_s=settings.work.shutdown.total_seconds(),
        )
        return Worker(use, clock=self._clock, ids=self._ids, settings=settings.work)

    def chats(self, working: Worker | None, relay: Relay | None) -> Chats:
        """What the embedding service is given."""
        own, view = None if working is None else working.worker_id, _view_settings(self._settings)
        return Chats(
            service=ChatService(self._store, self._writer, self._promotions, self._ids, adopter=working),
            watching=Watching(self._store, self._pubsub, self._live, view, relay=relay, own=own),
            store=self._store,
            pubsub=self._pubsub,
            parts=self._live,
            worker_id=own,
        )


def _view_settings(settings: ServiceSettings) -> ViewSettings:
    """Without a journal there is nothing to read in it."""
    return evolve(settings.view, journal_poll=None) if settings.journal.mode is JournalMode.OFF else settings.view


async def _workspaces(
    workspace: str | os.PathLike[str] | Workspaces | None, clock: Clock, ids: Ids, stack: AsyncExitStack
) -> Workspaces:
    if workspace is None:
        return NoWorkspaces()
    if isinstance(workspace, str | os.PathLike):
        from chatcore.adapters.agent.local import LocalAgent, LocalSettings

        local = LocalAgent.open(clock=clock, ids=ids, settings=LocalSettings(directory=os.fspath(workspace)))
        return OneWorkspace(await stack.enter_async_context(local))
    return workspace
