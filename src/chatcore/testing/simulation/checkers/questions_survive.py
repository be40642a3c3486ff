"""Invariant 9: a compaction takes no question away from the model."""

from collections.abc import Iterable, Sequence
from typing import ClassVar

from chatcore.domain.chat.events import ContextCompacted
from chatcore.domain.content.messages import Message, Role, Visibility
from chatcore.domain.content.parts import TextPart, ToolCallPart
from chatcore.domain.content.prompt import PromptMessage, PromptText
from chatcore.domain.content.render import render_prompt
from chatcore.domain.content.window import prompt_window
from chatcore.domain.ids import ChatId, Seq
from chatcore.testing.simulation.checkers.reading import Logs
from chatcore.testing.simulation.checking import Checker
from chatcore.testing.simulation.happenings import Committed, ModelAsked
from chatcore.testing.simulation.trace import Noted


class QuestionsSurvive(Checker):
    """Looks at what the model is asked, and at what it would be asked right after a compaction."""

    name: ClassVar = "questions_survive"
    sentence: ClassVar = (
        "After a compaction, and at any other time, the prompt holds every user message without a later non-partial "
        "answer that was not cleared away, word for word and in order."
    )

    def __init__(self) -> None:
        self._logs = Logs()

    def see(self, noted: Noted) -> None:
        """Look for the questions in a prompt."""
        match noted.what:
            case Committed(landed=landed):
                self._logs.take(noted.what)
                for each in landed:
                    if any(isinstance(stored.event, ContextCompacted) for stored in each.events):
                        transcript = self._logs.transcript(each.chat_id, each.head.seq)
                        prompt = render_prompt(prompt_window(transcript, each.head.boundary))
                        self._look(each.chat_id, each.head.seq, prompt)
            case ModelAsked(chat_id=chat_id, history_version=version) if chat_id is not None and version is not None:
                self._look(chat_id, version, noted.what.request.messages)
            case _:
                return

    def _look(self, chat_id: ChatId, upto: Seq, prompt: Sequence[PromptMessage]) -> None:
        cleared = self._logs.cleared(chat_id, upto)
        texts = iter([_prompt_words(message) for message in prompt if message.role is Role.USER])
        for question in _unanswered(self._logs.transcript(chat_id, upto), cleared):
            if not any(_words(question) == text for text in texts):
                raise self.fail(f"the prompt at {upto} lacks message {question.id}: {_words(question)}", chat_id)


def _unanswered(transcript: Iterable[Message], cleared: Seq) -> list[Message]:
    waiting: list[Message] = []
    for message in transcript:
        if message.visibility is not Visibility.BOTH:
            continue
        if message.role is Role.USER and message.id > cleared:
            waiting.append(message)
        elif message.role is Role.ASSISTANT and not message.partial and not _calls(message):
            waiting = []
    return waiting


def _calls(message: Message) -> bool:
    return any(isinstance(part, ToolCallPart) for part in message.content)


def _words(message: Message) -> list[str]:
    return [part.text for part in message.content if isinstance(part, TextPart)]


def _prompt_words(message: PromptMessage) -> list[str]:
    return [part.text for part in message.content if isinstance(part, PromptText)]
