"""Faults of the connection to a provider, as ModelErrors (spec chat-core 4.6).

Their own words are not told: they may quote a header, and the key with it.
"""

from chatcore.domain.turn.classify_tables import ErrorKind
from chatcore.ports.model import ModelError, cut_off


def fault(error: BaseException, provider: str, *, answering: bool) -> ModelError | None:
    """The error that a fault of `httpx2` is; None for what is no such fault.

    `answering` says that the provider had begun to answer: then a connection that breaks cut the answer off, and one
    that says nothing was silent too long.
    """
    import httpx2

    name = type(error).__name__
    if isinstance(error, httpx2.ReadTimeout) and answering:
        words = "the provider fell silent in the middle of its answer"
        return ModelError(words, kind=ErrorKind.STREAM_SILENCE_TIMEOUT, provider=provider, detail=name)
    if isinstance(error, httpx2.TimeoutException):
        words = "the provider did not answer in time"
        return ModelError(words, kind=ErrorKind.TIMEOUT, provider=provider, detail=name)
    if isinstance(error, httpx2.InvalidURL | httpx2.UnsupportedProtocol | httpx2.LocalProtocolError):
        words = "the request cannot be sent: check the address and the headers of the provider"
        return ModelError(words, kind=ErrorKind.CONFIG, provider=provider, detail=name)
    if not isinstance(error, httpx2.HTTPError | httpx2.StreamError):
        return None
    if answering:
        return cut_off(provider)
    words = "the provider could not be reached"
    return ModelError(words, kind=ErrorKind.TIMEOUT, provider=provider, detail=name)
