"""Named streams of chance from one seed, so that taking one kind of fault away does not shift the others."""

from hashlib import sha256
from random import Random

from attrs import define, field, frozen


@define
class Draws:
    """`draws.of("store", "r1")` is the same stream in every process, whatever else is drawn, and in which order."""

    seed: int
    _streams: dict[tuple[str, ...], Random] = field(factory=dict, init=False)

    def of(self, *names: str) -> Random:
        """The stream of this name; asked again, it goes on where it stood."""
        stream = self._streams.get(names)
        if stream is None:
            # Not hash(), which differs from process to process.
            digest = sha256("\0".join((str(self.seed), *names)).encode()).digest()
            stream = self._streams[names] = Random(int.from_bytes(digest[:16]))
        return stream


@frozen
class Span:
    """A duration in seconds of virtual time, drawn evenly between two bounds."""

    low_s: float
    high_s: float

    def draw(self, stream: Random) -> float:
        """A duration. Takes one number of the stream."""
        return self.low_s + (self.high_s - self.low_s) * stream.random()
