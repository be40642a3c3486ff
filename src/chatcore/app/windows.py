"""The messages that the model is shown, kept between the turns of a chat and read only where they are new.

The cache can never be wrong, only late: a window is keyed by chat and seq and extended by what the log holds after it
(architecture 4).
"""

from collections import OrderedDict

from attrs import define, field, frozen

from chatcore.app.chat_writer import Written
from chatcore.domain.chat.envelope import StoredEvent
from chatcore.domain.chat.events import HistoryTruncated, MessageAdded
from chatcore.domain.chat.head import ChatHead
from chatcore.domain.content.history import History
from chatcore.domain.content.prompt import PromptMessage
from chatcore.domain.content.render import GrowingPrompt
from chatcore.domain.content.sizes import content_bytes
from chatcore.domain.content.transcript import fold_transcript
from chatcore.domain.content.window import prompt_window
from chatcore.domain.ids import ChatId, Seq
from chatcore.domain.limits import WINDOW_CACHE_BYTES_MAX
from chatcore.ports.actor import SYSTEM
from chatcore.ports.store import Store

_TRANSCRIPT_TYPES = frozenset({MessageAdded.TYPE, HistoryTruncated.TYPE})


@define
class _Rendered:
    """A prompt, and the message up to which it was rendered."""

    prompt: GrowingPrompt = field(factory=GrowingPrompt)
    newest_id: Seq = 0


@frozen(kw_only=True)
class Window:
    """What is left of a chat's messages for the model, at one seq."""

    messages: History
    """The system messages and the surviving messages after the boundary."""
    seq: Seq
    boundary: Seq | None
    bytes: int
    _rendered: _Rendered = field(factory=_Rendered, eq=False, repr=False)
    """Shared by the windows of a chat that grow out of each other."""

    def prompt(self) -> tuple[PromptMessage, ...]:
        """The messages as the model is shown them. Only those that are new since the chat's last prompt cost time."""
        rendered = self._rendered
        if rendered.newest_id > self.messages.newest_id:
            # A later window of the chat was asked first.
            rendered = _Rendered()
        rendered.prompt.add(prompt_window(self.messages.after(rendered.newest_id), self.boundary))
        rendered.newest_id = self.messages.newest_id
        return rendered.prompt.messages()

    def extended(self, events: tuple[StoredEvent, ...], seq: Seq) -> "Window":
        """The window after more events, up to `seq`."""
        cut = any(isinstance(each.event, HistoryTruncated) for each in events)
        new = sum(content_bytes(each.event.content) for each in events if isinstance(each.event, MessageAdded))
        return Window(
            seq=seq,
            boundary=self.boundary,
            messages=fold_transcript(((each.seq, each.event) for each in events), onto=self.messages),
            bytes=self.bytes + new,
            rendered=_Rendered() if cut else self._rendered,
        )


class Windows:
    """The windows of the chats that a worker works on; the ones longest unused leave when `bytes_max` is reached."""

    def __init__(self, store: Store, *, bytes_max: int = WINDOW_CACHE_BYTES_MAX) -> None:
        self._store = store
        self._bytes_max = bytes_max
        self._bytes = 0
        self._windows: OrderedDict[ChatId, Window] = OrderedDict()

    async def load(self, chat_id: ChatId, head: ChatHead) -> Window:
        """The window of the head.

        Warm, it reads what is new since it was last asked; cold, it reads the window, not the chat.
        """
        window = self._windows.get(chat_id)
        if window is None or window.boundary != head.boundary or window.seq > head.seq:
            window = await self._cold(chat_id, head)
        elif window.seq < head.seq:
            events = await self._read(chat_id, window.seq, head.seq)
            window = window.extended(events, head.seq)
        self._keep(chat_id, window)
        return window

    def extend(self, written: Written) -> None:
        """Take in what was just appended, so that it need not be read; no effect on a window that is not kept."""
        window = self._windows.get(written.chat_id)
        if window is None or not written.events or window.seq != written.events[0].seq - 1:
            return
        if window.boundary != written.head.boundary:
            self._drop(written.chat_id)
            return
        self._keep(written.chat_id, window.extended(written.events, written.head.seq))

    async def _cold(self, chat_id: ChatId, head: ChatHead) -> Window:
        after = head.boundary or 0
        older = tuple([await self._event(chat_id, seq) for seq in head.system if seq <= after])
        events = (*older, *await self._read(chat_id, after, head.seq))
        empty = Window(seq=0, boundary=head.boundary, messages=History(), bytes=0)
        return empty.extended(events, head.seq)

    async def _event(self, chat_id: ChatId, seq: Seq) -> StoredEvent:
        page = await self._store.events(chat_id, actor=SYSTEM, after=seq - 1, limit=1)
        return page.events[0]

    async def _read(self, chat_id: ChatId, after: Seq, upto: Seq) -> tuple[StoredEvent, ...]:
        """What the transcript is made of, but for the ranges that an edit cut off later."""
        landmarks = await self._store.landmarks(chat_id, actor=SYSTEM, after=after)
        cuts = [(each.event.from_seq, each.seq) for each in landmarks if isinstance(each.event, HistoryTruncated)]
        found: list[StoredEvent] = []
        while after < upto:
            page = await self._store.events(chat_id, actor=SYSTEM, after=after, types=_TRANSCRIPT_TYPES)
            found += [event for event in page.events if event.seq <= upto]
            if not page.more:
                break
            after = _past_cuts(page.events[-1].seq, cuts)
        return tuple(found)

    def _keep(self, chat_id: ChatId, window: Window) -> None:
        self._drop(chat_id)
        self._windows[chat_id] = window
        self._bytes += window.bytes
        while self._bytes > self._bytes_max and len(self._windows) > 1:
            self._drop(next(iter(self._windows)))

    def _drop(self, chat_id: ChatId) -> None:
        window = self._windows.pop(chat_id, None)
        if window is not None:
            self._bytes -= window.bytes


def _past_cuts(after: Seq, cuts: list[tuple[Seq, Seq]]) -> Seq:
    """The end of the range that an edit cut off, where the next event lies in one: nothing in it survives."""
    return max((cut for first, cut in cuts if first <= after + 1 < cut), default=after + 1) - 1
