"""The model port, driven by a script (spec chat-core 4.7, 7.6)."""

from collections import deque
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Generator, Iterable, Sequence
from contextlib import aclosing, asynccontextmanager
from typing import Final, TypeAlias

import anyio
from anyio.lowlevel import checkpoint

from chatcore.adapters.scripted.script import CutOff, End, Fail, Pause, Report, Say, Saying
from chatcore.adapters.scripted.telling import Teller
from chatcore.domain.turn.answer import Answer
from chatcore.domain.turn.classify_tables import ErrorKind
from chatcore.domain.turn.stream import StreamEvent
from chatcore.ports.model import ModelError, ModelRequest, cut_off, generate_by_streaming

Script: TypeAlias = Callable[[ModelRequest], Iterable[Saying]]
"""Looks at a request and yields, one after the other, what the model says to it. Called anew for every request."""

REQUESTS_KEPT_MAX: Final = 1000
"""Newest requests that a scripted model remembers (architecture 10)."""

WORDS_PER_DELTA_DEFAULT: Final = 3


class ScriptedModel:
    """A model without a provider. It needs no key and no network, and the same script gives the same events.

        def script(request):
            if results := latest_results(request):
                yield f"The file says: {results[-1].text}"
            else:
                yield Think("I should look.")
                yield Call("read_file", {"path": "/notes.txt"})

        model = ScriptedModel(script)

    A sequence of turns is told one turn per request instead: `ScriptedModel([["Hello"], [Fail(status=500)]])`.
    A script that is no longer wanted is closed where it stands, so its `finally` runs.

    `words_per_delta` sets how much text comes at once, `delay_s` the pause before each event on anyio's clock.
    """

    def __init__(
        self,
        script: Script | Sequence[Iterable[Saying]],
        *,
        provider: str = "scripted",
        words_per_delta: int = WORDS_PER_DELTA_DEFAULT,
        delay_s: float = 0.0,
    ) -> None:
        if words_per_delta < 1:
            raise ValueError(f"words_per_delta must be at least 1, got {words_per_delta}")
        self._script = script if callable(script) else _in_turn(script, provider)
        self._provider = provider
        self._words_per_delta = words_per_delta
        self._delay_s = delay_s
        self._requests: deque[ModelRequest] = deque(maxlen=REQUESTS_KEPT_MAX)

    @property
    def requests(self) -> tuple[ModelRequest, ...]:
        """The newest requests, oldest first, at most REQUESTS_KEPT_MAX."""
        return tuple(self._requests)

    @asynccontextmanager
    async def stream(self, request: ModelRequest) -> AsyncGenerator[AsyncIterator[StreamEvent], None]:
        """Tell the script's answer to the request. Errors and promises are those of the port."""
        self._requests.append(request)
        async with aclosing(self._events(request)) as events:
            yield events

    async def generate(self, request: ModelRequest) -> Answer:
        """The script's whole answer to the request."""
        return await generate_by_streaming(self, request)

    async def _events(self, request: ModelRequest) -> AsyncGenerator[StreamEvent, None]:
        teller = Teller(call_id_stem=f"call_{len(request.messages)}_", words_per_delta=self._words_per_delta)
        # A script that fails at once must not let a caller that retries at once keep the loop for itself.
        await checkpoint()
        sayings = self._script(request)
        try:
            for saying in sayings:
                if isinstance(saying, Pause):
                    await anyio.sleep(saying.seconds)
                    continue
                for event in self._told(saying, teller):
                    await self._breathe()
                    yield event
                if isinstance(saying, CutOff):
                    raise cut_off(self._provider)
                if isinstance(saying, End):
                    return
            await self._breathe()
            yield teller.end()
        finally:
            if isinstance(sayings, Generator):
                sayings.close()

    def _told(self, saying: Saying, teller: Teller) -> Iterable[StreamEvent]:
        match saying:
            case Pause():
                return ()
            case str():
                return teller.tell(Say(saying))
            case Report():
                teller.report(saying)
                return ()
            case Fail():
                raise ModelError(
                    saying.message,
                    kind=saying.kind,
                    status=saying.status,
                    provider=self._provider,
                    retryable=saying.retryable,
                    retry_after_ms=saying.retry_after_ms,
                )
            case CutOff(saying=begun):
                return () if begun is None else teller.tell_beginning(begun)
            case End(reason=reason, raw_reason=raw_reason):
                return (teller.end(reason, raw_reason),)
            case _:
                return teller.tell(saying)

    async def _breathe(self) -> None:
        # Without a checkpoint before each event, a cancelled reader would still be told the end (7.6).
        if self._delay_s > 0:
            await anyio.sleep(self._delay_s)
        else:
            await checkpoint()


def _in_turn(turns: Sequence[Iterable[Saying]], provider: str) -> Script:
    left = iter(tuple(turns))

    def script(_request: ModelRequest) -> Iterable[Saying]:
        turn = next(left, None)
        if turn is None:
            raise ModelError(
                f"the script has {len(turns)} turns and was asked for one more: add a turn",
                kind=ErrorKind.CONFIG,
                provider=provider,
            )
        return turn

    return script
