"""Invariant 5, in the log: what was asked of a tool is answered, once and in its place."""

from collections.abc import Sequence
from typing import ClassVar

from chatcore.domain.chat.values import Status
from chatcore.domain.content.history import History
from chatcore.domain.content.messages import Message, Role
from chatcore.domain.content.parts import ToolCallPart, ToolResultPart
from chatcore.domain.content.transcript import fold_transcript
from chatcore.domain.ids import ChatId
from chatcore.testing.simulation.checking import Checker
from chatcore.testing.simulation.happenings import Committed, Landed
from chatcore.testing.simulation.trace import Noted


class CallsAnswered(Checker):
    """Reads every transcript as soon as its chat rests."""

    name: ClassVar = "calls_answered"
    sentence: ClassVar = (
        "Whenever a chat rests no call is open: each local call in its transcript has exactly one result, in the tool "
        "messages right behind it, and no other result is there."
    )

    def __init__(self) -> None:
        self._transcripts: dict[ChatId, History] = {}

    def see(self, noted: Noted) -> None:
        """Follow the transcripts."""
        if isinstance(noted.what, Committed):
            for landed in noted.what.landed:
                self._follow(landed)

    def _follow(self, landed: Landed) -> None:
        chat_id, head = landed.chat_id, landed.head
        rows = [(stored.seq, stored.event) for stored in landed.events]
        transcript = fold_transcript(rows, onto=self._transcripts.get(chat_id, History()))
        self._transcripts[chat_id] = transcript
        if head.status not in (Status.WAITING, Status.ERROR):
            return
        if head.pending:
            raise self.fail(
                f"it is {head.status} with the open calls {[call.call_id for call in head.pending]}", chat_id
            )
        messages = tuple(transcript)
        for place, message in enumerate(messages):
            asked, given = sorted(_calls(message)), sorted(_results_behind(messages, place))
            if message.role is not Role.TOOL and asked != given:
                raise self.fail(f"message {message.id} asks {asked}, and behind it are results of {given}", chat_id)


def _calls(message: Message) -> list[str]:
    if message.role is not Role.ASSISTANT:
        return []
    calls = [part for part in message.content if isinstance(part, ToolCallPart)]
    return [call.tool_call_id for call in calls if not call.provider_executed]


def _results_behind(messages: Sequence[Message], place: int) -> list[str]:
    found: list[str] = []
    for message in messages[place + 1 :]:
        if message.role is not Role.TOOL:
            break
        found += [part.tool_call_id for part in message.content if isinstance(part, ToolResultPart)]
    return found
