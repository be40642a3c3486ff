"""The model as one replica reaches it: the scripted model, behind the replica's gate, with every request noted."""

from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import asynccontextmanager

from chatcore.adapters.scripted import ScriptedModel
from chatcore.domain.turn.answer import Answer
from chatcore.domain.turn.stream import StreamEvent, StreamFinished
from chatcore.ports.model import ModelRequest, generate_by_streaming
from chatcore.testing.simulation.askers import asker_now
from chatcore.testing.simulation.faults import Faults
from chatcore.testing.simulation.happenings import ModelAnswered, ModelAsked
from chatcore.testing.simulation.life import Life
from chatcore.testing.simulation.model_talk import ModelTalk


class FaultyModel:
    """The model of one life of one replica, `place`; `talk` decides what it says and how it fails."""

    def __init__(self, talk: ModelTalk, place: str, *, life: Life, faults: Faults) -> None:
        self._scripted = ScriptedModel(talk.script, provider="simulated")
        self._place = place
        self._life = life
        self._trace = faults.trace

    @asynccontextmanager
    async def stream(self, request: ModelRequest) -> AsyncGenerator[AsyncIterator[StreamEvent], None]:
        """As the scripted model."""
        await self._life.gate()
        asker = asker_now()
        asked = ModelAsked(chat_id=asker.chat_id, history_version=asker.history_version, request=request)
        self._trace.note(self._place, asked)

        def ended() -> None:
            answered = ModelAnswered(chat_id=asker.chat_id, history_version=asker.history_version)
            self._trace.note(self._place, answered)

        async with self._scripted.stream(request) as events:
            yield _Gated(events, self._life, ended)

    async def generate(self, request: ModelRequest) -> Answer:
        """The whole answer."""
        return await generate_by_streaming(self, request)


class _Gated(AsyncIterator[StreamEvent]):
    def __init__(self, events: AsyncIterator[StreamEvent], life: Life, ended: Callable[[], None]) -> None:
        self._events = events
        self._life = life
        self._ended = ended

    async def __anext__(self) -> StreamEvent:
        event = await anext(self._events)
        await self._life.gate()
        if isinstance(event, StreamFinished):
            self._ended()
        return event
