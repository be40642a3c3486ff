"""Replaying a folder of recordings for `chatcore models replay`."""

from collections.abc import Callable
from pathlib import Path
from typing import Final

from anyio import fail_after
from attrs import frozen

from chatcore.domain.json_text import JsonValue

_PATIENCE_S: Final = 60.0
"""How long one exchange may take."""


@frozen(kw_only=True)
class ReplaySummary:
    """How a replay went."""

    exchanges: int
    failed: int
    requests: int
    """Exchanges whose request was recorded."""
    same_requests: int

    def line(self) -> str:
        """For people."""
        understood = self.exchanges - self.failed
        return (
            f"{understood} of {self.exchanges} exchanges understood; "
            f"{self.same_requests} of {self.requests} requests sent as recorded"
        )


async def replay_folder(folder: Path, show: Callable[[dict[str, JsonValue]], None]) -> ReplaySummary:
    """Replay every recording, one after the other, and show each when it is done.

    One that cannot be read or that brings an adapter down is shown as a failure, and the others go on.
    Raises: BadRecording, the folder holds no recording at all.
    """
    # The second reading is the test kit's, so that it shares nothing with the adapters; nothing else here needs it.
    from chatcore.testing.recordings import exchange_folders, load_recording
    from chatcore.testing.recordings.replay import failed_replay, replay

    replayed = []
    for each in exchange_folders(folder):
        try:
            with fail_after(_PATIENCE_S):
                done = await replay(load_recording(each))
        except Exception as error:  # noqa: BLE001  told as this exchange's failure
            done = failed_replay(each.name, error)
        replayed.append(done)
        show(done.to_json())
    requests = [each for each in replayed if each.request_matches is not None]
    return ReplaySummary(
        exchanges=len(replayed),
        failed=sum(not each.ok for each in replayed),
        requests=len(requests),
        same_requests=sum(each.request_matches is True for each in requests),
    )
