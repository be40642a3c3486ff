"""Compacting a chat on request: ask the model for a summary, then replace what was said by it (5.3, 5.7)."""

from typing import Final

import anyio
from attrs import evolve

from chatcore.app.errors import UnknownModel
from chatcore.app.journal_writer import PartSink
from chatcore.app.models import ModelTable
from chatcore.app.promotions import Promotions
from chatcore.app.runner_log import RunnerLog
from chatcore.app.settings import TurnSettings
from chatcore.app.windows import Window
from chatcore.domain.chat.boundary_rows import SUMMARY_TOOL, compaction_args, compaction_report
from chatcore.domain.chat.commands import Command, CommitCompaction, FinishTurn
from chatcore.domain.chat.evidence_of import replays
from chatcore.domain.chat.head import ChatHead
from chatcore.domain.chat.values import CompactionSource
from chatcore.domain.content.messages import Role
from chatcore.domain.content.parts import TextPart, ToolCallPart, ToolResultPart
from chatcore.domain.content.prompt import PromptMessage, PromptText
from chatcore.domain.errors import ChatcoreError
from chatcore.domain.json_text import JsonText, dump_json
from chatcore.domain.turn.answer import Published
from chatcore.domain.turn.compaction_rules import effective_limit, effective_threshold
from chatcore.domain.turn.tools import ToolChoice
from chatcore.ports.ids import Ids
from chatcore.ports.model import ModelError, ModelRequest

SUMMARY_PROMPT: Final = (
    "Write a hand-over of this conversation for somebody who has to go on with it and cannot read it. Be dense and "
    "exact. Cover: what the user wants; the decisions made and why; technical details that matter (paths, names, "
    "commands, values); errors met and how they were mended; what is done, what is in progress, what is left; and the "
    "action that was about to be taken. Write the hand-over only."
)
SUMMARY_PREFIX: Final = (
    "What follows is a summary of the conversation so far. It replaces the earlier messages; go on from it."
)


class Compaction:
    """Makes a summary and stores it."""

    def __init__(
        self,
        log: RunnerLog,
        models: ModelTable,
        promotions: Promotions,
        sink: PartSink,
        ids: Ids,
        settings: TurnSettings,
    ) -> None:
        self._log = log
        self._models = models
        self._promotions = promotions
        self._sink = sink
        self._ids = ids
        self._settings = settings

    async def by_hand(self, window: Window) -> None:
        """Compact because a person asked, and end the turn. A summary that fails ends the turn without one."""
        command = self._command(window)
        args = compaction_args(command, CompactionSource.MANUAL)
        call = ToolCallPart(tool_call_id=command.call_id, tool_name=SUMMARY_TOOL, args=args)
        self._sink.show(Published(role=Role.ASSISTANT, part=call))
        try:
            summary = await self._summary(window)
        except (ModelError, UnknownModel, TimeoutError) as error:
            why = str(error) or f"no summary within {self._settings.summary.total_seconds():g} s"
            self._show_result(command.call_id, dump_json({"error": why}), is_error=True)
            await self._end()
            return
        report = compaction_report(evolve(command, summary=summary), CompactionSource.MANUAL)
        self._show_result(command.call_id, report)
        try:
            await self._end(evolve(command, summary=summary))
        except ChatcoreError as error:
            self._show_result(command.call_id, dump_json({"error": str(error)}), is_error=True)
            raise

    def _command(self, window: Window) -> CommitCompaction:
        head = self._log.head
        usage = head.usage
        tokens = 0 if usage is None else usage.context_tokens
        setup = self._models.find(head.model_id)
        configured = None if setup is None else setup.context_limit
        limit = effective_limit(None if usage is None else usage.context_limit, configured)
        return CommitCompaction(
            summary="",
            prefix=SUMMARY_PREFIX,
            call_id=f"{SUMMARY_TOOL}_{self._ids.new()}",
            threshold_percent=effective_threshold(None if setup is None else setup.threshold_percent),
            usage_percent=100.0 * tokens / limit if limit else 0.0,
            context_tokens=tokens,
            context_limit=limit,
            unanswered=replays(window.messages, head.boundary),
        )

    async def _summary(self, window: Window) -> str:
        head = self._log.head
        setup = self._models.setup(head.model_id)
        question = PromptMessage(role=Role.USER, content=(PromptText(text=SUMMARY_PROMPT),))
        request = ModelRequest(
            model_id=self._models.resolve(head.model_id) or "",
            messages=(*window.prompt(), question),
            tool_choice=ToolChoice.NONE,
            max_output_tokens=setup.output_tokens_max or self._settings.output_tokens_max,
        )
        with anyio.fail_after(self._settings.summary.total_seconds()):
            answer = await setup.model.generate(request)
        texts = (part.text.strip() for part in answer.content if isinstance(part, TextPart))
        summary = " ".join(text for text in texts if text).strip()
        if not summary:
            raise ModelError("the model's summary was blank")
        return summary

    async def _end(self, *before: Command) -> None:
        async def commands(head: ChatHead) -> tuple[Command, ...]:
            return (*before, FinishTurn(promotion=await self._promotions.first(self._log.chat_id, head)))

        await self._log.append_planned(commands)

    def _show_result(self, call_id: str, result: JsonText, *, is_error: bool = False) -> None:
        part = ToolResultPart(tool_call_id=call_id, tool_name=SUMMARY_TOOL, result=result, is_error=is_error)
        self._sink.show(Published(role=Role.TOOL, part=part))
