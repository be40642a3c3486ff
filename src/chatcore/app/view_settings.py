"""Everything an embedding service may set about viewers, with the spec's defaults."""

from datetime import timedelta

from attrs import frozen

from chatcore.domain import limits


@frozen(kw_only=True)
class ViewSettings:
    """How chats are watched (6.3, 6.4)."""

    poll: timedelta = timedelta(milliseconds=limits.POLL_INTERVAL_MS)
    """How often a view reads without a hint."""
    journal_poll: timedelta | None = timedelta(milliseconds=limits.JOURNAL_POLL_MS)
    """How often it reads the parts that another process writes to the store's journal; None where none is kept."""
    idle_max: timedelta | None = timedelta(milliseconds=limits.VIEWER_IDLE_MS_MAX)
    """How long news may wait for a reader that does not ask for it before the view is cut off; None waits for ever."""
    page_messages: int = limits.SNAPSHOT_MESSAGES_MAX
    """Messages of a new viewer's first page, about."""
    page_events: int = limits.VIEW_PAGE_EVENTS
    """Events that are read at once, about."""
    batch_max: int = limits.VIEW_BATCH_EVENTS_MAX
    """Events of one batch."""
    retries_max: int = limits.VIEW_RETRIES_MAX
    """How often a store that cannot answer is asked again before the view ends with its error."""
