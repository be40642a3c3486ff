"""Instruction files and skills of a workspace (agent-and-relay A8)."""

from typing import Protocol, TypeAlias

from attrs import frozen


@frozen(kw_only=True)
class InstructionPart:
    """An instruction file, cleaned (A8.4). Kind `context-file` on the wire."""

    path: str
    content: str
    truncated: bool = False
    """Only the first 64 KiB were read."""


@frozen(kw_only=True)
class SkillPart:
    """A skill that a chat may load (A8.5). Kind `skill` on the wire."""

    name: str
    description: str
    directory: str
    meta_file: str
    """File name of the skill's description within its directory."""


ContextPart: TypeAlias = InstructionPart | SkillPart


class Context(Protocol):
    """What a workspace tells the model about itself."""

    async def context_config(self) -> tuple[ContextPart, ...]:
        """Instruction files, then skills, as they are now.

        Raises: AgentError; a 404 means an agent too old to know, to be read as "no parts" (A8.8). AgentUnreachable.
        """
        ...
