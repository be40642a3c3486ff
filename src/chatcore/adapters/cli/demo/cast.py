"""Who speaks in the demo: the mechanic, and a storyteller who can be stopped and can go on."""

import json
from collections.abc import Iterator
from typing import Final

from chatcore.adapters.cli.demo.mechanic import Mechanic
from chatcore.compose.scripted import Saying, last_user_text
from chatcore.domain.content.messages import Role
from chatcore.domain.content.prompt import PromptText, PromptToolResult
from chatcore.ports.model import ModelRequest

FOLLOW_UP: Final = "Thank you. And what was wrong?"
TELL_STORY: Final = "Now tell me how logs came to be trusted."
STORY: Final = (
    "Long ago, people who kept books learned a hard lesson: a number that is wiped out and written anew tells nobody "
    "how it came about. So they stopped wiping. They wrote line under line, each with its date, and when a line was "
    "wrong, they wrote another one that set it right. Whoever doubted the sum could add up the lines. Machines forgot "
    "this for a while, for memory was dear, and then they learned it again: what is appended cannot be half changed, "
    "what is numbered cannot be lost unseen, and whoever has the lines can always have the sum."
)


class Cast:
    """The script of the demo's model: which of its speakers answers follows from the prompt alone."""

    def __init__(self, mechanic: Mechanic) -> None:
        self._mechanic = mechanic

    def __call__(self, request: ModelRequest) -> Iterator[Saying]:
        """What the model says to a prompt."""
        if last_user_text(request) == FOLLOW_UP:
            yield from what_was_wrong(request)
        elif TELL_STORY in _said_by(request, Role.USER):
            yield from tell_on(request)
        else:
            yield from self._mechanic(request)


def what_was_wrong(request: ModelRequest) -> Iterator[Saying]:
    """Tell the change that was made, from the result of the edit."""
    results = [part for message in request.messages for part in message.content if isinstance(part, PromptToolResult)]
    edits = [part.text for part in results if part.tool_name == "edit_files" and not part.is_error]
    if not edits:
        yield "I changed nothing."
        return
    lines = json.loads(edits[-1])["files"][0]["diff"].splitlines()[2:]
    removed = [line[1:].strip() for line in lines if line.startswith("-")]
    added = [line[1:].strip() for line in lines if line.startswith("+")]
    yield f"It said `{' '.join(removed)}`, and it should have said `{' '.join(added)}`."


def tell_on(request: ModelRequest) -> Iterator[Saying]:
    """Tell the story, or go on with it where it was cut short."""
    told = len(" ".join(_said_by(request, Role.ASSISTANT, after=TELL_STORY)).split())
    yield " ".join(STORY.split()[told:])


def _said_by(request: ModelRequest, role: Role, after: str = "") -> list[str]:
    """The texts of a role, those behind the newest message that says `after`."""
    said: list[str] = []
    for message in request.messages:
        texts = [part.text for part in message.content if isinstance(part, PromptText)]
        if after in texts:
            said.clear()
        if message.role is role:
            said += texts
    return said
