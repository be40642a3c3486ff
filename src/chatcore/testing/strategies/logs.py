"""Legal logs: what a chat holds after any commands that fit it."""

from hypothesis import strategies as st

from chatcore.domain.chat.append import decide_append
from chatcore.domain.chat.envelope import StoredEvent
from chatcore.domain.ids import ChatId
from chatcore.domain.rejection import Rejection
from chatcore.testing.chat_log import ChatLog
from chatcore.testing.recorded_logs import recorded
from chatcore.testing.strategies.commands import creates, fitting_appends


@st.composite
def chat_logs(draw: st.DrawFn, *, appends_max: int = 12) -> ChatLog:
    """A chat with up to `appends_max` accepted appends, the first of which creates it."""
    chat = ChatLog(chat_id=ChatId("chat"))
    chat.do(draw(creates()))
    for _ in range(draw(st.integers(0, appends_max - 1))):
        append = draw(fitting_appends(chat))
        try:
            decided = decide_append(chat.head, append)
        except Rejection:
            continue
        chat.accept(decided)
    return chat


def stored_logs(*, appends_max: int = 12) -> st.SearchStrategy[tuple[StoredEvent, ...]]:
    """The same as a store would have recorded it: what `crash_everywhere` takes."""
    return chat_logs(appends_max=appends_max).map(recorded)
