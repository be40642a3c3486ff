"""The second reading of a recording, whatever its API."""

from chatcore.testing.recordings.folder import Api, Recording
from chatcore.testing.recordings.read_chat import read_chat_json, read_chat_stream
from chatcore.testing.recordings.read_errors import read_http_error
from chatcore.testing.recordings.read_messages import read_messages_json, read_messages_stream
from chatcore.testing.recordings.read_responses import read_responses_json, read_responses_stream
from chatcore.testing.recordings.reading import Reading

_HTTP_ERROR_MIN = 400


def second_reading(recording: Recording) -> Reading:
    """What the recorded body says. Raises ValueError, a body that is not a stream is not JSON."""
    if recording.status >= _HTTP_ERROR_MIN:
        return Reading(error=read_http_error(recording.status, recording.headers, recording.body))
    match recording.api, recording.streaming:
        case Api.CHAT, True:
            return read_chat_stream(recording.body)
        case Api.CHAT, False:
            return read_chat_json(recording.body)
        case Api.RESPONSES, True:
            return read_responses_stream(recording.body)
        case Api.RESPONSES, False:
            return read_responses_json(recording.body)
        case Api.MESSAGES, True:
            return read_messages_stream(recording.body)
        case _:
            return read_messages_json(recording.body)
