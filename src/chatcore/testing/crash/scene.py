"""What surrounds a chat that crashes: its model, its tools, the world that they act on, and what must hold in it."""

from collections.abc import Sequence
from enum import StrEnum

from attrs import frozen

from chatcore.adapters.scripted import Script, ScriptedModel
from chatcore.app.tools.tool import Repeat, Tool
from chatcore.app.workspaces import Workspaces
from chatcore.domain.chat.envelope import StoredEvent
from chatcore.domain.chat.head import ChatHead
from chatcore.domain.content.messages import Message
from chatcore.domain.ids import Seq
from chatcore.ports.model import Model


class Fate(StrEnum):
    """What the dead worker had done of the calls that were open when it died. Nobody can know, so both are tried."""

    NOT_BEGUN = "not begun"
    DONE = "done, but the answer was lost"


@frozen(kw_only=True)
class ToolRun:
    """A tool ran after the crash."""

    tool_name: str
    key: str
    """The idempotency key of the call."""
    repeat: Repeat


@frozen(kw_only=True)
class Recovered:
    """A chat that another worker has brought to rest."""

    cut: Seq
    """The last event before the crash."""
    fate: Fate
    head: ChatHead
    log: tuple[StoredEvent, ...]
    transcript: tuple[Message, ...]
    runs: tuple[ToolRun, ...]
    """What ran after the crash, in the order in which it began."""


class Scene:
    """One world with one crash in it: `crash_everywhere` makes a new one for each.

        class Shop(Scene):
            def __init__(self):
                super().__init__(script)
                self.ledger = Ledger()                       # the world: it survives the crash

            def tools(self):
                return [pay_tool(self.ledger, Budget(100))]  # a worker's memory: it does not

            def check(self, recovered):
                assert self.ledger.paid <= 100

    Without a subclass: `lambda: Scene(script, tools=[…])`.
    """

    def __init__(self, script: Script | None = None, *, tools: Sequence[Tool] = ()) -> None:
        """`script` is what the model says after the crash; without one it says `Done.` to everything."""
        self._script: Script = script or _done
        self._tools = tuple(tools)

    def model(self) -> Model:
        """The model, as a worker makes it when it starts."""
        return ScriptedModel(self._script)

    def tools(self) -> Sequence[Tool]:
        """The tools, as a worker makes them when it starts. Asked twice: for the worker that dies, and for the other.

        What the two share is the world. Calls that the log holds an answer to are run again by the one that dies, so
        that the world is as it was when it died; so are the open ones, where their fate is DONE.
        """
        return self._tools

    def workspaces(self) -> Workspaces | None:
        """Where the chat works; None for nowhere."""
        return None

    def check(self, recovered: Recovered) -> None:
        """What must hold in the world when the chat has come to rest. Raises: whatever tells best that it does not."""


def _done(_: object) -> list[str]:
    return ["Done."]
