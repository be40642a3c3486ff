"""Working on a running chat: ask the turn machine what is next, do it, append what came of it (architecture 6)."""

from collections.abc import Mapping, Sequence
from typing import assert_never

import anyio
from attrs import define, field, frozen

from chatcore.app.compaction import Compaction
from chatcore.app.errors import UnknownModel
from chatcore.app.journal_writer import PartSink
from chatcore.app.model_step import Reply, ask, request_for
from chatcore.app.models import ModelSetup, ModelTable
from chatcore.app.promotions import Promotions
from chatcore.app.runner_log import Commands, RunnerLog, as_given
from chatcore.app.salvage import words_only
from chatcore.app.settings import TurnSettings
from chatcore.app.tool_step import ToolStep
from chatcore.app.tools.tool import ToolSet
from chatcore.app.windows import Window
from chatcore.domain.chat.commands import (
    Command,
    CommitAnswer,
    CommitResults,
    EnterRequiresAction,
    FinishError,
    FinishTurn,
    RecordGenerationAttempt,
    RecordRetryState,
)
from chatcore.domain.chat.head import ChatHead
from chatcore.domain.chat.rejections import InvalidStep, NoDefaultModelConfig
from chatcore.domain.chat.values import ChatError, DynamicTool, Status
from chatcore.domain.content.messages import Role
from chatcore.domain.content.parts import ToolCallPart, ToolResultPart
from chatcore.domain.turn.answer import Answer, Published
from chatcore.domain.turn.assembler import Assembler
from chatcore.domain.turn.classify_tables import ErrorKind
from chatcore.domain.turn.context_limit import context_limit
from chatcore.domain.turn.next_step import (
    CallModel,
    Compact,
    Fail,
    Finish,
    LocalCall,
    Progress,
    RunTools,
    WaitForClient,
    next_step,
)
from chatcore.domain.turn.retry import Retry, after_failure
from chatcore.domain.turn.step_end import StepEnd, step_end
from chatcore.domain.turn.tools import ToolDefinition, offered
from chatcore.ports.agent import Agent
from chatcore.ports.clock import Clock
from chatcore.ports.ids import Ids
from chatcore.ports.model import ModelError


@frozen(kw_only=True)
class TurnTools:
    """What turns are worked on with."""

    models: ModelTable
    tools: ToolSet
    promotions: Promotions
    clock: Clock
    ids: Ids
    settings: TurnSettings


@define
class Unfinished:
    """What an activity had in hand when it was cancelled; an interrupt or a shutdown stores it."""

    reply: Reply | None = None
    tools: ToolStep | None = None
    invalid_args: Mapping[str, str] = field(factory=dict)


