"""One call of a model: the prompt, the stream, and what viewers are shown of it meanwhile (4.2, 4.7)."""

import math
from datetime import timedelta

import anyio
from attrs import define

from chatcore.app.journal_writer import PartSink
from chatcore.app.models import ModelSetup
from chatcore.app.runner_log import Commands
from chatcore.domain.chat.head import ChatHead
from chatcore.domain.content.parts import Part
from chatcore.domain.content.prompt import PromptMessage
from chatcore.domain.ids import Seq
from chatcore.domain.turn.answer import Answer
from chatcore.domain.turn.assembler import Assembler
from chatcore.domain.turn.caching import with_cache_hints
from chatcore.domain.turn.classify_tables import ErrorKind
from chatcore.domain.turn.tools import OfferedTool
from chatcore.ports.model import ModelError, ModelRequest, cut_off


@define
class Reply:
    """A reply in the making. It outlives the task that makes it, so that an interrupt finds what was said."""

    assembler: Assembler
    history_version: Seq
    """The history that it answers; once that has moved, the reply was stored or nobody waits for it."""
    commit: Commands | None = None
    """How it is stored, once it is whole: a worker that is stopped right then ends the turn, not the reply."""

    def said(self) -> tuple[Part, ...]:
        """What was said so far, in the order of 4.5."""
        return self.assembler.flush()


def request_for(
    model_id: str,
    setup: ModelSetup,
    head: ChatHead,
    prompt: tuple[PromptMessage, ...],
    *,
    tools: tuple[OfferedTool, ...],
    output_tokens_max: int,
) -> ModelRequest:
    """The question that the prompt asks."""
    return ModelRequest(
        model_id=model_id,
        messages=with_cache_hints(prompt, setup.provider or ""),
        tools=tools,
        max_output_tokens=setup.output_tokens_max or output_tokens_max,
        effort=setup.effort if head.effort is None else head.effort,
    )


async def ask(setup: ModelSetup, request: ModelRequest, reply: Reply, *, sink: PartSink, silence: timedelta) -> Answer:
    """Stream the answer into `reply`, showing its parts.

    Raises: ModelError, also for a stream that is silent too long, that has no end or that holds too much.
    """
    assembler = reply.assembler
    async with setup.model.stream(request) as events:
        with anyio.move_on_after(silence.total_seconds()) as patience:
            async for event in events:
                patience.deadline = math.inf
                for published in assembler.feed(event):
                    sink.show(published)
                await sink.room()
                if assembler.excess is not None:
                    raise ModelError(assembler.excess, kind=ErrorKind.GENERIC, provider=setup.provider)
                patience.deadline = anyio.current_time() + silence.total_seconds()
    if patience.cancelled_caught:
        why = f"the model said nothing for {silence.total_seconds():g} s"
        raise ModelError(why, kind=ErrorKind.STREAM_SILENCE_TIMEOUT, provider=setup.provider)
    answer = assembler.finish()
    if not answer.complete:
        raise cut_off(setup.provider)
    await sink.flush()
    return answer
