"""Recordings of real provider traffic: load them, read them a second time, and play them from a server on loopback.

- `load_recordings(folder)` gives typed `Recording` values; `recordings_folder(project)` finds the folder.
- `second_reading(recording)` says what a body means, by code that shares nothing with the model adapters.
- `serve_recordings(answer)` plays bodies byte for byte over real sockets, in any pieces, and cut short at any byte.
"""

from chatcore.testing.recordings.folder import (
    Api,
    BadRecording,
    Recording,
    exchange_folders,
    load_recording,
    load_recordings,
    recordings_folder,
    recordings_required,
)
from chatcore.testing.recordings.reading import Finish, ReadCall, ReadError, Reading, ReadUsage
from chatcore.testing.recordings.second_reading import second_reading
from chatcore.testing.recordings.server import Play, RecordingServer, SeenRequest, pieces_of, play, serve_recordings

__all__ = [
    "Api",
    "BadRecording",
    "Finish",
    "Play",
    "ReadCall",
    "ReadError",
    "ReadUsage",
    "Reading",
    "Recording",
    "RecordingServer",
    "SeenRequest",
    "exchange_folders",
    "load_recording",
    "load_recordings",
    "pieces_of",
    "play",
    "recordings_folder",
    "recordings_required",
    "second_reading",
    "serve_recordings",
]
