"""The buffer of replies in the making (chat-core 6.4, agent-and-relay C6.a)."""

import json
from typing import Final, TypeAlias

import pytest
from attrs import define, field
from hypothesis import given
from hypothesis import strategies as st

from chatcore.domain.content.client_parts import client_part
from chatcore.domain.content.messages import Role
from chatcore.domain.content.parts import HookContextPart, Part, TextPart
from chatcore.domain.content.parts_json import part_json
from chatcore.domain.ids import ChatId
from chatcore.domain.live.journal import Episode, JournalPart
from chatcore.domain.live.part_buffer import (
    EpisodeClosed,
    EpisodeError,
    EpisodeExists,
    EpisodeFull,
    EpisodeUnknown,
    PartBuffer,
)
from chatcore.domain.turn.answer import Published
from chatcore.testing.strategies import parts

KEPT_S: Final = 15.0
ROOM: Final = 400


def episode(attempt: int = 1, chat: str = "chat") -> Episode:
    """An episode of a chat."""
    return Episode(chat_id=ChatId(chat), history_version=7, generation_attempt=attempt)


def said(text: str, role: Role = Role.ASSISTANT) -> Published:
    """Words that a model says."""
    return Published(role=role, part=TextPart(text=text))


def wire_bytes(part: JournalPart) -> int:
    """The size of a part as it goes over the wire, by the standard library's own JSON."""
    shown = {"seq": part.number, "role": part.role, "part": part_json(part.part)}
    return len(json.dumps(shown, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "surrogatepass"))


@pytest.mark.spec("6.4", "C6.a", "C6.1")
@given(st.lists(st.text(max_size=120), max_size=30))
def test_parts_are_numbered_from_1_and_refused_without_a_number_when_full(texts: list[str]) -> None:
    """What fits is numbered 1, 2, 3 …; what does not takes no number, and a smaller one later may still fit."""
    buffer = PartBuffer(episode_bytes_max=ROOM)
    buffer.create(episode(), at=0)
    size = 0
    for text in texts:
        number = len(buffer.get(episode(), at=0)) + 1
        part = JournalPart(number=number, role=Role.ASSISTANT, part=TextPart(text=text))
        if size + wire_bytes(part) > ROOM:
            with pytest.raises(EpisodeFull):
                buffer.add(episode(), said(text))
        else:
            assert buffer.add(episode(), said(text)) == part
            size += wire_bytes(part)
            assert buffer.get(episode(), at=0)[-1] == part

    assert sum(map(wire_bytes, buffer.get(episode(), at=0))) == size <= ROOM


@pytest.mark.spec("1.3", "6.4")
@given(st.lists(parts(), max_size=8))
def test_readers_see_client_parts_and_the_journal_the_whole(published: list[Part]) -> None:
    """Internal fields reach no reader; what no client may see takes no number; the writer gets the part as it was."""
    buffer = PartBuffer()
    buffer.create(episode(), at=0)
    numbered = [buffer.add(episode(), Published(role=Role.ASSISTANT, part=part)) for part in published]

    seen = [client_part(part) for part in published if not isinstance(part, HookContextPart)]
    assert [each.part for each in buffer.get(episode(), at=0)] == seen
    kept = [part for part in published if not isinstance(part, HookContextPart)]
    assert [each.part for each in numbered if each is not None] == kept
    assert [each.number for each in numbered if each is not None] == list(range(1, len(kept) + 1))


@define
class Model:
    """What C6.a says of one episode, as plainly as possible."""

    begun: bool = False
    closed_at: int | None = None
    parts: list[str] = field(factory=list)
    shown: int = 0
    readers: int = 0

    @property
    def known(self) -> bool:
        return self.begun or self.closed_at is not None


Call: TypeAlias = tuple[str, int, int]


def calls() -> st.SearchStrategy[list[Call]]:
    """Calls of a buffer with two episodes: what is done, to which episode, and how many seconds later."""
    names = st.sampled_from(["create", "add", "hide", "reveal", "close", "get", "subscribe", "leave"])
    return st.lists(st.tuples(names, st.integers(1, 2), st.sampled_from([0, 0, 0, 1, 16])), max_size=40)


