"""The tools `read_file`, `write_file` and `edit_files` (10.4, 10.5)."""

from typing import Final

from attrs import frozen

from chatcore.app.tools.tool import Repeat, Tool, ToolContext
from chatcore.app.tools.workspace_tool import workspace_handler
from chatcore.domain.json_text import JsonValue
from chatcore.domain.turn.tools import ToolDefinition, object_schema
from chatcore.domain.workspace.editing.values import EditRequest
from chatcore.ports.agent import Agent

_PATH: Final[dict[str, JsonValue]] = {"type": "string", "description": "Absolute path of the file."}


@frozen(kw_only=True)
class ReadCall:
    """Arguments of `read_file`."""

    path: str
    offset: int = 1
    limit: int = 0


@frozen(kw_only=True)
class WriteCall:
    """Arguments of `write_file`."""

    path: str
    content: str


async def _read(agent: Agent, _: ToolContext, call: ReadCall) -> dict[str, JsonValue]:
    return (await agent.files.read_file_lines(call.path, call.offset, call.limit)).to_json()


async def _write(agent: Agent, _: ToolContext, call: WriteCall) -> dict[str, JsonValue]:
    await agent.files.write_file(call.path, call.content.encode("utf-8", "surrogatepass"))
    return {"ok": True}


async def _edit(agent: Agent, _: ToolContext, call: EditRequest) -> dict[str, JsonValue]:
    done = await agent.files.edit_files(call)
    return {"ok": True, **done.to_json()}


READ_FILE: Final = Tool(
    definition=ToolDefinition(
        name="read_file",
        description=(
            "Read lines of a text file, numbered from 1. Use it before you edit a file, and page through long ones "
            "with offset and limit: at most 2000 lines and 32 KiB a call. For files over 1 MiB, or to search many "
            "files, use execute with grep, head or tail."
        ),
        input_schema=object_schema(
            {
                "path": _PATH,
                "offset": {"type": "integer", "description": "The first line, from 1."},
                "limit": {"type": "integer", "description": "How many lines; 2000 by default."},
            },
            required=("path",),
        ),
    ),
    handler=workspace_handler(ReadCall, _read),
    repeat=Repeat.IDEMPOTENT,
)
WRITE_FILE: Final = Tool(
    definition=ToolDefinition(
        name="write_file",
        description=(
            "Write a whole text file, making missing directories; an existing file is replaced. Use it for new files. "
            "To change a part of a file use edit_files: it cannot lose the rest."
        ),
        input_schema=object_schema(
            {"path": _PATH, "content": {"type": "string", "description": "All of the file's text."}},
            required=("path", "content"),
        ),
    ),
    handler=workspace_handler(WriteCall, _write),
    repeat=Repeat.IDEMPOTENT,
)
EDIT_FILES: Final = Tool(
    definition=ToolDefinition(
        name="edit_files",
        description=(
            "Replace text in one or several files; all edits are checked before any file is written. Give enough of "
            "the surrounding lines in search to match exactly one place, or set replace_all. Read the file first. "
            "For a new file use write_file."
        ),
        input_schema=object_schema(
            {
                "files": {
                    "type": "array",
                    "items": {
                        "type": "object",
                        "properties": {
                            "path": _PATH,
                            "edits": {
                                "type": "array",
                                "items": {
                                    "type": "object",
                                    "properties": {
                                        "search": {"type": "string", "description": "Text that stands in the file."},
                                        "replace": {"type": "string", "description": "Text that takes its place."},
                                        "replace_all": {"type": "boolean", "description": "Replace every match."},
                                    },
                                    "required": ["search", "replace"],
                                },
                            },
                        },
                        "required": ["path", "edits"],
                    },
                },
                "include_diff": {"type": "boolean", "description": "Return what changed as a unified diff."},
            },
            required=("files",),
        ),
    ),
    handler=workspace_handler(EditRequest, _edit),
)
