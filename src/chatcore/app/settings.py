"""Everything an embedding service may set about how chats are worked on, with the spec's defaults."""

from datetime import timedelta

from attrs import field, frozen

from chatcore.app.view_settings import ViewSettings
from chatcore.domain import limits
from chatcore.domain.live.batching import JournalSettings
from chatcore.domain.turn.next_step import TurnLimits
from chatcore.domain.turn.retry import RetryPolicy


@frozen(kw_only=True)
class WorkSettings:
    """How a worker finds and keeps chats (7.1)."""

    acquire_interval: timedelta = timedelta(milliseconds=limits.ACQUIRE_INTERVAL_MS)
    """How often the loop looks for work when no hint comes."""
    acquire_batch: int = limits.ACQUIRE_BATCH_MAX
    """Chats taken at most in one round."""
    chats_max: int = limits.ROOT_CHATS_AT_WORK_MAX + limits.CHILD_CHATS_AT_WORK_MAX
    """Chats that one worker works on at the same time; more wait (4.1)."""
    lease_expiry: timedelta = timedelta(milliseconds=limits.LEASE_EXPIRY_MS)
    """A chat whose runner gave no sign of life for so long is free."""
    heartbeat: timedelta = timedelta(milliseconds=limits.HEARTBEAT_MS)
    """How often a worker gives signs of life."""
    shutdown: timedelta = timedelta(milliseconds=limits.SHUTDOWN_MS_MAX)
    """How long a stopping worker may take to leave its chats in order."""


@frozen(kw_only=True)
class TurnSettings:
    """How one turn runs (4.1)."""

    bounds: TurnLimits = field(factory=TurnLimits)
    retry: RetryPolicy = field(factory=RetryPolicy)
    output_tokens_max: int = limits.OUTPUT_TOKENS_DEFAULT
    silence: timedelta = timedelta(milliseconds=limits.MODEL_SILENCE_MS_MAX)
    """A model that says nothing for so long is asked again."""
    action_timeout: timedelta = timedelta(milliseconds=limits.ACTION_TIMEOUT_MS)
    """How long a turn waits for a client's tools."""
    summary: timedelta = timedelta(milliseconds=limits.SUMMARY_MS_MAX)
    """How long the model may take to summarise a chat (5.1)."""


@frozen(kw_only=True)
class ServiceSettings:
    """All settings of a service in one value."""

    work: WorkSettings = field(factory=WorkSettings)
    turn: TurnSettings = field(factory=TurnSettings)
    journal: JournalSettings = field(factory=JournalSettings)
    """How parts of replies survive their worker (architecture 7)."""
    view: ViewSettings = field(factory=ViewSettings)
    """How viewers are served (6)."""
    conflict_retries_max: int = limits.CONFLICT_RETRIES_MAX
    """How often a command is decided again when others were faster."""
    window_cache_bytes_max: int = limits.WINDOW_CACHE_BYTES_MAX
    """What a worker keeps of its chats' windows between turns, in bytes of content."""
    runner_poll: timedelta = timedelta(milliseconds=limits.POLL_INTERVAL_MS)
    """How often a runner looks at its chat without a hint."""
