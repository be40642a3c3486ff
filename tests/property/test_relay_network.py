"""The relay machine on a network that loses, repeats, swaps and breaks: every part is shown once, in order (C6.10)."""

from collections import deque
from typing import Final

import pytest
from attrs import define, field
from hypothesis import given
from hypothesis import strategies as st

from chatcore.domain.content.messages import Role
from chatcore.domain.content.parts import TextPart
from chatcore.domain.ids import ChatId, WorkerId
from chatcore.domain.limits import RELAY_DIAL_MS_MAX, RELAY_REPLAY_MS_MAX, RELAY_RETRY_MS_MIN
from chatcore.domain.live.journal import Episode, JournalPart
from chatcore.domain.live.relay import RelayPhase, RelayState, step
from chatcore.domain.live.relay_signals import (
    Connected,
    Dial,
    DialId,
    Ended,
    Forward,
    HangUp,
    Input,
    PartsCame,
    PartsLost,
    RelayTarget,
    Select,
    Targeted,
    TimeCame,
)

B: Final = WorkerId("b")


def episode(history: int) -> Episode:
    """An episode of the one chat."""
    return Episode(chat_id=ChatId("chat"), history_version=history, generation_attempt=1)


def part(number: int) -> JournalPart:
    """A part that says its number."""
    return JournalPart(number=number, role=Role.ASSISTANT, part=TextPart(text=str(number)))


@define
class Network:
    """A worker, and a connection to it that may lose, repeat and swap what is on its way, or break."""

    made: int = 0
    at: float = 0.0
    state: RelayState = field(factory=lambda: RelayState(own=None))
    shown: list[int] = field(factory=list)
    dial: DialId | None = None
    selects: int = 0
    history: int = 1
    _selected: Episode | None = None
    _on_their_way: deque[tuple[Episode, int]] = field(factory=deque)

    def tell(self, event: Input) -> None:
        """Let the machine know, and do what it asks for."""
        self.state, effects = step(self.state, event)
        for effect in effects:
            match effect:
                case Dial(dial=dial):
                    self.dial, self._selected = dial, None
                    self._on_their_way.clear()
                case HangUp():
                    self.dial = None
                case Select(episode=selected):
                    self.selects += 1
                    self._selected = selected
                    if selected == episode(self.history):
                        self._on_their_way += [(selected, number) for number in range(1, self.made + 1)]
                case Forward(episode=forwarded, parts=parts):
                    assert forwarded == episode(self.history)
                    self.shown += [each.number for each in parts]

    @property
    def waits(self) -> bool:
        """Whether the line is down until it is time for another dial."""
        return self.dial is None and self.state.phase is RelayPhase.WAITING

    def target(self) -> None:
        """The viewer wants the newest episode."""
        self.tell(Targeted(target=RelayTarget(worker_id=B, episode=episode(self.history)), at=self.at))

    def make(self) -> None:
        """The worker shows one more part."""
        self.made += 1
        if self.dial is not None and self._selected == episode(self.history):
            self._on_their_way.append((self._selected, self.made))

    def move_on(self) -> None:
        """The worker begins another episode."""
        self.history, self.made, self.shown = self.history + 1, 0, []
        self.target()

    def deliver(self, count: int = 1) -> None:
        """The oldest parts that are on their way arrive, if the line stands."""
        if self.dial is None:
            return
        while self._on_their_way and count:
            count -= 1
            of, number = self._on_their_way.popleft()
            self.tell(PartsCame(dial=self.dial, at=self.at, episode=of, parts=(part(number),)))

    def disturb(self, what: str) -> None:
        """Do something to what is on its way."""
        if what == "lose" and self._on_their_way:
            self._on_their_way.popleft()
        elif what == "repeat" and self._on_their_way:
            self._on_their_way.appendleft(self._on_their_way[0])
        elif what == "swap" and len(self._on_their_way) > 1:
            self._on_their_way.insert(1, self._on_their_way.popleft())
        elif what == "end" and self.dial is not None:
            dial, self.dial = self.dial, None
            self.tell(Ended(dial=dial, at=self.at))

    def pass_time(self, seconds: float) -> None:
        """It is later."""
        self.at += seconds
        self.tell(TimeCame(at=self.at))

    def settle(self) -> None:
        """From now on nothing goes wrong."""
        for _ in range(20):
            if self.dial is not None:
                self.tell(Connected(dial=self.dial))
            self.deliver(1000)
            if self.shown == list(range(1, self.made + 1)):
                return
            assert self.state.wake_at is not None
            self.pass_time(max(0.0, self.state.wake_at - self.at))


