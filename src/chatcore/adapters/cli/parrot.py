"""The scripted model of `chatcore chat`: it runs what it is told to, counts, and repeats the rest."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from chatcore.compose.scripted import Call, Saying, last_user_text, latest_results
from chatcore.ports.model import ModelRequest

HELP: Final = "I am a script. Try: run COMMAND, read FILE, list, count NUMBER, help. Anything else I repeat."

_COUNTABLE: Final = re.compile("[1-9][0-9]{0,3}")
"""What it counts to: at 0.01 s for three numbers, half a minute at most."""


def parrot(workspace: Path, request: ModelRequest) -> Iterator[Saying]:
    """What the model says to a prompt."""
    if latest_results(request):
        yield "That is what came back."
        return
    said = last_user_text(request).strip()
    word, _, rest = said.partition(" ")
    match word.lower():
        case "run" if rest:
            yield f"I run {rest}."
            yield Call("execute", {"command": rest, "workdir": str(workspace), "timeout": "60s"})
        case "read" if rest:
            yield f"I read {rest}."
            yield Call("read_file", {"path": str(workspace / rest)})
        case "count" if _COUNTABLE.fullmatch(rest):
            yield " ".join(map(str, range(1, int(rest) + 1)))
        case "list":
            yield "I look what is here."
            yield Call("execute", {"command": "ls -la", "workdir": str(workspace)})
        case "help":
            yield HELP
        case _:
            yield f"You said: {said}"
