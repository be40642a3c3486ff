"""What recorded requests to both of OpenAI's APIs share, on their way into a chat's log."""

from base64 import b64decode
from collections.abc import Iterator, Mapping, Sequence

from attrs import define, field

from chatcore.domain.chat.events_history import MessageAdded
from chatcore.domain.content.messages import Role
from chatcore.domain.content.parts import FilePart, Part, TextPart
from chatcore.domain.json_text import JsonText, JsonValue, dump_json
from chatcore.domain.turn.tools import OfferedTool, ProviderTool, ToolDefinition
from chatcore.testing.recordings.logged import NotLoggable, said
from chatcore.testing.recordings.looking import at, fields_at, items_at, text_at

SYSTEM_ROLES = ("system", "developer")
_DATA = "data:"


@define
class Talk:
    """The messages so far, and the options that they need."""

    provider: str
    messages: list[MessageAdded] = field(factory=list)
    options: dict[str, JsonValue] = field(factory=dict)

    def say_system(self, role: str, content: JsonValue) -> None:
        """A message of the system, under either of its names."""
        if role != SYSTEM_ROLES[0]:
            self.options["system_role"] = role
        self.messages.append(said(Role.SYSTEM, TextPart(text=_plain(content))))

    def say_user(self, content: JsonValue) -> None:
        """A user's message: a text, or a list of parts."""
        if isinstance(content, str):
            self.messages.append(said(Role.USER, self.text(content)))
            return
        parts = [user_part(part, self.provider) for part in items_at(content)]
        if len(parts) == 1 and isinstance(parts[0], TextPart):
            self.options["text_as_parts"] = True
        self.messages.append(said(Role.USER, *parts))

    def text(self, text: str, own: Mapping[str, JsonValue] | None = None) -> TextPart:
        """A text with what the provider said of it. One that is blank is kept by saying something."""
        kept = own or ({} if text.strip() else {"blank": True})
        return TextPart(text=text, provider_metadata=own_metadata(self.provider, kept))

    def take_strictness(self, tools: Sequence[JsonValue]) -> None:
        """Whether all functions are strict, or none, or nothing is said."""
        strict = [at(fields_at(tool, "function") or tool, "strict") for tool in tools]
        if strict and all(each is strict[0] for each in strict):
            self.options["strict_tools"] = strict[0]


def own_metadata(provider: str, own: Mapping[str, JsonValue]) -> JsonText | None:
    """Metadata of a part, marked with whose it is."""
    return dump_json({provider: own}) if own else None


def user_part(part: JsonValue, provider: str) -> Part:
    """A part of a user's message, of either API. Raises: NotLoggable."""
    match text_at(part, "type"):
        case "text" | "input_text":
            return TextPart(text=text_at(part, "text"))
        case "image_url":
            return _file(text_at(part, "image_url", "url"), provider)
        case "input_image":
            return _file(text_at(part, "image_url"), provider)
        case "file":
            return _file(text_at(part, "file", "file_data"), provider, name=text_at(part, "file", "filename"))
        case "input_file":
            data = text_at(part, "file_data") or text_at(part, "file_url")
            return _file(data, provider, name=text_at(part, "filename"))
        case kind:
            raise NotLoggable(f"a part of the type {kind!r} has no place in a user's message")


def functions(tools: Sequence[JsonValue]) -> Iterator[OfferedTool]:
    """The tools offered: functions in either form, and those that the provider runs."""
    for tool in tools:
        function = fields_at(tool, "function") or fields_at(tool)
        if text_at(tool, "type") == "function":
            yield ToolDefinition(
                name=text_at(function, "name"),
                description=text_at(function, "description"),
                input_schema=dump_json(at(function, "parameters")),
            )
        else:
            rest = {name: value for name, value in fields_at(tool).items() if name not in ("type", "name")}
            name = text_at(tool, "name") or text_at(tool, "type")
            yield ProviderTool(type=text_at(tool, "type"), name=name, options=dump_json(rest) if rest else None)


def _plain(content: JsonValue) -> str:
    if isinstance(content, str):
        return content
    return "".join(text_at(part, "text") for part in items_at(content))


def _file(url: str, provider: str, *, name: str = "") -> FilePart:
    if url.startswith(_DATA):
        kind, _, data = url.removeprefix(_DATA).partition(";base64,")
        return FilePart(media_type=kind, name=name, data=b64decode(data))
    # An address is the provider's to fetch: the log keeps it with the part.
    return FilePart(media_type="image/png", name=name, data=b"", file_id=url, provider_metadata=_url(url, provider))


def _url(url: str, provider: str) -> JsonText | None:
    return own_metadata(provider, {"url": url})
