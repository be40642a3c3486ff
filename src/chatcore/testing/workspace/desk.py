"""What the views of one simulated workspace share, and what one caller has of it."""

import anyio.lowlevel
from attrs import define, frozen

from chatcore.domain.ids import ChatId
from chatcore.domain.workspace.identity import ChatIdentity
from chatcore.domain.workspace.path_store import PathStore
from chatcore.ports.agent import AgentUnreachable
from chatcore.testing.workspace.processes import ProcessTable
from chatcore.testing.workspace.tree import Tree


@define(eq=False, kw_only=True)
class Machine:
    """The machine that is simulated."""

    tree: Tree
    home: str
    paths: PathStore
    table: ProcessTable
    missing: frozenset[str]
    """Capabilities that it does not offer."""
    reachable: bool = True


@frozen(eq=False)
class Desk:
    """A caller at the machine."""

    machine: Machine
    identity: ChatIdentity | None

    @property
    def chat(self) -> ChatId | None:
        """The chat that the caller asks for."""
        return None if self.identity is None else self.identity.chat_id

    async def come(self) -> None:
        """Let others run, then bring every program up to the present. Raises: AgentUnreachable."""
        await anyio.lowlevel.checkpoint()
        if not self.machine.reachable:
            raise AgentUnreachable("the simulated workspace is unplugged")
        self.machine.table.advance()

    def touched(self, *paths: str) -> None:
        """Note what the caller's chat has changed."""
        if self.identity is not None:
            self.machine.paths.add_paths(self.identity.family, paths)
