"""What a tool call asked and gave, in a few lines for a terminal."""

import json
from collections.abc import Iterator
from typing import Final

import click

from chatcore.domain.content.parts import ToolCallPart, ToolResultPart
from chatcore.domain.json_text import JsonValue

_LINES_MAX: Final = 8


def call_lines(part: ToolCallPart) -> Iterator[str]:
    """The call: the command or the file, not the whole arguments."""
    args: dict[str, JsonValue] = json.loads(part.args or "{}")
    files = args.get("files")
    about = args.get("command") or args.get("path") or ""
    if isinstance(files, list):
        about = ", ".join(str(each["path"]) for each in files if isinstance(each, dict))
    yield click.style(f"→ {part.tool_name} {about}", fg="cyan")


def result_lines(part: ToolResultPart) -> Iterator[str]:
    """The result: the end of an output, the beginning of a file, a diff in its colours."""
    if part.is_error:
        yield click.style(f"✗ {part.result}", fg="red")
        return
    result: dict[str, JsonValue] = json.loads(part.result or "{}")
    match part.tool_name:
        case "execute":
            colour = "green" if result.get("success") else "red"
            yield from _indented(str(result.get("output", "")).strip().splitlines()[-_LINES_MAX:], colour)
            yield click.style(f"  exit code {result.get('exit_code')}", fg=colour)
        case "edit_files":
            yield from _diffs(result.get("files"))
        case _:
            lines = str(result.get("content", part.result)).splitlines()
            yield from _indented(lines[:_LINES_MAX], "bright_black")
            if len(lines) > _LINES_MAX:
                yield click.style(f"  … {len(lines) - _LINES_MAX} more lines", fg="bright_black")


def _indented(lines: list[str], colour: str) -> Iterator[str]:
    yield from (click.style(f"  {line}", fg=colour) for line in lines)


def _diffs(files: JsonValue) -> Iterator[str]:
    for each in files if isinstance(files, list) else []:
        for line in str(each["diff"] if isinstance(each, dict) else "").splitlines()[2:]:
            colour = {"+": "green", "-": "red"}.get(line[:1], "bright_black")
            yield click.style(f"  {line}", fg=colour)
