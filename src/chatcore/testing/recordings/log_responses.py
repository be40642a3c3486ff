"""A recorded request to the Responses API as a chat's log holds it."""

from attrs import define, field

from chatcore.domain.content.messages import Role
from chatcore.domain.content.parts import Part, ReasoningPart, TextPart, ToolCallPart
from chatcore.domain.json_text import JsonText, JsonValue, dump_json
from chatcore.testing.recordings.log_openai import SYSTEM_ROLES, Talk, functions, own_metadata
from chatcore.testing.recordings.logged import LoggedRequest, NotLoggable, said, tool_words
from chatcore.testing.recordings.looking import at, fields_at, items_at, text_at, whole_at

_KEPT = ("id", "phase", "status")


def log_responses(body: JsonValue, provider: str) -> LoggedRequest:
    """The log of a body. Raises: NotLoggable."""
    reading = _Reading(Talk(provider))
    given = at(body, "input")
    if isinstance(given, str):
        reading.talk.options["bare_input"] = True
        reading.talk.say_user(given)
    for item in items_at(given):
        reading.take(item)
    reading.end_answer()
    talk, tools = reading.talk, items_at(body, "tools")
    talk.take_strictness([tool for tool in tools if text_at(tool, "type") == "function"])
    return LoggedRequest(
        model=text_at(body, "model"),
        messages=tuple(talk.messages),
        tools=tuple(functions(tools)),
        max_output_tokens=whole_at(body, "max_output_tokens"),
        options=talk.options,
    )


@define
class _Reading:
    talk: Talk
    _answer: list[Part] = field(factory=list)
    """Items of one answer follow each other; they become one message."""

    def take(self, item: JsonValue) -> None:
        kind, role = text_at(item, "type") or "message", text_at(item, "role")
        match kind:
            case "reasoning":
                self._answer.append(self._reasoning(item))
            case "function_call" | "custom_tool_call":
                self._answer.append(self._call(item))
            case "function_call_output" | "custom_tool_call_output":
                self.end_answer()
                self._result(item)
            case "message" if role == "assistant":
                self._answer.extend(self._words(item))
            case "message" if role == "user":
                self.end_answer()
                self.talk.say_user(at(item, "content"))
            case "message" if role in SYSTEM_ROLES:
                self.end_answer()
                self.talk.say_system(role, at(item, "content"))
            case _:
                self._answer.append(self._done_by_provider(item))

    def end_answer(self) -> None:
        if self._answer:
            self.talk.messages.append(said(Role.ASSISTANT, *self._answer))
            self._answer.clear()

    def _reasoning(self, item: JsonValue) -> Part:
        text = "".join(text_at(part, "text") for part in items_at(item, "summary"))
        kept = {name: value for name, value in fields_at(item).items() if name != "status" and value is not None}
        return ReasoningPart(text=text, provider_metadata=own_metadata(self.talk.provider, {"item": kept}))

    def _words(self, item: JsonValue) -> list[TextPart]:
        content = at(item, "content")
        if isinstance(content, str):
            return [self.talk.text(content)]
        kept = {name: value for name in _KEPT if (value := at(item, name)) is not None}
        parts: list[TextPart] = []
        for part in items_at(content):
            own = dict(kept)
            if annotations := items_at(part, "annotations"):
                own["annotations"] = annotations
            if text_at(part, "type") == "refusal":
                own["refusal"] = True
            parts.append(self.talk.text(text_at(part, "text") or text_at(part, "refusal"), own))
        return parts

    def _call(self, item: JsonValue) -> Part:
        is_custom = text_at(item, "type") == "custom_tool_call"
        own: dict[str, JsonValue] = {"custom": True} if is_custom else {}
        if call_id := text_at(item, "id"):
            own["id"] = call_id
        written = dump_json({"input": text_at(item, "input")}) if is_custom else JsonText(text_at(item, "arguments"))
        return ToolCallPart(
            tool_call_id=text_at(item, "call_id"),
            tool_name=text_at(item, "name"),
            args=written,
            provider_metadata=own_metadata(self.talk.provider, own),
        )

    def _result(self, item: JsonValue) -> None:
        output = at(item, "output")
        if not isinstance(output, str):
            raise NotLoggable("a tool's result holds what is no text, and its bytes are not in the request")
        self.talk.messages.append(said(Role.TOOL, tool_words(text_at(item, "call_id"), output, self.talk.provider)))

    def _done_by_provider(self, item: JsonValue) -> Part:
        return ToolCallPart(
            tool_call_id=text_at(item, "id"),
            tool_name=text_at(item, "name") or text_at(item, "type").removesuffix("_call"),
            args=JsonText("{}"),
            provider_executed=True,
            provider_metadata=own_metadata(self.talk.provider, {"item": fields_at(item)}),
        )
