"""Bodies of model providers for tests: written as frames, and told by a translator in any pieces."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise

from attrs import field, frozen

from chatcore.adapters.providers.calling import last_events
from chatcore.adapters.providers.sse import SseDecoder
from chatcore.adapters.providers.translating import Translator
from chatcore.domain.json_text import JsonValue, dump_json
from chatcore.domain.turn.answer import Answer
from chatcore.domain.turn.assembler import Assembler
from chatcore.domain.turn.stream import StreamEvent
from chatcore.ports.model import ModelError


@frozen(kw_only=True)
class ToldBody:
    """What a translator made of a body."""

    events: tuple[StreamEvent, ...] = ()
    error: ModelError | None = field(default=None, eq=False)
    """What it raised behind the events."""

    @property
    def answer(self) -> Answer:
        """The events, assembled."""
        assembler = Assembler()
        for event in self.events:
            assembler.feed(event)
        return assembler.finish()


def frames(*data: JsonValue, event: str = "") -> bytes:
    """A body of events; text is written as it is, everything else as JSON."""
    head = f"event: {event}\n" if event else ""
    return "".join(f"{head}data: {each if isinstance(each, str) else dump_json(each)}\n\n" for each in data).encode()


def cut_at(body: bytes, cuts: Iterable[int]) -> list[bytes]:
    """The body in pieces that end at these positions."""
    positions = sorted({0, len(body), *(cut % (len(body) + 1) for cut in cuts)})
    return [body[start:end] for start, end in pairwise(positions)]


def tell(translator: Translator, pieces: Sequence[bytes] | bytes) -> ToldBody:
    """Everything that the translator says of a body that comes in these pieces, as `calling.told` would."""
    events: list[StreamEvent] = []
    try:
        for event in _events(translator, [pieces] if isinstance(pieces, bytes) else pieces):
            # What came before an error is looked at, too.
            events.append(event)  # noqa: PERF402
    except ModelError as error:
        return ToldBody(events=tuple(events), error=error)
    return ToldBody(events=tuple(events))


def _events(translator: Translator, pieces: Iterable[bytes]) -> Iterator[StreamEvent]:
    decoder = SseDecoder()
    for piece in pieces:
        for frame in decoder.feed(piece):
            if frame.data:
                yield from translator.feed(frame.event, frame.data)
            if translator.finished:
                return
    yield from last_events(decoder.rest(), translator)
