"""What of a reply survives its worker: the journal's parts become the beginning of an answer (architecture 7)."""

from collections.abc import Iterable, Sequence
from operator import attrgetter

from chatcore.domain.chat.head import ChatHead
from chatcore.domain.content.parts import Part
from chatcore.domain.ids import ChatId
from chatcore.domain.live.journal import Episode, JournalPart
from chatcore.domain.turn.partial import rebuilt


def belongs_to(episode: Episode, chat_id: ChatId, head: ChatHead) -> bool:
    """Whether an episode is of the reply that the head waits for: the newest try at its history, or one before.

    An acquisition begins a new try at the same history, so after it the journal is of an earlier one. A try that
    failed and was recorded has deleted its journal.
    """
    return (
        episode.chat_id == chat_id
        and episode.history_version == head.history_version
        and episode.generation_attempt <= head.generation_attempt
    )


def salvaged(parts: Iterable[JournalPart]) -> tuple[Part, ...]:
    """The content of a partial answer, from the parts of one episode; pieces of a call's arguments are joined.

    Results of the service's own tools are left out: they are stored by the step that ran them, or their calls are
    answered as orphaned. What stands behind a missing part is left out, too: an answer has no holes.
    """
    return rebuilt(each.part for each in unbroken(parts))


def unbroken(parts: Iterable[JournalPart]) -> Sequence[JournalPart]:
    """The parts from number 1 on, in order, up to the first that is missing."""
    found: list[JournalPart] = []
    for part in sorted(parts, key=attrgetter("number")):
        if part.number == len(found) + 1:
            found.append(part)
        elif part.number > len(found):
            break
    return found
