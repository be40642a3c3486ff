"""Recordings of real provider traffic, as a folder of exchanges: `NAME/meta.json`, the request, the response's body."""

import hashlib
import os
from collections.abc import Mapping
from enum import StrEnum
from pathlib import Path
from types import MappingProxyType
from typing import Final

from attrs import field, frozen

from chatcore.domain.errors import ChatcoreError
from chatcore.domain.json_text import JsonText, JsonValue, dump_json
from chatcore.testing.recordings.looking import at, fields_at, items_at, parsed, text_at, whole_at

FOLDER_VARIABLE: Final = "CHATCORE_RECORDINGS"
"""Environment variable with the folder of the recordings."""

REQUIRE_VARIABLE: Final = "CHATCORE_REQUIRE_RECORDINGS"
"""Set to 1, the absence of recordings is a failure and no reason to skip."""

_VERBATIM: Final = "verbatim"
_BODIES: Final = ("response.sse", "response.json")


class BadRecording(ChatcoreError):
    """A folder is not a recording; the text says which file is wrong and how."""

    def __init__(self, where: Path, why: str) -> None:
        super().__init__(f"{where} is no recording: {why}")
        self.where = where
        self.why = why


class Api(StrEnum):
    """The APIs that recordings are of."""

    CHAT = "openai-chat"
    RESPONSES = "openai-responses"
    MESSAGES = "anthropic-messages"


@frozen(kw_only=True)
class Recording:
    """One HTTP exchange with a provider."""

    name: str
    provider: str
    api: Api
    path: str
    """Of the URL, with its leading slash."""
    model: str
    status: int
    streaming: bool
    """Whether the response is a stream of server-sent events."""
    asks_stream: bool = False
    """Whether the request asked for a stream; an error answers either."""
    headers: Mapping[str, str] = field(factory=dict)
    """Of the response, names in lower case; only those that the source kept."""
    body: bytes = field(repr=False)
    """Of the response, byte for byte."""
    request: JsonText | None = field(default=None, repr=False)
    """The request's body, None where the source has none."""
    request_verbatim: bool = False
    """Whether the request's body is as it was sent, up to white space."""
    finish: tuple[str, ...] = ()
    """The finish values seen in the response, in the provider's words."""
    covers: tuple[str, ...] = ()

    @property
    def content_type(self) -> str:
        """The body's media type; what the source kept, else what the shape of the response says."""
        usual = "text/event-stream; charset=utf-8" if self.streaming else "application/json"
        return self.headers.get("content-type", usual)


def load_recordings(folder: Path) -> tuple[Recording, ...]:
    """Every recording of a folder, by name. Files beside the folders are passed over.

    Raises: BadRecording, the folder is missing, holds no recording, or holds one that cannot be read.
    """
    return tuple(load_recording(each) for each in exchange_folders(folder))


def exchange_folders(folder: Path) -> tuple[Path, ...]:
    """The folders that are to be recordings, by name. Raises: BadRecording, there is none."""
    if not folder.is_dir():
        raise BadRecording(folder, "there is no such folder")
    folders = tuple(each for each in sorted(folder.iterdir()) if (each / "meta.json").is_file())
    if not folders:
        raise BadRecording(folder, "no folder in it has a meta.json")
    return folders


def load_recording(folder: Path) -> Recording:
    """One recording. Raises: BadRecording."""
    meta = _json(folder / "meta.json")
    body_path = next((folder / name for name in _BODIES if (folder / name).is_file()), None)
    if body_path is None:
        raise BadRecording(folder, f"it has none of {', '.join(_BODIES)}")
    body = body_path.read_bytes()
    wanted = text_at(meta, "response_sha256")
    if wanted and hashlib.sha256(body).hexdigest() != wanted:
        raise BadRecording(body_path, "its SHA-256 is not the one that meta.json names")
    try:
        api = Api(text_at(meta, "api"))
    except ValueError as error:
        known = ", ".join(Api)
        raise BadRecording(folder, f"its api {at(meta, 'api')!r} is none of {known}") from error
    status = whole_at(meta, "status")
    if status is None:
        raise BadRecording(folder, "its meta.json has no status")
    request_path = folder / "request.json"
    return Recording(
        name=text_at(meta, "name") or folder.name,
        provider=text_at(meta, "provider"),
        api=api,
        path=text_at(meta, "path") or "/",
        model=text_at(meta, "model"),
        status=status,
        streaming=body_path.suffix == ".sse",
        asks_stream=asks if isinstance(asks := at(meta, "request_asks_stream"), bool) else body_path.suffix == ".sse",
        headers=MappingProxyType(
            {
                name.lower(): value
                for name, value in fields_at(meta, "response_headers").items()
                if isinstance(value, str)
            }
        ),
        body=body,
        request=dump_json(_json(request_path)) if request_path.is_file() else None,
        request_verbatim=text_at(meta, "fidelity", "request").startswith(_VERBATIM),
        finish=tuple(value for value in items_at(meta, "finish") if isinstance(value, str)),
        covers=tuple(value for value in items_at(meta, "covers") if isinstance(value, str)),
    )


def recordings_folder(project: Path) -> Path | None:
    """Where the recordings are: what CHATCORE_RECORDINGS names, else `../shared/recordings` beside the project.

    None where no folder is there.
    """
    named = os.environ.get(FOLDER_VARIABLE)
    folder = Path(named) if named else project.parent / "shared" / "recordings"
    return folder if folder.is_dir() else None


def recordings_required() -> bool:
    """Whether tests must fail, and not skip, without recordings."""
    return os.environ.get(REQUIRE_VARIABLE) == "1"


def _json(path: Path) -> JsonValue:
    try:
        return parsed(path.read_bytes())
    except OSError as error:
        raise BadRecording(path, f"it cannot be read: {error.strerror}") from error
    except ValueError as error:
        raise BadRecording(path, f"it is not JSON: {error}") from error
