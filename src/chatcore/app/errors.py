"""Errors of the service itself."""

from typing import ClassVar

from chatcore.domain.errors import ChatcoreError
from chatcore.domain.ids import ChatId
from chatcore.ports.errors import AdapterError


class Busy(AdapterError):
    """Too many others write to the chat at once; try again in a moment."""

    retryable: ClassVar[bool] = True

    def __init__(self, chat_id: ChatId, tries: int) -> None:
        super().__init__(f"chat {chat_id} was changed by others {tries} times in a row; try again in a moment")
        self.chat_id = chat_id


class UnknownModel(ChatcoreError):
    """No model of this name is set up. `known` lists those that are."""

    def __init__(self, model_id: str | None, known: tuple[str, ...]) -> None:
        named = "no model is named and none is the default" if model_id is None else f"there is no model {model_id!r}"
        super().__init__(f"{named}; known are: {', '.join(known) or 'none'}")
        self.model_id = model_id
        self.known = known
