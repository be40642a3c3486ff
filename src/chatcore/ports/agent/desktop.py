"""The desktop of a workspace (agent-and-relay A10)."""

from typing import Protocol

from anyio.abc import ByteReceiveStream, ByteStream
from attrs import frozen


@frozen(kw_only=True)
class DesktopAction:
    """What to do with mouse, keyboard or screen; an action takes the fields of its row in A10.2, the rest stay None."""

    action: str
    coordinate: tuple[int, int] | None = None
    """In the declared space: `scaled_width` by `scaled_height`, else the native size (A10.4)."""

    start_coordinate: tuple[int, int] | None = None
    text: str | None = None
    duration: int | None = None
    """Milliseconds."""

    scroll_amount: int | None = None
    scroll_direction: str | None = None
    scaled_width: int | None = None
    scaled_height: int | None = None


@frozen(kw_only=True)
class DesktopResult:
    """What an action gave; what it does not give is None."""

    output: str | None = None
    screenshot_data: str | None = None
    """Base64 of a PNG."""

    screenshot_width: int | None = None
    screenshot_height: int | None = None


@frozen(kw_only=True)
class RecordingContent:
    """A finished recording as `multipart/mixed`: the video, then perhaps a thumbnail (A10.11). The caller closes it."""

    stream: ByteReceiveStream
    content_type: str
    """With the boundary of the parts."""


class Desktop(Protocol):
    """One desktop, started on first use. Every method raises AgentError or AgentUnreachable."""

    async def connect_desktop_vnc(self) -> ByteStream:
        """Raw RFB bytes; whoever asked closes the stream."""
        ...

    async def execute_desktop_action(self, action: DesktopAction) -> DesktopResult:
        """Do one action. Raises: AgentError, 400 a field is missing or unknown, 500 the desktop failed (A10.3)."""
        ...

    async def start_desktop_recording(self, recording_id: str) -> None:
        """Begin to record; an id that records already goes on (A10.8). Raises: AgentError, 400 not a UUID, 503."""
        ...

    async def stop_desktop_recording(self, recording_id: str) -> RecordingContent:
        """End a recording and give it; again gives it again. Raises: AgentError, 404, 413 too large, 500 corrupted."""
        ...
