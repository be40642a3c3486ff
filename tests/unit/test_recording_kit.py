"""Loading recordings, and playing them from a server on loopback."""

import hashlib
import json
from pathlib import Path

import pytest

from chatcore.domain.json_text import JsonValue
from chatcore.testing.recordings import (
    Api,
    BadRecording,
    Play,
    load_recording,
    load_recordings,
    pieces_of,
    recordings_folder,
    second_reading,
    serve_recordings,
)
from chatcore.testing.recordings.read_events import read_events
from chatcore.testing.recordings.reading import Finish

pytest.importorskip("httpx2", reason="needs the extra `openai` or `anthropic`")

import httpx2

BODY = b'{"type":"message","content":[{"type":"text","text":"Hi"}],"stop_reason":"end_turn"}'


def _written(folder: Path, **changes: JsonValue) -> Path:
    meta: dict[str, JsonValue] = {
        "name": "one",
        "provider": "anthropic",
        "api": "anthropic-messages",
        "path": "/v1/messages",
        "model": "claude-x",
        "status": 200,
        "response_headers": {"Retry-After": "3"},
        "finish": ["end_turn"],
        "response_sha256": hashlib.sha256(BODY).hexdigest(),
    }
    exchange = folder / "one"
    exchange.mkdir()
    (exchange / "meta.json").write_text(json.dumps({**meta, **changes}))
    (exchange / "response.json").write_bytes(BODY)
    return exchange


def test_a_recording_has_typed_values(tmp_path: Path) -> None:
    """Names of headers are in lower case; what is missing has its default."""
    (recording,) = load_recordings(_written(tmp_path).parent)

    assert (recording.name, recording.api, recording.status) == ("one", Api.MESSAGES, 200)
    assert (recording.headers["retry-after"], recording.finish) == ("3", ("end_turn",))
    assert (recording.streaming, recording.asks_stream, recording.request) == (False, False, None)
    assert second_reading(recording).finish is Finish.STOP


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"api": "telegraph"}, "telegraph"),
        ({"status": None}, "status"),
        ({"response_sha256": "00"}, "SHA-256"),
    ],
)
def test_a_recording_that_is_wrong_says_how(tmp_path: Path, changes: dict[str, JsonValue], why: str) -> None:
    """With the path of what is wrong."""
    exchange = _written(tmp_path, **changes)

    with pytest.raises(BadRecording, match=why):
        load_recording(exchange)


def test_a_folder_without_recordings_is_an_error(tmp_path: Path) -> None:
    """And so is one that is not there, and one that lacks a file."""
    for folder in (tmp_path, tmp_path / "missing"):
        with pytest.raises(BadRecording):
            load_recordings(folder)
    exchange = _written(tmp_path)
    (exchange / "response.json").unlink()
    with pytest.raises(BadRecording, match=r"response\.sse"):
        load_recording(exchange)


def test_the_environment_names_the_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Else it is looked for beside the project."""
    monkeypatch.setenv("CHATCORE_RECORDINGS", str(tmp_path / "there"))
    assert recordings_folder(tmp_path / "project") is None
    (tmp_path / "there").mkdir()
    assert recordings_folder(tmp_path / "project") == tmp_path / "there"
    monkeypatch.delenv("CHATCORE_RECORDINGS")
    assert recordings_folder(tmp_path / "project") is None
    (tmp_path / "shared" / "recordings").mkdir(parents=True)
    assert recordings_folder(tmp_path / "project") == tmp_path / "shared" / "recordings"


def test_a_last_event_counts_if_it_is_whole() -> None:
    """Comments do not; several lines of data are one text."""
    body = b": hi\r\nevent: a\r\ndata: 1\r\ndata: 2\r\n\r\ndata: {}"

    assert [(event.name, event.data) for event in read_events(body)] == [("a", "1\n2"), ("message", "{}")]
    assert [event.data for event in read_events(body[:-1])] == ["1\n2"]


def test_pieces_are_the_body_again() -> None:
    """The last size repeats."""
    assert list(pieces_of(b"abcdefg", [1, 3])) == [b"a", b"bcd", b"efg"]
    assert list(pieces_of(b"", [1])) == []


@pytest.mark.anyio
async def test_a_body_comes_byte_for_byte() -> None:
    """With its status and its headers, however it is cut into pieces."""
    answer = Play(status=418, headers={"x-kept": "yes", "content-length": "1"}, body=BODY, piece_bytes=[1, 5])
    async with serve_recordings(lambda _request: answer) as server, httpx2.AsyncClient() as client:
        response = await client.post(f"{server.url}/a?b=c", json={"q": 1})

    assert (response.status_code, response.headers["x-kept"], response.content) == (418, "yes", BODY)
    (seen,) = server.requests
    assert (seen.method, seen.path, json.loads(seen.body)) == ("POST", "/a?b=c", {"q": 1})


@pytest.mark.anyio
async def test_a_cut_is_clean_or_a_fault() -> None:
    """As it is wanted."""
    async with serve_recordings(lambda _request: Play(body=BODY, cut_at=9)) as server, httpx2.AsyncClient() as client:
        assert (await client.get(server.url)).content == BODY[:9]
    broken = Play(body=BODY, cut_at=9, clean=False)
    async with serve_recordings(lambda _request: broken) as server, httpx2.AsyncClient() as client:
        with pytest.raises(httpx2.RemoteProtocolError):
            await client.get(server.url)