def done(buffer: PartBuffer, name: str, key: Episode, now: int) -> type[EpisodeError] | None:
    """Do it. Returns: the error that it ends with."""
    try:
        match name:
            case "create":
                buffer.create(key, at=now)
            case "add" | "hide":
                buffer.add(key, said(f"{now}"), hidden=name == "hide")
            case "reveal":
                buffer.reveal(key, 2)
            case "close":
                buffer.close(key, at=now)
            case "get":
                buffer.get(key, at=now)
            case "subscribe":
                buffer.subscribe(key)
            case "leave":
                buffer.leave(key, at=now)
    except EpisodeError as error:
        return type(error)
    return None


def told(model: Model, name: str, now: int) -> type[EpisodeError] | None:
    """What C6.a says of it: the error, or what has changed."""
    match name:
        case "create":
            if model.known:
                return EpisodeExists
            model.begun = True
        case "add" | "hide":
            if not model.known:
                return EpisodeUnknown
            if model.closed_at is not None:
                return EpisodeClosed
            model.parts.append(f"{now}")
            model.shown = model.shown if name == "hide" else len(model.parts)
        case "reveal":
            model.shown = max(model.shown, min(2, len(model.parts)))
        case "close":
            model.closed_at = now if model.closed_at is None else model.closed_at
        case "get" if not model.known:
            return EpisodeUnknown
        case "subscribe":
            model.readers += 1
        case "leave":
            model.readers -= 1
    return None


SWEEPS_FIRST: Final = ("create", "get")
SWEEPS_AFTER: Final = ("close", "leave")


@pytest.mark.spec("6.4", "C6.a", "C6.3", "C6.4")
@given(calls())
def test_a_buffer_does_what_its_table_says(script: list[Call]) -> None:
    """Every call, in whatever order, answers as the table of C6.a; readers of one episode never touch the other."""
    buffer, models, now = PartBuffer(closed_kept_s=KEPT_S), {1: Model(), 2: Model()}, 0
    for name, attempt, later in script:
        now += later
        if name == "leave" and not models[attempt].readers:
            continue
        if name in SWEEPS_FIRST:
            sweep(models, now)
        assert done(buffer, name, episode(attempt), now) is told(models[attempt], name, now)
        if name in SWEEPS_AFTER:
            sweep(models, now)
        for number, each in models.items():
            texts = [part.part.text for part in buffer.after(episode(number), 0) if isinstance(part.part, TextPart)]
            assert texts == each.parts[: each.shown]
            assert buffer.holds(episode(number)) == each.begun
            assert buffer.ended(episode(number), each.shown) == (each.closed_at is not None)
            assert not (each.shown and buffer.ended(episode(number), each.shown - 1))
    assert len(buffer) == sum(each.known or each.readers > 0 for each in models.values())


def sweep(models: dict[int, Model], now: int) -> None:
    """Forget what ended long ago and nobody reads."""
    for number, model in models.items():
        if model.closed_at is not None and now - model.closed_at >= KEPT_S and not model.readers:
            models[number] = Model()


@pytest.mark.spec("C6.3")
def test_ended_episodes_take_bounded_room() -> None:
    """Of many episodes that end within the time they are kept, the oldest go; those that are read stay."""
    buffer = PartBuffer(closed_bytes_max=1000)
    buffer.subscribe(episode(1))
    for attempt in range(1, 31):
        buffer.create(episode(attempt), at=0)
        buffer.add(episode(attempt), said("x" * 100))
        buffer.close(episode(attempt), at=attempt / 100)

    kept = [attempt for attempt in range(1, 31) if buffer.holds(episode(attempt))]
    assert kept[0] == 1
    assert kept[1:] == list(range(31 - len(kept[1:]), 31))
    assert 4 <= len(kept[1:]) <= 8
