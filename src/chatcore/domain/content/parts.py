"""The kinds of parts that a message is made of (spec chat-core 1.3).

Fields that never leave the service are marked internal: `parts_json.client_part` strips them. Raw JSON (`args`,
`result`, provider metadata) is kept as text, so that it is given back byte for byte (1.4, ADR 0006).
"""

from datetime import datetime
from typing import ClassVar, TypeAlias

from attrs import field, frozen

from chatcore.domain.json_text import JsonText


@frozen(kw_only=True)
class TextPart:
    """Words of any role."""

    TYPE: ClassVar = "text"
    text: str
    provider_metadata: JsonText | None = None
    """Internal: a JSON object that the provider wants back unchanged."""


@frozen(kw_only=True)
class ReasoningPart:
    """What the model thought before it answered."""

    TYPE: ClassVar = "reasoning"
    text: str
    title: str | None = None
    created_at: datetime | None = None
    completed_at: datetime | None = None
    provider_metadata: JsonText | None = None
    """Internal. It holds the signature: reasoning of a reply cut short has none and stays out of prompts."""


@frozen(kw_only=True)
class ToolCallPart:
    """The model asks for a tool. `args` is absent when what the model wrote is blank or not JSON (1.4)."""

    TYPE: ClassVar = "tool-call"
    tool_call_id: str = ""
    tool_name: str = ""
    args: JsonText | None = None
    args_delta: str = ""
    """Stream only: the next piece of the arguments."""
    parsed_commands: JsonText | None = None
    mcp_server_config_id: str | None = None
    provider_executed: bool = False
    hook_rewritten: bool = False
    created_at: datetime | None = None
    provider_metadata: JsonText | None = None
    """Internal."""


@frozen(kw_only=True)
class ToolResultPart:
    """What a tool answered; `result` by the table of 1.4."""

    TYPE: ClassVar = "tool-result"
    tool_call_id: str = ""
    tool_name: str = ""
    result: JsonText | None = None
    result_delta: str = ""
    """Stream only: the next piece of the output."""
    result_reset: bool = False
    """Stream only: forget the pieces so far."""
    is_error: bool = False
    is_media: bool = False
    provider_executed: bool = False
    mcp_server_config_id: str | None = None
    created_at: datetime | None = None
    provider_metadata: JsonText | None = None
    """Internal."""


@frozen(kw_only=True)
class SourcePart:
    """A citation; never sent to a model."""

    TYPE: ClassVar = "source"
    url: str
    source_id: str = ""
    title: str = ""
    provider_metadata: JsonText | None = None
    """Internal."""


@frozen(kw_only=True)
class FilePart:
    """A file, inline (`data`) or by reference (`file_id`); clients do not see `data` where there is a `file_id`."""

    TYPE: ClassVar = "file"
    media_type: str
    name: str = ""
    data: bytes = field(default=b"", repr=False)
    file_id: str | None = None
    provider_metadata: JsonText | None = None
    """Internal."""


@frozen(kw_only=True)
class FileReferencePart:
    """Lines of a file that the user points at; lines count from 1."""

    TYPE: ClassVar = "file-reference"
    file_name: str
    start_line: int
    end_line: int
    content: str


@frozen(kw_only=True)
class ContextFilePart:
    """An instruction file of the workspace that the chat was given."""

    TYPE: ClassVar = "context-file"
    context_file_path: str
    context_file_truncated: bool = False
    context_file_agent_id: str | None = None
    context_file_content: str = ""
    """Internal."""
    context_file_os: str = ""
    """Internal."""
    context_file_directory: str = ""
    """Internal."""


@frozen(kw_only=True)
class SkillPart:
    """A skill that the workspace offers."""

    TYPE: ClassVar = "skill"
    skill_name: str
    skill_description: str = ""
    skill_dir: str = ""
    """Internal."""
    context_file_skill_meta_file: str = ""
    """Internal."""


@frozen(kw_only=True)
class HookContextPart:
    """Words that a hook adds for the model alone; no client may send or see them."""

    TYPE: ClassVar = "hook-context"
    text: str


@frozen(kw_only=True)
class HookNoticePart:
    """Words that a hook adds for the reader alone; never in a prompt, and no client may send them."""

    TYPE: ClassVar = "hook-notice"
    text: str


Part: TypeAlias = (
    TextPart
    | ReasoningPart
    | ToolCallPart
    | ToolResultPart
    | SourcePart
    | FilePart
    | FileReferencePart
    | ContextFilePart
    | SkillPart
    | HookContextPart
    | HookNoticePart
)

PART_TYPES: tuple[type[Part], ...] = (
    TextPart,
    ReasoningPart,
    ToolCallPart,
    ToolResultPart,
    SourcePart,
    FilePart,
    FileReferencePart,
    ContextFilePart,
    SkillPart,
    HookContextPart,
    HookNoticePart,
)
