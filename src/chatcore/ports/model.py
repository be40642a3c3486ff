"""The port to a language model (spec chat-core 4.2, 4.6, 4.7; architecture 8)."""

from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager
from typing import Protocol

from attrs import frozen

from chatcore.domain.content.messages import Effort
from chatcore.domain.content.prompt import PromptMessage
from chatcore.domain.errors import ChatcoreError
from chatcore.domain.limits import OUTPUT_TOKENS_DEFAULT
from chatcore.domain.turn.answer import Answer
from chatcore.domain.turn.assembler import Assembler
from chatcore.domain.turn.classify import Failure, understood
from chatcore.domain.turn.classify_tables import ErrorKind
from chatcore.domain.turn.stream import StreamEvent
from chatcore.domain.turn.tools import OfferedTool, ToolChoice


@frozen(kw_only=True)
class ModelRequest:
    """One question to a model: the whole prompt and what may be done with it."""

    model_id: str
    messages: tuple[PromptMessage, ...]
    tools: tuple[OfferedTool, ...] = ()
    tool_choice: ToolChoice = ToolChoice.AUTO
    max_output_tokens: int | None = OUTPUT_TOKENS_DEFAULT
    """None leaves it to the provider."""
    effort: Effort | None = None
    """None leaves it to the model's configuration."""
    stop_sequences: tuple[str, ...] = ()


class ModelError(ChatcoreError):
    """A call of a model failed.

    `message` is what the provider or the connection said, without secrets; it is read to tell what failed where
    `kind` is None. `status` is the HTTP status, `provider` the provider's id, `retry_after_ms` the wait that the
    provider asked for. `kind` and `retryable` are given only by an adapter that knows; a `kind` alone decides by its
    nature whether the call is made again. `detail` is for people who look closer. `raw_finish` is the provider's own
    word for why the answer ended, where it said one before the error or with it.
    """

    def __init__(
        self,
        message: str,
        *,
        kind: ErrorKind | None = None,
        status: int | None = None,
        provider: str | None = None,
        retryable: bool | None = None,
        retry_after_ms: int | None = None,
        detail: str | None = None,
        raw_finish: str | None = None,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.kind = kind
        self.status = status
        self.provider = provider
        self.retryable = retryable
        self.retry_after_ms = retry_after_ms
        self.detail = detail
        self.raw_finish = raw_finish

    def failure(self) -> Failure:
        """The error as a classifier takes it."""
        text = self.message if self.detail is None else f"{self.message}\n{self.detail}"
        classified = None
        if self.kind is not None:
            classified = understood(
                self.kind,
                retryable=self.retryable,
                provider=self.provider,
                status_code=self.status,
                detail=text.strip() or None,
            )
        return Failure(text=text, status_code=self.status, provider=self.provider, classified=classified)


class Model(Protocol):
    """A language model behind a provider.

    An adapter turns the prompt into its provider's form and the provider's stream into StreamEvents. It neither
    retries nor runs tools. It may be used by many tasks at once.
    """

    def stream(self, request: ModelRequest) -> AbstractAsyncContextManager[AsyncIterator[StreamEvent]]:
        """Ask the model and take its answer event by event, inside `async with`.

        Promises: the iterator ends right after exactly one StreamFinished, or raises. Nothing follows StreamFinished.
        Every event passes a checkpoint, so that a cancelled reader gets none, least of all the end (7.6). Leaving the
        context, by whatever road, closes the connection.
        Raises: ModelError, on entering or while iterating; with kind CUT_OFF where the provider's stream broke off
        without its end. What came before the error stays valid, and a retry discards it.
        """
        ...

    async def generate(self, request: ModelRequest) -> Answer:
        """Ask the model and wait for the whole answer. `generate_by_streaming` is a good body for it.

        Raises: ModelError, as `stream` does.
        """
        ...


async def generate_by_streaming(model: Model, request: ModelRequest) -> Answer:
    """The whole answer, folded from the model's stream. The answer is always complete.

    Raises: ModelError, also where the stream ended without StreamFinished or gave more than an answer may hold.
    """
    assembler = Assembler()
    async with model.stream(request) as events:
        async for event in events:
            assembler.feed(event)
            if assembler.excess is not None:
                raise ModelError(assembler.excess, kind=ErrorKind.GENERIC)
    answer = assembler.finish()
    if not answer.complete:
        raise cut_off()
    return answer


def cut_off(provider: str | None = None, raw_finish: str | None = None) -> ModelError:
    """The error for a stream that stopped without its end."""
    return ModelError(
        "the model's stream stopped without its end",
        kind=ErrorKind.CUT_OFF,
        provider=provider,
        raw_finish=raw_finish,
    )
