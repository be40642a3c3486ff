"""Promises about every legal log: what commands lead to, and what they can never do."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatcore.domain.chat.append import Append, Decided, decide_append
from chatcore.domain.chat.evolve import fold
from chatcore.domain.chat.head import ChatHead
from chatcore.domain.chat.rejections import Rejection
from chatcore.testing.chat_log import ChatLog
from chatcore.testing.invariants import faults_of_chat
from chatcore.testing.strategies.logs import chat_logs
from chatcore.testing.strategies.nonsense import any_commands


def decided_or_refused(head: ChatHead | None, append: Append) -> Decided | Rejection:
    try:
        return decide_append(head, append)
    except Rejection as refusal:
        return refusal


@pytest.mark.spec("2.6", "2.8", "3.1", "5.6", "architecture-9.1", "architecture-9.4", "architecture-9.5")
@given(chat_logs())
def test_every_legal_log_keeps_every_promise(chat: ChatLog) -> None:
    """Head, rest, versions, sends, calls and prompt are as the rules say, after whatever fitting commands."""
    assert faults_of_chat(chat) == []


@given(chat_logs(), st.data())
def test_any_command_is_carried_out_or_refused(chat: ChatLog, data: st.DataObject) -> None:
    """Whatever is asked, with whatever evidence, leads to a state or is refused with a code; never to a bug."""
    append = chat.append_of(data.draw(any_commands(chat)))
    head = chat.head

    outcome = decided_or_refused(head, append)

    if isinstance(outcome, Rejection):
        assert outcome.code
        assert str(outcome)
    else:
        assert outcome.events
        assert outcome.head == fold([*chat.events, *outcome.events])
    assert head == fold(chat.events)


@given(chat_logs(), st.data())
def test_true_commands_keep_every_promise(chat: ChatLog, data: st.DataObject) -> None:
    """A command with anything in it, but no lies about the log, leaves a chat that keeps its promises."""
    command = data.draw(any_commands(chat, sound_evidence=True))

    try:
        chat.do(command)
    except Rejection:
        return
    assert faults_of_chat(chat) == []
