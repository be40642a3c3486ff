"""Storing what an activity had in hand: after an interrupt, and when a worker stops (4.5, 7.6; architecture 6, 7)."""

import logging
from typing import Final

from chatcore.app.promotions import Promotions
from chatcore.app.runner_log import RunnerLog
from chatcore.app.salvage import journalled, journalled_results, words_only
from chatcore.app.turn import Unfinished
from chatcore.domain.chat.commands import (
    Abandon,
    CallResult,
    Command,
    CommitResults,
    CommitSalvage,
    FinishInterruption,
)
from chatcore.domain.chat.head import ChatHead
from chatcore.domain.chat.rejections import InvalidStep
from chatcore.domain.chat.values import ReleaseReason, Status
from chatcore.domain.content.parts import Part
from chatcore.domain.rejection import Rejection
from chatcore.domain.turn.partial import cut_short
from chatcore.ports.store import PartJournal

_log = logging.getLogger(__name__)

_INTERRUPTED: Final = "the reply was interrupted"


def partial_content(unfinished: Unfinished, head: ChatHead) -> tuple[Part, ...]:
    """The beginning of the reply that was cut short; empty while calls of a committed step are pending."""
    reply = unfinished.reply
    if reply is None or reply.history_version != head.history_version or head.pending:
        return ()
    return cut_short(reply.said(), _INTERRUPTED).content


def ready_results(unfinished: Unfinished, head: ChatHead) -> tuple[CallResult, ...]:
    """Results of tools that ended but were not stored yet."""
    if unfinished.tools is None or unfinished.tools.message_id != head.pending_seq:
        return ()
    pending = {call.call_id for call in head.pending}
    return tuple(result for result in unfinished.tools.results.values() if result.call_id in pending)


async def finish_interruption(
    log: RunnerLog, unfinished: Unfinished, promotions: Promotions, store: PartJournal
) -> None:
    """Keep what was said and done, and end the turn; a waiting message begins the next one."""
    # Where the reply or the tools were another worker's, which is gone, the journal holds what was shown of them.
    results = ready_results(unfinished, log.head) or await journalled_results(log, store)
    partial = partial_content(unfinished, log.head)
    if unfinished.reply is None and not log.head.pending:
        partial = await journalled(log, store)

    async def commands(head: ChatHead) -> tuple[Command, ...]:
        promotion = await promotions.first(log.chat_id, head)
        return (FinishInterruption(partial=partial, results=results, promotion=promotion),)

    try:
        await log.append_planned(commands)
    except InvalidStep:
        # Calls that cannot be stored are lost rather than the words around them.
        partial = words_only(partial)
        await log.append_planned(commands)
    unfinished.reply = unfinished.tools = None


async def leave(log: RunnerLog, unfinished: Unfinished, promotions: Promotions, store: PartJournal) -> None:
    """Give up the chat of the log's head: a whole reply, finished results or a reply's beginning are stored first.

    Nothing is lost for good if this fails: the lease runs out, and another worker takes the chat over.
    """
    abandon = Abandon(reason=ReleaseReason.SHUTDOWN)
    if log.head.status is Status.INTERRUPTING:
        await finish_interruption(log, unfinished, promotions, store)
    else:
        await _finish_what_is_whole(log, unfinished)
    if log.head.runner_id != log.runner_id:
        return
    partial = partial_content(unfinished, log.head)
    try:
        if results := ready_results(unfinished, log.head):
            await log.append(CommitResults(results=results), abandon)
        elif partial:
            await log.append(CommitSalvage(content=partial), abandon)
        else:
            await log.append(abandon)
    except InvalidStep:
        # Calls that cannot be stored are lost rather than the words around them.
        words = words_only(partial)
        await log.append(*((CommitSalvage(content=words),) if words else ()), abandon)


async def _finish_what_is_whole(log: RunnerLog, unfinished: Unfinished) -> None:
    """Store a reply whose append was on its way, unless it landed: what is finished ends (architecture 6)."""
    reply = unfinished.reply
    if reply is None or reply.commit is None or reply.history_version != log.head.history_version:
        return
    try:
        await log.append_planned(reply.commit)
    except Rejection as rejection:
        _log.warning("chat %s: its reply is kept as a partial one: %s", log.chat_id, rejection)
