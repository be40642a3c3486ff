"""Taking over a reply whose worker is gone: what was shown of it becomes its beginning (architecture 7)."""

from chatcore.app.runner_log import RunnerLog
from chatcore.domain.chat.commands import CallResult, CommitResults, CommitSalvage
from chatcore.domain.chat.rejections import InvalidStep
from chatcore.domain.content.parts import Part, ReasoningPart, TextPart, ToolResultPart
from chatcore.domain.json_text import is_json
from chatcore.domain.live.salvage import belongs_to, salvaged, unbroken
from chatcore.domain.turn.partial import cut_short
from chatcore.ports.store import PartJournal

_TAKEN_OVER = "the reply was cut short and taken over by another worker"


async def salvage(log: RunnerLog, store: PartJournal) -> None:
    """Commit what the journal holds of the reply that the chat waits for, if anything.

    The chat was acquired before the journal is read: from then on no other worker's parts are taken.
    """
    if results := await journalled_results(log, store):
        await log.append(CommitResults(results=results))
    content = () if log.head.pending else await journalled(log, store)
    if not content:
        return
    try:
        await log.append(CommitSalvage(content=content))
    except InvalidStep:
        # Calls that cannot be stored are lost rather than the words around them.
        if words := words_only(content):
            await log.append(CommitSalvage(content=words))


async def journalled(log: RunnerLog, store: PartJournal) -> tuple[Part, ...]:
    """The beginning of the reply that the head waits for, as the journal holds it; its calls are answered."""
    journal = await log.outwait(lambda: store.journal_read(log.chat_id))
    if journal is None or not belongs_to(journal.episode, log.chat_id, log.head):
        return ()
    return cut_short(salvaged(journal.parts), _TAKEN_OVER).content


async def journalled_results(log: RunnerLog, store: PartJournal) -> tuple[CallResult, ...]:
    """Results that were shown, and so are in the journal, of calls whose runner died before it could commit them."""
    orphaned = {call.call_id for call in log.head.pending if call.orphaned and not call.dynamic}
    journal = await log.outwait(lambda: store.journal_read(log.chat_id)) if orphaned else None
    if journal is None or not belongs_to(journal.episode, log.chat_id, log.head):
        return ()
    results = {
        part.tool_call_id: CallResult(
            call_id=part.tool_call_id, result=part.result, is_error=part.is_error, is_media=part.is_media
        )
        for part in (each.part for each in unbroken(journal.parts))
        if isinstance(part, ToolResultPart) and part.tool_call_id in orphaned and part.result and is_json(part.result)
    }
    return tuple(results.values())


def words_only(content: tuple[Part, ...]) -> tuple[Part, ...]:
    """The parts that are words, which every history can hold."""
    return tuple(part for part in content if isinstance(part, TextPart | ReasoningPart))
