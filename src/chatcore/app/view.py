"""One view of a chat: what its reader is given, pulled when the reader asks for it (architecture 7, spec 6.3, 6.4).

Nothing happens between two questions of the reader: it holds up no writer, and what waits for it waits in the log and
in the part buffers, not here. A reader that stays away while there is news is cut off and told (C6.2).
"""

from collections import deque
from collections.abc import AsyncIterator
from typing import ClassVar

import anyio
import anyio.lowlevel

from chatcore.app.live_parts import PartReader
from chatcore.app.news import News
from chatcore.app.view_reads import ViewReads, appends_of, rows_of
from chatcore.domain.chat.values import Status
from chatcore.domain.errors import ChatcoreError
from chatcore.domain.ids import ChatId, Seq
from chatcore.domain.live.view_events import ViewEvent
from chatcore.domain.live.viewer import (
    PartSource,
    Shown,
    Viewer,
    after_append,
    after_parts,
    begin,
    history_shown,
    standing,
    status_shown,
)
from chatcore.domain.rejection import Rejection
