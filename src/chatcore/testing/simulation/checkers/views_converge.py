"""Invariant 7: whoever watches ends up knowing what is."""

from collections.abc import Sequence
from typing import ClassVar

from chatcore.domain.chat.envelope import StoredEvent
from chatcore.domain.chat.events import MessageQueued
from chatcore.domain.chat.states import client_status
from chatcore.domain.chat.values import Status
from chatcore.domain.content.messages import Message
from chatcore.domain.content.transcript import fold_transcript
from chatcore.domain.ids import Seq
from chatcore.domain.live.shown import client_message, queued_message
from chatcore.ports.store_values import TRANSCRIPT_TYPES
from chatcore.testing.simulation.checking import ChatAtRest, Checker, ViewerAtRest, World


class ViewsConverge(Checker):
    """Compares every screen with the log. That a view keeps its contract meanwhile, the cluster itself checks."""

    name: ClassVar = "views_converge"
    sentence: ClassVar = (
        "Every view keeps its contract, and every viewer, whenever it joined and whatever it missed, ends with exactly "
        "the transcript that the fold gives, from its first page on, and with the chat's status, queue and error."
    )

    def at_rest(self, world: World) -> None:
        """Compare the screens."""
        for viewer in world.viewers:
            if (chat := world.chats.get(viewer.chat_id)) is None:
                raise self.fail(f"{viewer.name} sees a chat that is not there", viewer.chat_id)
            self._compare_messages(viewer, chat, world.settings.view.page_messages)
            self._compare_rest(viewer, chat)

    def _compare_messages(self, viewer: ViewerAtRest, chat: ChatAtRest, page: int) -> None:
        there = _visible(chat.log)
        screen = viewer.screen.messages
        # A new viewer's first page reaches back so far at least; what is older it has to ask for.
        since = _first_of_page(chat.log, page)
        begins = screen[0].id if screen else since
        expected = [message for message in there if message.id >= min(begins, since)]
        if screen != expected:
            shown, should = [message.id for message in screen], [message.id for message in expected]
            raise self.fail(f"{viewer.name} sees the messages {shown} instead of {should}", viewer.chat_id)

    def _compare_rest(self, viewer: ViewerAtRest, chat: ChatAtRest) -> None:
        screen, head = viewer.screen, chat.row.head
        if screen.status is not client_status(head):
            raise self.fail(f"{viewer.name} sees it {screen.status}, and it is {client_status(head)}", viewer.chat_id)
        words = {each.seq: each.event for each in chat.log}
        waiting = [(row.id, words[row.id]) for row in head.queue]
        queue = tuple(queued_message(seq, event) for seq, event in waiting if isinstance(event, MessageQueued))
        if screen.queued != queue:
            raise self.fail(f"{viewer.name} sees the queue {[each.id for each in screen.queued]}", viewer.chat_id)
        if head.status is Status.ERROR and screen.error != head.last_error:
            raise self.fail(f"{viewer.name} sees the error {screen.error}, it is {head.last_error}", viewer.chat_id)
        if head.status is Status.WAITING and screen.parts:
            raise self.fail(f"{viewer.name} still sees {len(screen.parts)} parts of a reply", viewer.chat_id)


def _visible(log: Sequence[StoredEvent]) -> list[Message]:
    transcript = fold_transcript((stored.seq, stored.event) for stored in log)
    return [shown for message in transcript if (shown := client_message(message)) is not None]


def _first_of_page(log: Sequence[StoredEvent], page: int) -> Seq:
    seqs = [stored.seq for stored in log if stored.event.TYPE in TRANSCRIPT_TYPES]
    return seqs[-page] if len(seqs) >= page else 0
