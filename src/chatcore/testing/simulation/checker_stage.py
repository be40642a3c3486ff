"""A small story for a checker, made by hand: to see it fire where its invariant is broken, and be silent where not."""

from collections.abc import Sequence
from typing import Final

from attrs import define, field

from chatcore.app.settings import ServiceSettings
from chatcore.domain.chat import commands as c
from chatcore.domain.chat.command_keys import command_key
from chatcore.domain.chat.envelope import StoredEvent
from chatcore.domain.chat.events import Event
from chatcore.domain.chat.head import FOLD_VERSION
from chatcore.domain.content.messages import Role
from chatcore.domain.content.parts import TextPart
from chatcore.domain.content.prompt import PromptMessage
from chatcore.domain.content.render import render_prompt
from chatcore.domain.content.window import prompt_window
from chatcore.domain.ids import ChatId, CommandId, RunnerId, WorkerId
from chatcore.domain.live.journal import Episode, JournalPart
from chatcore.ports.actor import SYSTEM, Actor
from chatcore.ports.model import ModelRequest
from chatcore.ports.store_values import ChatRow
from chatcore.testing.chat_log import ChatLog
from chatcore.testing.example_times import NOON
from chatcore.testing.simulation.checking import ChatAtRest, Checker, ViewerAtRest, World
from chatcore.testing.simulation.happenings import (
    Anything,
    Committed,
    Landed,
    ModelAnswered,
    ModelAsked,
    PartPublished,
    Step,
)
from chatcore.testing.simulation.profile import PROFILES
from chatcore.testing.simulation.trace import Noted
from chatcore.testing.situations import create, words

CHAT: Final = ChatId("chat-1")
RUNNER: Final = RunnerId("runner-1")


@define
class Story:
    """What a checker sees, made by hand; a chat is a log of its own."""

    checker: Checker
    at: float = 0.0
    chats: dict[ChatId, ChatLog] = field(factory=dict)
    stored: dict[ChatId, list[StoredEvent]] = field(factory=dict)
    noted: list[Noted] = field(factory=list)

    def note(self, what: Anything, place: str = "r1") -> None:
        """It happens."""
        self.noted.append(Noted(len(self.noted) + 1, self.at, 0, place, what))
        self.checker.see(self.noted[-1])

    def chat(self, chat_id: ChatId = CHAT) -> ChatLog:
        """A chat of the story."""
        return self.chats.setdefault(chat_id, ChatLog(chat_id=chat_id))

    def landed(self, *commands: c.Command, chat_id: ChatId = CHAT, command_id: CommandId | None = None) -> Landed:
        """Decide commands and put them into the log, as one append that nobody has seen yet."""
        chat, before, steps = self.chat(chat_id), self.chat(chat_id).head, []
        for command in commands:
            state = chat.state
            chat.do(command)
            steps.append(Step(command=command, key=command_key(command), before=state, after=chat.state))
        events = chat.events[0 if before is None else before.seq :]
        stored = self.store(events, chat_id, command_id)
        return Landed(chat_id=chat_id, before=before, head=chat.current, events=stored, steps=tuple(steps))

    def store(
        self, events: Sequence[Event], chat_id: ChatId = CHAT, command_id: CommandId | None = None
    ) -> tuple[StoredEvent, ...]:
        """Events as the next append of a stored log."""
        log = self.stored.setdefault(chat_id, [])
        first = len(log) + 1
        stored = tuple(
            StoredEvent(
                chat_id=chat_id,
                seq=first + place,
                position=first + place,
                recorded_at=NOON,
                actor="somebody",
                command_id=None if place else command_id,
                upto=first + len(events) - 1,
                event=event,
            )
            for place, event in enumerate(events)
        )
        log += stored
        return stored

    def commit(
        self,
        *commands: c.Command,
        chat_id: ChatId = CHAT,
        actor: Actor = SYSTEM,
        command_id: CommandId | None = None,
        place: str = "r1",
    ) -> None:
        """An append of these commands lands."""
        landed = self.landed(*commands, chat_id=chat_id, command_id=command_id)
        self.note(Committed(chat_id=chat_id, actor=actor, landed=(landed,), command_id=command_id), place)

    def begin(self, *, runner: RunnerId = RUNNER) -> None:
        """A chat begins and a runner takes it."""
        self.commit(create(), acquired(runner))

    def answered(self, *more: c.Command) -> None:
        """The model answers, and the turn ends."""
        self.note(ModelAnswered(chat_id=CHAT, history_version=self.chat().current.history_version))
        self.commit(c.CommitAnswer(content=words("so it is")), c.FinishTurn(), *more, actor=Actor.worker(RUNNER))

    def asked(self, *messages: PromptMessage) -> ModelAsked:
        """The model is asked, with this prompt or with the right one."""
        head = self.chat().current
        prompt = messages or render_prompt(prompt_window(self.chat().transcript(), head.boundary))
        request = ModelRequest(model_id="m", messages=prompt, tools=(), max_output_tokens=1)
        return ModelAsked(chat_id=CHAT, history_version=head.history_version, request=request)

    def part(self, number: int, text: str, *, place: str = "r1") -> JournalPart:
        """A worker shows a part of the reply in the making."""
        part = JournalPart(number=number, role=Role.ASSISTANT, part=TextPart(text=text))
        self.note(PartPublished(chat_id=CHAT, episode=self.episode, part=part, hidden=False), place)
        return part

    @property
    def episode(self) -> Episode:
        """Where the chat's reply is in the making."""
        return Episode.of(CHAT, self.chat().current)

    def rest(self, *viewers: ViewerAtRest) -> None:
        """Everything has come to rest."""
        chats = {chat_id: self._at_rest(chat) for chat_id, chat in self.chats.items()}
        settings, profile = ServiceSettings(), PROFILES["calm"]
        noted = tuple(self.noted)
        self.checker.at_rest(World(chats=chats, viewers=viewers, noted=noted, settings=settings, profile=profile))

    def _at_rest(self, chat: ChatLog) -> ChatAtRest:
        row = ChatRow(
            chat_id=chat.chat_id,
            head=chat.current,
            details=chat.details,
            fold_version=FOLD_VERSION,
            created_at=NOON,
            updated_at=NOON,
            acquired_at=None,
            runnable_at=None,
        )
        return ChatAtRest(row=row, log=tuple(self.stored[chat.chat_id]), journal=None)


def acquired(runner: RunnerId) -> c.Acquire:
    """A runner takes the chat."""
    return c.Acquire(worker_id=WorkerId("worker-1"), runner_id=runner)
