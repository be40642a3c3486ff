"""Recorded streams of the Messages API in any pieces, and cut short anywhere (spec chat-core 4.6, 4.7)."""

from collections.abc import Sequence
from functools import cache
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatcore.adapters.anthropic.translate import MessagesTranslator
from chatcore.adapters.providers.calling import last_events
from chatcore.adapters.providers.sse import SseDecoder
from chatcore.domain.turn.answer import Answer
from chatcore.domain.turn.assembler import Assembler
from chatcore.domain.turn.classify_tables import ErrorKind
from chatcore.ports.model import ModelError
from chatcore.testing.recordings import (
    Api,
    Recording,
    load_recordings,
    pieces_of,
    recordings_folder,
    recordings_required,
    second_reading,
)
from chatcore.testing.recordings.replay import differences, reading_of

PROJECT = Path(__file__).resolve().parents[2]


@cache
def streams() -> Sequence[Recording]:
    """Recorded streams, the shortest first, so that a failure shrinks to one of those."""
    folder = recordings_folder(PROJECT)
    found = () if folder is None else load_recordings(folder)
    wanted = [each for each in found if each.api is Api.MESSAGES and each.streaming]
    if not wanted:
        why = "no recordings: set CHATCORE_RECORDINGS, or put them into ../shared/recordings"
        if recordings_required():
            pytest.fail(why)
        pytest.skip(why)
    return sorted(wanted, key=lambda recording: len(recording.body))


def answered(chunks: Sequence[bytes]) -> Answer | ModelError:
    """What the adapter makes of a body that comes in these chunks and then ends."""
    decoder, translator, assembler = SseDecoder(), MessagesTranslator(), Assembler()
    try:
        for chunk in chunks:
            for frame in decoder.feed(chunk):
                for event in translator.feed(frame.event, frame.data) if frame.data else ():
                    assembler.feed(event)
                if translator.finished:
                    return assembler.finish()
        for event in last_events(decoder.rest(), translator):
            assembler.feed(event)
    except ModelError as error:
        return error
    return assembler.finish()


@given(st.data())
def test_the_networks_pieces_never_change_the_answer(data: st.DataObject) -> None:
    """It is what the second reading of the whole body says."""
    recording = data.draw(st.sampled_from(streams()))
    sizes = data.draw(st.lists(st.integers(min_value=1, max_value=5_000), min_size=1, max_size=20))
    answer = answered(list(pieces_of(recording.body, [*sizes, 4_096])))

    assert isinstance(answer, Answer)
    assert list(differences(reading_of(answer), second_reading(recording))) == []


@pytest.mark.spec("4.6")
@given(st.data())
def test_a_stream_cut_at_any_byte_is_never_a_silent_success(data: st.DataObject) -> None:
    """It was cut off, unless all of its end is there."""
    recording = data.draw(st.sampled_from(streams()))
    cut = data.draw(st.integers(min_value=0, max_value=len(recording.body) - 1))
    answer = answered([recording.body[:cut]])

    if b'"message_stop"' in recording.body[:cut] and recording.body[:cut].rstrip().endswith(b"}"):
        assert isinstance(answer, Answer)
    else:
        assert isinstance(answer, ModelError)
        assert answer.kind is ErrorKind.CUT_OFF
