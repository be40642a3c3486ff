"""What the model is shown is what the log says, however it was read and kept (architecture 4)."""

from typing import ClassVar

from chatcore.domain.content.render import render_prompt
from chatcore.domain.content.window import prompt_window
from chatcore.domain.turn.tools import ToolChoice
from chatcore.testing.simulation.checkers.reading import Logs
from chatcore.testing.simulation.checking import Checker
from chatcore.testing.simulation.happenings import Committed, ModelAsked
from chatcore.testing.simulation.trace import Noted


class PromptsOfTheLog(Checker):
    """Renders every prompt anew, from the first event on."""

    name: ClassVar = "prompts_of_the_log"
    sentence: ClassVar = (
        "Every prompt is what the log at its version of the history renders to from scratch, for all that is cached."
    )

    def __init__(self) -> None:
        self._logs = Logs()

    def see(self, noted: Noted) -> None:
        """Compare a prompt with the log."""
        match noted.what:
            case Committed():
                self._logs.take(noted.what)
            case ModelAsked(chat_id=chat_id, history_version=version) if chat_id is not None and version is not None:
                request = noted.what.request
                transcript = self._logs.transcript(chat_id, version)
                rendered = render_prompt(prompt_window(transcript, self._logs.boundaries[chat_id, version]))
                # A request for a summary ends with the question for it.
                asked = request.messages[:-1] if request.tool_choice is ToolChoice.NONE else request.messages
                shown = [(message.role, message.content) for message in asked]
                for place, message in enumerate(rendered):
                    if shown[place : place + 1] != [(message.role, message.content)]:
                        raise self.fail(f"message {place} of the prompt is not the log's at {version}", chat_id)
                if len(shown) > len(rendered):
                    raise self.fail(f"the prompt holds {len(shown) - len(rendered)} messages too many", chat_id)
            case _:
                return
