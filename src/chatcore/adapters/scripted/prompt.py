"""Looking at a prompt from within a script."""

from itertools import takewhile

from chatcore.domain.content.messages import Role
from chatcore.domain.content.prompt import PromptText, PromptToolResult
from chatcore.ports.model import ModelRequest


def last_user_text(request: ModelRequest) -> str:
    """The words of the newest user message, blocks joined by line breaks; empty if there is none."""
    message = next((message for message in reversed(request.messages) if message.role is Role.USER), None)
    if message is None:
        return ""
    return "\n".join(part.text for part in message.content if isinstance(part, PromptText))


def latest_results(request: ModelRequest) -> tuple[PromptToolResult, ...]:
    """The tool results at the very end of the prompt, in their order; none if the model is asked anew."""
    tail = list(takewhile(lambda message: message.role is Role.TOOL, reversed(request.messages)))
    return tuple(part for message in reversed(tail) for part in message.content if isinstance(part, PromptToolResult))
