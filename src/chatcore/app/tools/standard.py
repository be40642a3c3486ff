"""The tools that a chat with a workspace is offered."""

from typing import Final

from chatcore.app.tools.execute import EXECUTE
from chatcore.app.tools.files import EDIT_FILES, READ_FILE, WRITE_FILE
from chatcore.app.tools.processes import PROCESS_LIST, PROCESS_OUTPUT, PROCESS_SIGNAL
from chatcore.app.tools.tool import Tool

WORKSPACE_TOOLS: Final[tuple[Tool, ...]] = (
    EXECUTE,
    PROCESS_OUTPUT,
    PROCESS_LIST,
    PROCESS_SIGNAL,
    READ_FILE,
    WRITE_FILE,
    EDIT_FILES,
)
"""In the order in which the model is offered them (10.1 to 10.5)."""
