"""chatcore's log during a simulation: warnings are what faults look like and are dropped, errors are noted."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from chatcore.testing.simulation.happenings import Complained
from chatcore.testing.simulation.trace import Trace

_LOGGER: Final = "chatcore"


class _Noting(logging.Handler):
    def __init__(self, trace: Trace) -> None:
        super().__init__(logging.ERROR)
        self._trace = trace

    def emit(self, record: logging.LogRecord) -> None:
        error = record.exc_info[1] if record.exc_info else None
        why = "" if error is None else f": {error_text(error)}"
        self._trace.note("world", Complained(text=record.getMessage() + why))


@contextmanager
def complaints_noted(trace: Trace) -> Iterator[None]:
    """Note what chatcore logs as errors inside the context; print nothing."""
    logger = logging.getLogger(_LOGGER)
    before = logger.level, logger.propagate, logger.handlers[:]
    logger.setLevel(logging.ERROR)
    logger.propagate = False
    logger.handlers = [_Noting(trace)]
    try:
        yield
    finally:
        logger.level, logger.propagate, logger.handlers = before


def error_text(error: BaseException) -> str:
    """An error in words, with the function that raised it."""
    if isinstance(error, BaseExceptionGroup):
        return "; ".join(error_text(each) for each in error.exceptions)
    frame = error.__traceback__
    while frame is not None and frame.tb_next is not None:
        frame = frame.tb_next
    where = "" if frame is None else f" in {frame.tb_frame.f_code.co_qualname}"
    return f"{type(error).__name__}: {error}{where}"
