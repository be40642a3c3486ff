"""What clients may see of a part, on every path: REST and stream alike (spec chat-core 1.3)."""

from collections.abc import Iterable

from attrs import evolve

from chatcore.domain.content.parts import (
    ContextFilePart,
    FilePart,
    FileReferencePart,
    HookContextPart,
    HookNoticePart,
    Part,
    SkillPart,
)


def client_part(part: Part) -> Part | None:
    """The part without its internal fields; None for words that a hook added for the model alone."""
    match part:
        case HookContextPart():
            return None
        case FileReferencePart() | HookNoticePart():
            return part
        case ContextFilePart():
            return evolve(part, context_file_content="", context_file_os="", context_file_directory="")
        case SkillPart():
            return evolve(part, skill_dir="", context_file_skill_meta_file="")
        case FilePart(file_id=str()):
            return evolve(part, provider_metadata=None, data=b"")
        case _ if part.provider_metadata is None:
            return part
        case _:
            return evolve(part, provider_metadata=None)


def client_content(content: Iterable[Part]) -> tuple[Part, ...]:
    """A content as clients see it."""
    seen = (client_part(part) for part in content)
    return tuple(part for part in seen if part is not None)
