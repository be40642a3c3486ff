"""The scripted model of `chatcore chat`: it runs what it is told to, and repeats the rest."""

from collections.abc import Iterator
from pathlib import Path

from chatcore.compose.scripted import Call, Saying, last_user_text, latest_results
from chatcore.ports.model import ModelRequest

HELP = "I am a script. Try: run COMMAND, read FILE, list. Anything else I repeat."


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
        case "list":
            yield "I look what is here."
            yield Call("execute", {"command": "ls -la", "workdir": str(workspace)})
        case "help":
            yield HELP
        case _:
            yield f"You said: {said}"
