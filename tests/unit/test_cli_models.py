"""`chatcore models`: list, check and replay."""

import hashlib
import json
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread

import pytest
from click.testing import CliRunner

from chatcore.adapters.cli import main
from chatcore.domain.json_text import JsonValue

EVENTS: list[dict[str, JsonValue]] = [
    {"type": "message_start", "message": {"id": "msg_1", "usage": {"input_tokens": 4}}},
    {"type": "content_block_start", "index": 0, "content_block": {"type": "tool_use", "id": "t", "name": "now"}},
    {"type": "content_block_delta", "index": 0, "delta": {"type": "input_json_delta", "partial_json": '{"a": 1}'}},
    {"type": "content_block_stop", "index": 0},
    {"type": "message_delta", "delta": {"stop_reason": "tool_use"}, "usage": {"output_tokens": 2}},
    {"type": "message_stop"},
]
REQUEST: JsonValue = {
    "model": "claude-x",
    "max_tokens": 9,
    "stream": True,
    "messages": [{"role": "user", "content": [{"type": "text", "text": "Time?"}]}],
    "tools": [{"name": "now", "description": "", "input_schema": {"type": "object", "properties": {}}}],
}
KEYS = {
    "name",
    "ok",
    "request_matches",
    "text",
    "reasoning_chars",
    "tool_calls",
    "finish",
    "raw_finish",
    "usage",
    "error",
    "differed",
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """One stream with its request, and one refusal without."""
    _needs_client()
    body = "".join(f"event: {event['type']}\ndata: {json.dumps(event)}\n\n" for event in EVENTS).encode()
    _write(tmp_path / "a-stream", "response.sse", body, status=200, finish=["tool_use"])
    (tmp_path / "a-stream" / "request.json").write_text(json.dumps(REQUEST))
    refusal = b'{"type":"error","error":{"type":"rate_limit_error","message":"slow down"}}'
    _write(tmp_path / "b-refusal", "response.json", refusal, status=429, response_headers={"retry-after": "3"})
    return tmp_path


def test_every_exchange_is_one_object(folder: Path) -> None:
    """With everything that the adapter said."""
    result = CliRunner().invoke(main, ["models", "replay", str(folder), "--json"])
    stream, refusal = (json.loads(line) for line in result.stdout.splitlines())

    assert result.exit_code == 0
    assert KEYS <= stream.keys()
    assert (stream["ok"], stream["request_matches"], stream["differed"]) == (True, True, [])
    assert stream["tool_calls"] == [{"id": "t", "name": "now", "arguments": '{"a": 1}'}]
    assert (stream["finish"], stream["raw_finish"], stream["error"]) == ("tool_calls", "tool_use", None)
    assert (stream["usage"]["input_tokens"], stream["usage"]["output_tokens"]) == (4, 2)
    assert (refusal["ok"], refusal["request_matches"]) == (True, None)
    assert refusal["error"] == {"kind": "rate_limit", "status": 429, "retryable": True, "retry_after": 3}


def test_what_differs_is_told_and_the_others_go_on(folder: Path) -> None:
    """A finish that the recording denies, and an exchange that cannot be read, end with code 1."""
    meta = folder / "a-stream" / "meta.json"
    meta.write_text(json.dumps({**json.loads(meta.read_text()), "finish": ["end_turn"]}))
    (folder / "a-broken").mkdir()
    (folder / "a-broken" / "meta.json").write_text("{")
    result = CliRunner().invoke(main, ["models", "replay", str(folder), "--json"])
    broken, stream, refusal = (json.loads(line) for line in result.stdout.splitlines())

    assert result.exit_code == 1
    assert [each["ok"] for each in (broken, stream, refusal)] == [False, False, True]
    assert "end_turn" in stream["differed"][0]


def test_a_folder_without_recordings_is_an_error(tmp_path: Path) -> None:
    """It ends with code 2."""
    assert CliRunner().invoke(main, ["models", "replay", str(tmp_path)]).exit_code == 2


def test_the_list_says_where_keys_come_from(monkeypatch: pytest.MonkeyPatch) -> None:
    """And never shows one."""
    monkeypatch.setenv("ANTHROPIC_API_KEY", "sk-ant-secret-of-the-test")
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    result = CliRunner().invoke(main, ["models", "list", "--json"])
    told = json.loads(result.stdout)
    providers = {each["provider"]: each["has_key"] for each in told["providers"]}

    assert (providers["anthropic"], providers["openai"]) == (True, False)
    assert "anthropic/claude-sonnet-4-5" in {each["name"] for each in told["models"]}
    assert "secret" not in result.stdout


def test_a_check_without_a_key_says_what_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    """It ends with code 1, a name that means nothing with 2."""
    _needs_client()
    monkeypatch.delenv("ANTHROPIC_API_KEY", raising=False)
    missing = CliRunner().invoke(main, ["models", "check", "anthropic/claude-x"])
    unknown = CliRunner().invoke(main, ["models", "check", "nobody/x"])

    assert (missing.exit_code, unknown.exit_code) == (1, 2)
    assert "ANTHROPIC_API_KEY" in missing.output
    assert "known are anthropic" in unknown.output


class _Provider(BaseHTTPRequestHandler):
    """Answers every question with pong."""

    def do_POST(self) -> None:
        """As the Messages API does."""
        asked = json.loads(self.rfile.read(int(self.headers["content-length"])))
        answer = {
            "type": "message",
            "content": [{"type": "text", "text": f"pong from {asked['model']}"}],
            "stop_reason": "end_turn",
            "usage": {"input_tokens": 5, "output_tokens": 2},
        }
        body = json.dumps(answer).encode()
        self.send_response(200)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


def test_a_check_asks_once_and_tells_the_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    """A server of one's own needs no key."""
    _needs_client()
    monkeypatch.delenv("ANTHROPIC_API_KEY", raising=False)
    with HTTPServer(("127.0.0.1", 0), _Provider) as server:
        thread = Thread(target=server.handle_request)
        thread.start()
        url = f"http://127.0.0.1:{server.server_port}"
        result = CliRunner().invoke(main, ["models", "check", "anthropic/claude-x", "--base-url", url, "--json"])
        thread.join()

    assert result.exit_code == 0
    assert json.loads(result.stdout) == {
        "name": "anthropic/claude-x",
        "ok": True,
        "text": "pong from claude-x",
        "finish": "stop",
        "output_tokens": 2,
        "error": None,
        "kind": None,
    }


def _needs_client() -> None:
    pytest.importorskip("anthropic", reason="needs the extra `anthropic`")


def _write(exchange: Path, file: str, body: bytes, **meta: JsonValue) -> None:
    exchange.mkdir()
    (exchange / file).write_bytes(body)
    known: dict[str, JsonValue] = {
        "name": exchange.name,
        "provider": "anthropic",
        "api": "anthropic-messages",
        "path": "/v1/messages",
        "model": "claude-x",
        "response_sha256": hashlib.sha256(body).hexdigest(),
    }
    (exchange / "meta.json").write_text(json.dumps({**known, **meta}))
