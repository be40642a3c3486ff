"""What a worker tells the log: who works on a chat, what the model said, what tools gave back (2.4, events.md)."""

from datetime import datetime

from attrs import frozen

from chatcore.domain import limits
from chatcore.domain.chat.evidence import Promotion, Replay
from chatcore.domain.chat.values import ChatError, ReleaseReason
from chatcore.domain.content.messages import Effort, Usage
from chatcore.domain.content.parts import Part
from chatcore.domain.ids import RunnerId, WorkerId
from chatcore.domain.json_text import JsonText


@frozen(kw_only=True)
class Acquire:
    """A runner takes the chat, whoever held it before."""

    worker_id: WorkerId
    runner_id: RunnerId


@frozen(kw_only=True)
class Abandon:
    """The runner gives the chat up."""

    reason: ReleaseReason


@frozen(kw_only=True)
class RecordGenerationAttempt:
    """The model is asked again at the same history."""


@frozen(kw_only=True)
class RecordRetryState:
    """The model failed and is asked again `delay_ms` after `at`."""

    error: ChatError
    delay_ms: int
    at: datetime


@frozen(kw_only=True)
class CommitAnswer:
    """What the model said in one step, before any of its calls is run."""

    content: tuple[Part, ...]
    model_id: str | None = None
    effort: Effort | None = None
    usage: Usage | None = None
    context_limit: int | None = None
    dynamic: tuple[str, ...] = ()
    """Ids of the calls in it that a client answers."""


@frozen(kw_only=True)
class CallResult:
    """What came of a pending call; the tool's name is known from the call."""

    call_id: str
    result: JsonText
    is_error: bool = False
    is_media: bool = False


@frozen(kw_only=True)
class CommitResults:
    """What local tools gave back; stored in call order."""

    results: tuple[CallResult, ...]


@frozen(kw_only=True)
class CommitSalvage:
    """The beginning of a reply that was cut short, where the turn goes on."""

    content: tuple[Part, ...]
    model_id: str | None = None


@frozen(kw_only=True)
class CommitCompaction:
    """A summary that replaces what was said. If a person asked for it, FinishTurn follows in the same append (5)."""

    summary: str
    prefix: str
    """Tells the model what the summary is; empty for none."""
    call_id: str
    """`chat_summarized_` and a UUID, the same as in the live parts."""
    threshold_percent: int
    usage_percent: float
    context_tokens: int
    context_limit: int
    """Tokens; 0 where it is unknown."""
    unanswered: tuple[Replay, ...] = ()
    """The user messages without an answer, oldest first: they survive word for word."""


@frozen(kw_only=True)
class EnterRequiresAction:
    """Only calls that the client answers are left: wait for it until `timeout_ms` after `at`."""

    at: datetime
    timeout_ms: int = limits.ACTION_TIMEOUT_MS


@frozen(kw_only=True)
class FinishTurn:
    """The model has said all. With a queue, `promotion` is its first row, which is said next."""

    promotion: Promotion | None = None


@frozen(kw_only=True)
class FinishError:
    """The turn cannot go on."""

    error: ChatError


@frozen(kw_only=True)
class FinishInterruption:
    """The turn stopped as asked. With a queue, `promotion` is its first row, which is said next."""

    partial: tuple[Part, ...] = ()
    """The beginning of the reply that was cut short; empty while calls are pending."""
    results: tuple[CallResult, ...] = ()
    """Results that came in before the interrupt."""
    model_id: str | None = None
    promotion: Promotion | None = None
