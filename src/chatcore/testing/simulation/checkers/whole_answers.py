"""What stands in the log as an answer is all that the model wanted to say (spec chat-core 4.5, 4.6)."""

from typing import ClassVar

from chatcore.domain.chat.commands import CommitAnswer
from chatcore.domain.ids import ChatId, Seq
from chatcore.testing.simulation.checking import Checker
from chatcore.testing.simulation.happenings import Committed, Landed, ModelAnswered
from chatcore.testing.simulation.trace import Noted


class WholeAnswers(Checker):
    """Remembers which histories the model answered to the end."""

    name: ClassVar = "whole_answers"
    sentence: ClassVar = "A reply that is stored as whole is one that the model brought to its end."

    def __init__(self) -> None:
        self._answered: set[tuple[ChatId, Seq]] = set()

    def see(self, noted: Noted) -> None:
        """Compare what is stored as an answer with what the model finished."""
        match noted.what:
            case ModelAnswered(chat_id=chat_id, history_version=version) if chat_id is not None and version is not None:
                self._answered.add((chat_id, version))
            case Committed(landed=landed):
                for each in landed:
                    self._look(each)
            case _:
                return

    def _look(self, landed: Landed) -> None:
        if landed.before is None or not any(isinstance(step.command, CommitAnswer) for step in landed.steps):
            return
        version = landed.before.history_version
        if (landed.chat_id, version) not in self._answered:
            raise self.fail(f"the model never ended the reply to history {version}, stored as whole", landed.chat_id)
