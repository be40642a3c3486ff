"""Recorded streams of both of OpenAI's APIs, cut into pieces and cut short (issue: models)."""

from collections.abc import Sequence
from functools import cache
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatcore.adapters.openai.chat_translator import ChatTranslator
from chatcore.adapters.openai.responses_translator import ResponsesTranslator
from chatcore.domain.turn.classify import classify
from chatcore.domain.turn.classify_tables import ErrorKind
from chatcore.domain.turn.stream import StreamFinished
from chatcore.testing.provider_bodies import ToldBody, cut_at, tell
from chatcore.testing.recordings import Api, Recording, load_recordings, recordings_folder, recordings_required

PROJECT = Path(__file__).resolve().parents[2]
WHY = "no recordings: set CHATCORE_RECORDINGS, or put them into ../shared/recordings"
LAST_BYTES = 150
"""Around the end of a body every cut is tried."""
FINISHES_OFTEN = ("together-chat-stream-parallel-tools",)
"""Here `tool_calls` is the finish reason of each of two chunks, with a call between them."""


@cache
def _streams() -> Sequence[Recording]:
    folder = recordings_folder(PROJECT)
    all_recordings = () if folder is None else load_recordings(folder)
    return [each for each in all_recordings if each.streaming and each.api is not Api.MESSAGES]


@pytest.fixture(scope="module")
def streams() -> Sequence[Recording]:
    """The recorded streams; without them the test is skipped, or fails where they are required."""
    if not _streams():
        if recordings_required():
            pytest.fail(WHY)
        pytest.skip(WHY)
    return _streams()


def _told(recording: Recording, pieces: Sequence[bytes] | bytes) -> ToldBody:
    is_chat = recording.api is Api.CHAT
    return tell(ChatTranslator("server") if is_chat else ResponsesTranslator("server"), pieces)


@cache
def _whole(name: str) -> ToldBody:
    return next(_told(each, each.body) for each in _streams() if each.name == name)


def _says(told: ToldBody) -> tuple[object, ...]:
    error = told.error
    return (told.events, None if error is None else (error.kind, error.status, error.message))


# Where there are no recordings the fixture has already left the test.
_chosen = st.integers(0, 10_000).map(lambda number: _streams()[number % len(_streams())] if _streams() else None)


@given(recording=_chosen, cuts=st.lists(st.integers(0, 1_000_000), max_size=60))
def test_the_pieces_of_the_network_change_nothing(
    streams: Sequence[Recording], recording: Recording | None, cuts: list[int]
) -> None:
    """The same events and the same error, wherever a recorded body is cut into pieces."""
    assert recording in streams
    assert recording is not None
    assert _says(_told(recording, cut_at(recording.body, cuts))) == _says(_whole(recording.name))


@given(recording=_chosen, at=st.integers(0, 1_000_000))
def test_a_cut_at_any_byte_is_never_a_whole_answer(
    streams: Sequence[Recording], recording: Recording | None, at: int
) -> None:
    """It is an error to retry; or all of the answer was read, and of usage alone a part may be missing."""
    assert recording in streams
    assert recording is not None
    _check_cut(recording, at % len(recording.body))


def test_a_cut_near_the_end_is_never_a_whole_answer(streams: Sequence[Recording]) -> None:
    """Where finish, usage and end lie, every byte."""
    for recording in streams:
        size = len(recording.body)
        for length in range(max(0, size - LAST_BYTES), size):
            _check_cut(recording, length)


def _check_cut(recording: Recording, length: int) -> None:
    told, whole = _told(recording, recording.body[:length]), _whole(recording.name)
    where = f"{recording.name} cut at {length}"
    if told.error is not None:
        assert not any(isinstance(event, StreamFinished) for event in told.events), where
        assert told.error.kind is ErrorKind.CUT_OFF or _says(told) == _says(whole), where
        assert told.error.kind is not ErrorKind.CUT_OFF or classify(told.error.failure()).retryable, where
    elif whole.error is not None:
        # The error came behind a finish reason, and nobody can know that it would have come.
        assert told.answer.raw_reason == whole.error.raw_finish, where
    else:
        assert told.answer.complete, where
        assert told.answer.reason is whole.answer.reason, where
        # A server that names a finish behind each of several calls can be cut between two of them unnoticed.
        assert told.answer.content == whole.answer.content[: len(told.answer.content)], where
        assert recording.name in FINISHES_OFTEN or told.answer.content == whole.answer.content, where
