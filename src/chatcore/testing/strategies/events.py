"""Events of every kind, heads and details with any sound values: what a codec must carry."""

from hypothesis import strategies as st

from chatcore.domain.chat.details import ChatDetails
from chatcore.domain.chat.events import EVENT_TYPES, Event
from chatcore.domain.chat.head import ChatHead
from chatcore.testing.strategies.values import values_of


def events() -> st.SearchStrategy[Event]:
    """Events of every kind. They need not follow from one another."""
    return st.one_of([values_of(kind) for kind in EVENT_TYPES])


def heads() -> st.SearchStrategy[ChatHead]:
    """Heads with any values, whether a log leads to them or not."""
    return values_of(ChatHead)


def all_details() -> st.SearchStrategy[ChatDetails]:
    """Details with any values."""
    return values_of(ChatDetails)
