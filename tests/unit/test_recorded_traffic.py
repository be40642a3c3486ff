"""Real traffic through the adapters, their real clients and a server on loopback (issue: models)."""

from collections.abc import Sequence
from functools import cache
from pathlib import Path

import pytest

from chatcore.domain.json_text import JsonValue
from chatcore.testing.recordings import (
    Api,
    Recording,
    load_recordings,
    recordings_folder,
    recordings_required,
    second_reading,
)
from chatcore.testing.recordings.logged import OPTIONS_MAX
from chatcore.testing.recordings.replay import json_differences, replay

pytest.importorskip("anthropic", reason="needs the extra `anthropic`")
pytest.importorskip("openai", reason="needs the extra `openai`")

PROJECT = Path(__file__).resolve().parents[2]

REORDERED = "calls go behind the words of their message, for the provider refused the recorded order with this very 400"
TEXT_AS_LIST = "an answer's words are a list of one part: the API reads both forms alike"
NO_DESCRIPTION = "a tool without a description has an empty one, as the provider itself reads null"
NO_BYTES = "the log holds the bytes of a tool's image, and the request names only an address of it"

DELIBERATE = {
    "error-400-anthropic-tool-use-without-result": REORDERED,
    "error-400-openai-responses-reasoning-item-without-follower": TEXT_AS_LIST,
    "openai-responses-image-tool-result-1": NO_DESCRIPTION,
    "openai-responses-image-tool-result-2": NO_BYTES,
    "openai-responses-stream-phase-1": NO_DESCRIPTION,
    "openai-responses-stream-phase-2": NO_DESCRIPTION,
}
"""Recorded requests that are sent otherwise, and why. Only the first is kept verbatim by its source."""


@cache
def recordings() -> Sequence[Recording]:
    """All recordings, where there are any."""
    folder = recordings_folder(PROJECT)
    return () if folder is None else load_recordings(folder)


def named(recording: Recording | None) -> str:
    """The name in the test's id."""
    return "none" if recording is None else recording.name


each_recording = pytest.mark.parametrize("recording", recordings() or [None], ids=named)


def _needed(recording: Recording | None) -> Recording:
    if recording is None:
        why = "no recordings: set CHATCORE_RECORDINGS, or put them into ../shared/recordings"
        if recordings_required():
            pytest.fail(why)
        pytest.skip(why)
    return recording


@each_recording
def test_the_second_reading_agrees_with_what_the_recording_says_of_itself(recording: Recording | None) -> None:
    """Its finish, and an error for every status of 400 or more."""
    recording = _needed(recording)
    reading = second_reading(recording)

    assert reading.raw_finish == (recording.finish[-1] if recording.finish else None)
    assert reading.complete
    if recording.status >= 400:
        assert reading.error is not None
        assert reading.error.status == recording.status


@pytest.mark.anyio
@each_recording
async def test_an_adapter_says_what_the_second_reading_says(recording: Recording | None) -> None:
    """With one request, equal as JSON to the one recorded, rebuilt from nothing but the log and a few options."""
    recording = _needed(recording)
    replayed = await replay(recording)

    assert replayed.differed == ()
    assert replayed.requests == 1
    if recording.request is None:
        assert replayed.request_matches is None
    elif recording.name in DELIBERATE:
        assert replayed.request_matches is False
    else:
        assert replayed.request_differed == ()
    # What stands beside the log is little, and nothing of what the log holds.
    assert len(replayed.options) <= OPTIONS_MAX
    assert not replayed.options.keys() & {"messages", "input", "tools", "system"}


def test_all_apis_are_recorded() -> None:
    """The folder is what it should be."""
    _needed(recordings()[0] if recordings() else None)

    assert {recording.api for recording in recordings()} == set(Api)


def test_a_difference_is_told() -> None:
    """The comparison itself sees what is missing, what is more, and what is other."""
    recorded: JsonValue = {"a": 1, "b": [1, {"c": "x"}], "d": None}
    sent: JsonValue = {"a": 1, "b": [1, {"c": "y"}], "e": True}

    assert list(json_differences(recorded, sent)) == [
        "/b/1/c: recorded 'x', sent 'y'",
        "/d: only recorded, None",
        "/e: only sent, True",
    ]
