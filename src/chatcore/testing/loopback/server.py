"""The server: reads a request in a provider's words, asks the script, and writes its answer in the same words."""

from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import asynccontextmanager
from typing import Final

from attrs import frozen

from chatcore.adapters.scripted import Fail, Script
from chatcore.domain.json_text import JsonText, JsonValue, dump_json
from chatcore.testing.loopback.chat_api import chat_stream, chat_whole
from chatcore.testing.loopback.messages_api import messages_error, messages_stream, messages_whole
from chatcore.testing.loopback.responses_api import responses_stream, responses_whole
from chatcore.testing.loopback.spoken import Spoken, spoken
from chatcore.testing.recordings.log_chat import log_chat
from chatcore.testing.recordings.log_messages import log_messages
from chatcore.testing.recordings.log_responses import log_responses
from chatcore.testing.recordings.logged import LoggedRequest
from chatcore.testing.recordings.looking import at, parsed
from chatcore.testing.recordings.server import Play, RecordingServer, SeenRequest, serve_recordings

PROVIDER: Final = "loopback"
"""Whose words the requests' metadata are taken for."""

_STATUS_DEFAULT: Final = 500
_PIECE_BYTES: Final = 512


@frozen(kw_only=True)
class _Api:
    """How one API is read and written."""

    log: Callable[[JsonValue], LoggedRequest]
    stream: Callable[[Spoken], bytes]
    whole: Callable[[Spoken], dict[str, JsonValue]]
    error: Callable[[str], dict[str, JsonValue]]


def _openai_error(message: str) -> dict[str, JsonValue]:
    return {"error": {"message": message, "type": "server_error", "param": None, "code": None}}


_APIS: Final[Mapping[str, _Api]] = {
    "/messages": _Api(log=log_messages, stream=messages_stream, whole=messages_whole, error=messages_error),
    "/responses": _Api(
        log=lambda body: log_responses(body, PROVIDER),
        stream=responses_stream,
        whole=responses_whole,
        error=_openai_error,
    ),
    "/chat/completions": _Api(
        log=lambda body: log_chat(body, PROVIDER), stream=chat_stream, whole=chat_whole, error=_openai_error
    ),
}


@asynccontextmanager
async def serve_script(script: Script, *, delay_s: float = 0.0) -> AsyncGenerator[RecordingServer, None]:
    """Serve on a free port of 127.0.0.1 until the context is left. Works on asyncio and trio.

    script: what the model says, as ScriptedModel takes it: `Say`, `Think`, `Call`, `Report`, `Fail` before anything
    else, and `CutOff`. It is called with the request as it arrived, so what it sees passed through the adapter.
    delay_s: between two pieces of a body, so that one sees it stream.
    """
    piece_bytes = (_PIECE_BYTES,) if delay_s else ()
    async with serve_recordings(lambda request: answer_to(request, script, piece_bytes, delay_s)) as server:
        yield server


def answer_to(request: SeenRequest, script: Script, piece_bytes: tuple[int, ...] = (), delay_s: float = 0.0) -> Play:
    """What the script answers to a request that arrived; 404 where no API is spoken.

    Raises: NotLoggable, NotSpoken: the server ends, and so does the test.
    """
    api = next((each for ending, each in _APIS.items() if request.path.partition("?")[0].endswith(ending)), None)
    if api is None:
        return _json(404, _openai_error(f"there is nothing at {request.path}"))
    body = parsed(JsonText(request.body.decode()))
    asked = api.log(body).request()
    answer = spoken(script(asked), call_id_stem=f"call_{len(asked.messages)}_")
    if answer.failure is not None:
        return _refusal(answer.failure, api)
    if at(body, "stream") is not True:
        return _json(200, api.whole(answer))
    headers = {"content-type": "text/event-stream; charset=utf-8"}
    return Play(headers=headers, body=api.stream(answer), piece_bytes=piece_bytes, delay_s=delay_s)


def _refusal(failure: Fail, api: _Api) -> Play:
    wait = {} if failure.retry_after_ms is None else {"retry-after-ms": str(failure.retry_after_ms)}
    return _json(failure.status or _STATUS_DEFAULT, api.error(failure.message), wait)


def _json(status: int, body: JsonValue, headers: Mapping[str, str] | None = None) -> Play:
    told = {"content-type": "application/json", **(headers or {})}
    return Play(status=status, headers=told, body=dump_json(body).encode())