class Turn:
    """Works on one running chat until it rests, waits for a client, or is cancelled."""

    def __init__(
        self,
        log: RunnerLog,
        use: TurnTools,
        unfinished: Unfinished,
        sink: PartSink,
        *,
        agent: Agent | None,
        dynamic_tools: Sequence[DynamicTool],
    ) -> None:
        self._log = log
        self._use = use
        self._unfinished = unfinished
        self._sink = sink
        self._agent = agent
        self._dynamic = {tool.name: tool for tool in dynamic_tools}
        self._progress = Progress()

    async def run(self) -> None:
        """Raises: StaleFence, somebody else changed the chat; whatever the store raises for good."""
        while self._log.head.status is Status.RUNNING and self._log.head.owned:
            head, window = self._log.head, await self._log.window()
            self._sink.open(head)
            step = next_step(head, window.messages, progress=self._progress, limits=self._use.settings.bounds)
            match step:
                case CallModel():
                    await self._call_model(window)
                case RunTools(calls=calls):
                    await self._run_tools(calls)
                case WaitForClient():
                    await self._wait_for_client()
                case Compact():
                    await self._compact(window)
                case Finish():
                    await self._finish()
                case Fail(error=error):
                    await self._log.append(FinishError(error=error))
                case _:
                    assert_never(step)

    async def _call_model(self, window: Window) -> None:
        head = self._log.head
        model_id = self._use.models.resolve(head.model_id)
        try:
            setup = self._use.models.setup(model_id)
        except UnknownModel as error:
            await self._log.append(FinishError(error=ChatError(message=str(error), kind=ErrorKind.CONFIG)))
            return
        assembler = Assembler(call_id_prefix=f"call_{head.history_version}_")
        self._unfinished.reply = reply = Reply(assembler=assembler, history_version=head.history_version)
        request = request_for(
            model_id or "",
            setup,
            head,
            window.prompt(),
            tools=offered((*self._use.tools.definitions, *map(_definition, self._dynamic.values()))),
            output_tokens_max=self._use.settings.output_tokens_max,
        )
        silence = self._use.settings.silence
        try:
            answer = await ask(setup, request, reply, sink=self._sink, silence=silence)
        except ModelError as error:
            await self._failed(error)
            return
        await self._commit(reply, answer, model_id, setup)

    async def _failed(self, error: ModelError) -> None:
        """Record the retry and wait for it, or fail the turn (4.6)."""
        policy = self._use.settings.retry
        verdict = after_failure(
            policy,
            self._log.head.generation_attempt,
            policy.classify(error.failure()),
            retry_after_ms=error.retry_after_ms,
        )
        if not isinstance(verdict, Retry):
            await self._log.append(FinishError(error=verdict.error))
            return
        now = self._use.clock.now()
        await self._log.append(RecordRetryState(error=verdict.error, delay_ms=verdict.delay_ms, at=now))
        # Only now is it given up: an interrupt that came before the failure was recorded keeps what was said.
        self._unfinished.reply = None
        await anyio.sleep(verdict.delay_ms / 1000)
        await self._log.append(RecordGenerationAttempt())

    async def _commit(self, reply: Reply, answer: Answer, model_id: str | None, setup: ModelSetup) -> None:
        """Store the answer, before any of its calls runs; with it the end of the turn, if this is it."""
        end = step_end(answer.content, answer.reason)
        commands: tuple[Command, ...] = ()
        if answer.content:
            calls = [part for part in answer.content if isinstance(part, ToolCallPart) and not part.provider_executed]
            commands = (
                CommitAnswer(
                    content=answer.content,
                    model_id=model_id,
                    usage=answer.usage,
                    context_limit=context_limit(answer.metadata, setup.context_limit),
                    dynamic=tuple(call.tool_call_id for call in calls if call.tool_name in self._dynamic),
                ),
            )
        reply.commit = self._ending(*commands) if end is StepEnd.STOPPED else as_given(*commands)
        try:
            if end is StepEnd.STOPPED:
                await self._finish(*commands)
            else:
                await self._log.append(*commands)
                self._progress = Progress(steps=self._progress.steps + 1, last=end)
        except InvalidStep as error:
            await self._refuse(answer, model_id, error)
        self._unfinished.reply = None
        self._unfinished.invalid_args = answer.invalid_args

    async def _refuse(self, answer: Answer, model_id: str | None, error: InvalidStep) -> None:
        """End the turn where calls cannot be stored, and keep the words around them: they were shown."""
        failed = FinishError(error=ChatError(message=f"The model's answer was refused: {error}"))
        words = words_only(answer.content)
        kept = (CommitAnswer(content=words, model_id=model_id, usage=answer.usage),) if words else ()
        await self._log.append(*kept, failed)

    async def _run_tools(self, calls: Sequence[LocalCall]) -> None:
        message_id = self._log.head.pending_seq
        assert message_id is not None, "calls are pending, so the message that made them is known"
        step = ToolStep(self._log.chat_id, message_id, self._use.tools, self._agent, self._unfinished.invalid_args)
        self._unfinished.tools = step
        results = await step.run(calls)
        names = {call.call_id: call.tool_name for call in calls}
        for result in results:
            part = ToolResultPart(
                tool_call_id=result.call_id,
                tool_name=names[result.call_id],
                result=result.result,
                is_error=result.is_error,
                is_media=result.is_media,
            )
            self._sink.show(Published(role=Role.TOOL, part=part))
        await self._sink.flush()
        await self._log.append(CommitResults(results=results))
        self._unfinished.tools = None

    async def _wait_for_client(self) -> None:
        timeout_ms = round(self._use.settings.action_timeout.total_seconds() * 1000)
        await self._log.append(EnterRequiresAction(at=self._use.clock.now(), timeout_ms=timeout_ms))

    async def _compact(self, window: Window) -> None:
        use = self._use
        compaction = Compaction(self._log, use.models, use.promotions, self._sink, use.ids, use.settings)
        await compaction.by_hand(window)

    async def _finish(self, *before: Command) -> None:
        """End the turn, with what was said last in the same append; a waiting message begins the next one."""
        try:
            await self._log.append_planned(self._ending(*before))
        except NoDefaultModelConfig as error:
            failed = FinishError(error=ChatError(message=str(error), kind=ErrorKind.CONFIG))
            await self._log.append(*before, failed)
        self._progress = Progress()

    def _ending(self, *before: Command) -> Commands:
        async def commands(head: ChatHead) -> tuple[Command, ...]:
            promotion = await self._use.promotions.first(self._log.chat_id, head)
            return (*before, FinishTurn(promotion=promotion))

        return commands


def _definition(tool: DynamicTool) -> ToolDefinition:
    return ToolDefinition(name=tool.name, description=tool.description, input_schema=tool.input_schema)
