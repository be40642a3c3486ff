"""What several checkers keep of a run: the logs as they grow."""

from attrs import define, field

from chatcore.domain.chat.events import ContextCleared, Event, HistoryTruncated
from chatcore.domain.content.history import History
from chatcore.domain.content.transcript import fold_transcript
from chatcore.domain.ids import ChatId, Seq
from chatcore.testing.simulation.happenings import Committed


@define
class Logs:
    """The events of every chat, in order; `take` every append."""

    events: dict[ChatId, list[Event]] = field(factory=dict)
    boundaries: dict[tuple[ChatId, Seq], Seq | None] = field(factory=dict)
    """The boundary at each version of a history that an append led to."""

    def take(self, committed: Committed) -> None:
        """Take in what landed."""
        for landed in committed.landed:
            self.events.setdefault(landed.chat_id, []).extend(stored.event for stored in landed.events)
            self.boundaries[landed.chat_id, landed.head.history_version] = landed.head.boundary

    def rows(self, chat_id: ChatId, upto: Seq) -> list[tuple[Seq, Event]]:
        """The events of a chat up to a seq, with their numbers."""
        return list(enumerate(self.events.get(chat_id, [])[:upto], 1))

    def transcript(self, chat_id: ChatId, upto: Seq) -> History:
        """The messages that were there at a seq."""
        return fold_transcript(self.rows(chat_id, upto))

    def cleared(self, chat_id: ChatId, upto: Seq) -> Seq:
        """The newest clearing at a seq that no edit cut off; 0 if there is none."""
        rows = self.rows(chat_id, upto)
        cuts = [(event.from_seq, at) for at, event in rows if isinstance(event, HistoryTruncated)]
        clearings = [at for at, event in rows if isinstance(event, ContextCleared)]
        return max((at for at in clearings if not any(start <= at < end for start, end in cuts)), default=0)
