"""The tool calls of one answer of Chat Completions, put together from their fragments (spec chat-core 4.7)."""

from collections.abc import Iterator, Mapping

from attrs import Factory, define

from chatcore.adapters.providers.fields import Fields, as_fields, as_text, as_whole
from chatcore.domain.json_text import JsonValue, dump_json, is_json
from chatcore.domain.turn.stream import StreamEvent, ToolCalled, ToolInputDelta, ToolInputEnded, ToolInputStarted


@define
class _Call:
    """A call as far as it was told. Viewers are told of it once its id is known."""

    index: int | None
    call_id: str = ""
    name: str = ""
    fragments: list[str] = Factory(list)
    told_name: str | None = None

    @property
    def written(self) -> str:
        return "".join(self.fragments)


class ChatCalls:
    """Takes fragments by index. Servers send indexes that are missing or always 0, late names, and empty ones after."""

    def __init__(self) -> None:
        self._calls: list[_Call] = []

    def __len__(self) -> int:
        return len(self._calls)

    def take(self, fragment: JsonValue, *, whole: bool) -> Iterator[StreamEvent]:
        """One element of `tool_calls`; `whole` says that it is a call of its own, and no fragment."""
        fields = as_fields(fragment)
        function = as_fields(fields.get("function"))
        name = as_text(function.get("name"))
        call = self._call(fields, name, whole=whole)
        call.call_id = call.call_id or as_text(fields.get("id"))
        call.name = name or call.name
        delta = _arguments(function.get("arguments"))
        if delta:
            call.fragments.append(delta)
        if call.call_id:
            yield from _tell(call, delta)

    def finish(self, *, cut: bool) -> Iterator[StreamEvent]:
        """Say that the calls are whole; after an answer that was `cut`, only those whose arguments are JSON."""
        for call in self._calls:
            if cut and not is_json(call.written):
                continue
            if call.told_name is not None:
                yield ToolInputEnded(tool_call_id=call.call_id)
            yield ToolCalled(tool_call_id=call.call_id, tool_name=call.name, args=call.written)

    def _call(self, fields: Fields, name: str, *, whole: bool) -> _Call:
        index, call_id = as_whole(fields.get("index")), as_text(fields.get("id"))
        newest = self._calls[-1] if self._calls else None
        known = None
        if not whole:
            known = newest if index is None else self._at(index)
        # Another id and a name begin another call, whatever the index says.
        begins = bool(known and call_id and name and known.call_id and known.call_id != call_id)
        if index is None and known is not None and call_id and known.call_id != call_id:
            begins = True
        if known is None or begins:
            known = _Call(index)
            self._calls.append(known)
        return known

    def _at(self, index: int) -> _Call | None:
        return next((call for call in reversed(self._calls) if call.index == index), None)


def _tell(call: _Call, delta: str) -> Iterator[StreamEvent]:
    if call.told_name is None:
        call.told_name = call.name
        yield ToolInputStarted(tool_call_id=call.call_id, tool_name=call.name)
        # What came before the id is told with it.
        delta = call.written
    late_name = call.name if call.name != call.told_name else ""
    call.told_name = call.name
    if delta or late_name:
        yield ToolInputDelta(tool_call_id=call.call_id, delta=delta, tool_name=late_name)


def _arguments(told: JsonValue) -> str:
    # A few servers send the object itself.
    return dump_json(told) if isinstance(told, Mapping) else as_text(told)