DEEDS: Final = (
    "make",
    "make",
    "connect",
    "deliver",
    "deliver",
    "move on",
    "lose",
    "repeat",
    "swap",
    "end",
    "pass time",
)


@pytest.mark.spec("C6.10", "C6.c", "C7.1", "architecture-7")
@given(st.lists(st.tuples(st.sampled_from(DEEDS), st.sampled_from([0.01, 0.1, 1.0, 6.0])), max_size=60))
def test_every_part_is_shown_in_the_end(deeds: list[tuple[str, float]]) -> None:
    """Whatever was lost, repeated, swapped or cut off: once the network behaves and one more part comes, the viewer
    has been shown the whole episode, in order, each part once.
    """
    network = Network()
    network.target()
    for deed, number in deeds:
        match deed:
            case "make":
                network.make()
            case "connect":
                if network.dial is not None:
                    network.tell(Connected(dial=network.dial))
            case "deliver":
                network.deliver()
            case "move on":
                network.move_on()
            case "pass time":
                network.pass_time(number)
            case _:
                network.disturb(deed)
    network.make()
    network.settle()

    assert network.shown == list(range(1, network.made + 1))


@pytest.mark.spec("C6.10")
@given(st.integers(1, 5), st.integers(1, 200))
def test_a_part_that_is_always_lost_does_not_make_a_storm(lost: int, steps: int) -> None:
    """A gap that asking again did not close costs a new connection after a wait, not one request after the other."""
    network = Network()
    network.target()
    for _ in range(lost + 1):
        network.make()
    began, dials = network.at, 1
    for _ in range(steps):
        if network.dial is None:
            assert network.state.wake_at is not None
            network.pass_time(network.state.wake_at - network.at)
            dials += 1
        assert network.dial is not None
        network.tell(Connected(dial=network.dial))
        network.deliver(lost - 1)
        network.disturb("lose")
        network.deliver()

    assert network.selects <= dials + 1
    assert dials <= 1 + (network.at - began) * 1000 / RELAY_RETRY_MS_MIN + 1e-6


@pytest.mark.spec("C6.10")
def test_what_was_sent_before_the_replay_is_dropped() -> None:
    """After a gap the parts that were on their way do not ask again; the replay counts from its first part."""
    network = Network()
    network.target()
    assert network.dial is not None
    network.tell(Connected(dial=network.dial))
    for _ in range(6):
        network.make()
    network.deliver(2)
    network.disturb("lose")
    network.deliver(3)
    assert (network.shown, network.selects, network.state.delivering) == ([1, 2], 2, False)
    network.deliver(6)
    assert (network.shown, network.selects, network.state.delivering) == ([1, 2, 3, 4, 5, 6], 2, True)


@pytest.mark.spec("C6.10", "C6.c")
def test_waits_for_answers_end() -> None:
    """A dial that nobody answers, and a replay that does not begin, are given up and tried again."""
    network = Network(made=3)
    network.target()
    network.pass_time(RELAY_DIAL_MS_MAX / 1000 - 0.01)
    assert network.dial is not None
    network.pass_time(0.01)
    assert network.waits
    network.pass_time(RELAY_RETRY_MS_MIN / 1000)

    assert network.dial is not None
    network.tell(Connected(dial=network.dial))
    network.tell(PartsLost(dial=network.dial, at=network.at, episode=episode(1)))
    for _ in range(6):
        network.disturb("lose")
    network.pass_time(RELAY_REPLAY_MS_MAX / 1000 - 0.01)
    assert network.dial is not None
    network.pass_time(0.01)
    assert network.waits
