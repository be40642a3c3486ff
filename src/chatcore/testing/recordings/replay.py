"""Playing a recording through the real adapter and the real client, and comparing what comes out (issue: models)."""

from collections.abc import Iterator, Mapping, Sequence
from itertools import zip_longest
from typing import Final

from attrs import evolve, field, frozen

from chatcore.domain.content.parts import Part, ReasoningPart, TextPart, ToolCallPart
from chatcore.domain.json_text import JsonValue
from chatcore.domain.turn.answer import Answer
from chatcore.domain.turn.assembler import Assembler
from chatcore.domain.turn.classify import classify
from chatcore.domain.turn.stream import ToolInputDelta
from chatcore.ports.model import Model, ModelError, ModelRequest
from chatcore.testing.recordings.folder import Recording
from chatcore.testing.recordings.logged import NotLoggable
from chatcore.testing.recordings.looking import parsed
from chatcore.testing.recordings.reading import Finish, ReadCall, ReadError, Reading, ReadUsage
from chatcore.testing.recordings.second_reading import second_reading
from chatcore.testing.recordings.server import play, serve_recordings
from chatcore.testing.recordings.setting_up import Setup, open_setup, setup_of

_VALUE_CHARACTERS_MAX: Final = 120
_DIFFERENCES_MAX: Final = 20
KEY: Final = "key-of-the-loopback-server"
"""Sent as the credential; nothing checks it."""


@frozen(kw_only=True)
class Replayed:
    """What an adapter made of one recording."""

    name: str
    told: Reading
    """What the adapter said, in the terms of the second reading."""
    differed: tuple[str, ...] = ()
    """Where it and the second reading differ, or where the recording's own `finish` does."""
    request_matches: bool | None = None
    """Whether the body sent equals the one recorded, as JSON; None where none was recorded."""
    request_differed: tuple[str, ...] = ()
    options: Mapping[str, JsonValue] = field(factory=dict)
    """Provider options that stood beside the log."""
    requests: int = 0
    """HTTP requests that the one call made."""

    @property
    def ok(self) -> bool:
        """Whether the answer is right; the request has its own verdict."""
        return not self.differed

    def to_json(self) -> dict[str, JsonValue]:
        """One object, as `chatcore models replay --json` prints it."""
        told = self.told
        return {
            "name": self.name,
            "ok": self.ok,
            "request_matches": self.request_matches,
            "text": told.text,
            "reasoning_chars": told.reasoning_chars,
            "tool_calls": [_call_json(call) for call in told.tool_calls],
            "provider_calls": [_call_json(call) for call in told.provider_calls],
            "finish": None if told.finish is None else told.finish.value,
            "raw_finish": told.raw_finish,
            "usage": _usage_json(told.usage),
            "error": _error_json(told.error),
            "differed": [*self.differed, *(f"request {each}" for each in self.request_differed)],
            "options": dict(self.options),
        }


async def replay(recording: Recording) -> Replayed:
    """Serve the recording on loopback, ask for it through the adapter of its API, and compare.

    Raises: what the adapter raises that is no ModelError, for that is a bug.
    """
    setup, unloggable = _setup(recording)
    async with serve_recordings(lambda _request: play(recording)) as server:
        async with open_setup(recording, setup, base=server.url, key=KEY) as model:
            told = await told_by(model, setup.request, stream=recording.asks_stream)
        sent = [request.body for request in server.requests]
    matches, request_differed = _compared_request(recording, sent, unloggable)
    differed = [*differences(told, second_reading(recording)), *_finish_differences(recording, told)]
    if len(sent) != 1:
        differed.append(f"requests: {len(sent)} were made, and one is right")
    return Replayed(
        name=recording.name,
        told=told,
        differed=tuple(differed),
        request_matches=matches,
        request_differed=request_differed,
        options=setup.options,
        requests=len(sent),
    )


def failed_replay(name: str, error: BaseException) -> Replayed:
    """The verdict on a recording that could not be replayed at all."""
    return Replayed(name=name, told=Reading(complete=False), differed=(f"{type(error).__name__}: {error}",))


async def told_by(model: Model, request: ModelRequest, *, stream: bool) -> Reading:
    """What a model answers, in the terms of the second reading; a ModelError is part of it."""
    try:
        if not stream:
            answer = await model.generate(request)
            return reading_of(answer)
    except ModelError as error:
        return _failed(Answer(), error)
    assembler, written = Assembler(), dict[str, str]()
    try:
        async with model.stream(request) as events:
            async for event in events:
                assembler.feed(event)
                if isinstance(event, ToolInputDelta):
                    written[event.tool_call_id] = written.get(event.tool_call_id, "") + event.delta
    except ModelError as error:
        return _failed(assembler.finish(), error)
    answer = assembler.finish()
    return reading_of(evolve(answer, invalid_args={**written, **answer.invalid_args}))


def reading_of(answer: Answer) -> Reading:
    """An answer in the terms of the second reading."""
    local, provider = _calls(answer, by_provider=False), _calls(answer, by_provider=True)
    return Reading(
        text="".join(part.text for part in answer.content if isinstance(part, TextPart)),
        reasoning_chars=_reasoning_chars(answer.content),
        tool_calls=local,
        provider_calls=provider,
        finish=Finish(answer.reason.value) if answer.complete else None,
        raw_finish=answer.raw_reason or None,
        usage=_usage(answer),
        complete=answer.complete,
    )


def differences(told: Reading, read: Reading) -> Iterator[str]:
    """What the adapter and the second reading say differently."""
    pairs: tuple[tuple[str, JsonValue, JsonValue], ...] = (
        ("text", told.text, read.text),
        ("reasoning_chars", told.reasoning_chars, read.reasoning_chars),
        ("tool_calls", _calls_json(told.tool_calls), _calls_json(read.tool_calls)),
        ("provider_calls", _calls_json(told.provider_calls), _calls_json(read.provider_calls)),
        ("finish", told.finish, read.finish),
        ("raw_finish", told.raw_finish, read.raw_finish),
        ("usage", _usage_json(told.usage), _usage_json(read.usage)),
        ("error", _error_json(told.error), _error_json(read.error)),
    )
    for name, ours, theirs in pairs:
        if ours != theirs:
            yield f"{name}: {_shown(ours)}, and the second reading says {_shown(theirs)}"


def json_differences(recorded: JsonValue, sent: JsonValue, path: str = "") -> Iterator[str]:
    """Where two JSON values differ, path by path."""
    if isinstance(recorded, Mapping) and isinstance(sent, Mapping):
        for name in {**recorded, **sent}:
            if name not in sent:
                yield f"{path}/{name}: only recorded, {_shown(recorded[name])}"
            elif name not in recorded:
                yield f"{path}/{name}: only sent, {_shown(sent[name])}"
            else:
                yield from json_differences(recorded[name], sent[name], f"{path}/{name}")
    elif isinstance(recorded, list) and isinstance(sent, list) and len(recorded) == len(sent):
        for position, (theirs, ours) in enumerate(zip_longest(recorded, sent)):
            yield from json_differences(theirs, ours, f"{path}/{position}")
    elif recorded != sent:
        yield f"{path}: recorded {_shown(recorded)}, sent {_shown(sent)}"


def _setup(recording: Recording) -> tuple[Setup, str | None]:
    """How the recorded request is asked again, and why it cannot be where it cannot."""
    try:
        return setup_of(recording), None
    except NotLoggable as error:
        return Setup(model=recording.model), str(error)


def _compared_request(
    recording: Recording, sent: Sequence[bytes], unloggable: str | None
) -> tuple[bool | None, tuple[str, ...]]:
    if recording.request is None:
        return None, ()
    if unloggable is not None:
        return False, (unloggable,)
    if not sent:
        return False, ("none was sent",)
    differed = tuple(json_differences(parsed(recording.request), parsed(sent[0])))
    return not differed, differed[:_DIFFERENCES_MAX]


def _finish_differences(recording: Recording, told: Reading) -> Iterator[str]:
    wanted = recording.finish[-1] if recording.finish else None
    if told.raw_finish != wanted:
        yield f"raw_finish: {_shown(told.raw_finish)}, and meta.json says {_shown(wanted)}"


def _failed(answer: Answer, error: ModelError) -> Reading:
    classified = classify(error.failure())
    before = reading_of(answer)
    return Reading(
        text=before.text,
        reasoning_chars=before.reasoning_chars,
        tool_calls=before.tool_calls,
        provider_calls=before.provider_calls,
        raw_finish=error.raw_finish,
        error=ReadError(
            kind=classified.kind.value,
            status=classified.status_code,
            retryable=classified.retryable,
            retry_after_ms=error.retry_after_ms,
        ),
    )


def _calls(answer: Answer, *, by_provider: bool) -> tuple[ReadCall, ...]:
    return tuple(
        ReadCall(
            id=part.tool_call_id,
            name=part.tool_name,
            # What is no JSON is not stored with the call; a call that was cut has it only in its pieces.
            arguments=part.args or answer.invalid_args.get(part.tool_call_id) or "{}",
        )
        for part in answer.content
        if isinstance(part, ToolCallPart) and part.provider_executed is by_provider
    )


def _reasoning_chars(content: Sequence[Part]) -> int:
    return sum(len(part.text) for part in content if isinstance(part, ReasoningPart))


def _usage(answer: Answer) -> ReadUsage | None:
    usage = answer.usage
    if usage is None:
        return None
    return ReadUsage(
        input_tokens=usage.input_tokens or 0,
        output_tokens=usage.output_tokens or 0,
        total_tokens=usage.total_tokens or 0,
        reasoning_tokens=usage.reasoning_tokens or 0,
        cache_creation_tokens=usage.cache_creation_tokens or 0,
        cache_read_tokens=usage.cache_read_tokens or 0,
    )


def _calls_json(calls: Sequence[ReadCall]) -> JsonValue:
    return [_call_json(call) for call in calls]


def _call_json(call: ReadCall) -> JsonValue:
    return {"id": call.id, "name": call.name, "arguments": call.arguments}


def _usage_json(usage: ReadUsage | None) -> JsonValue:
    return None if usage is None else usage.to_json()


def _error_json(error: ReadError | None) -> JsonValue:
    if error is None:
        return None
    wait = error.retry_after_ms
    return {
        "kind": error.kind,
        "status": error.status,
        "retryable": error.retryable,
        "retry_after": None if wait is None else (wait // 1000 if wait % 1000 == 0 else wait / 1000),
    }


def _shown(value: JsonValue) -> str:
    text = repr(value)
    return text if len(text) <= _VALUE_CHARACTERS_MAX else f"{text[:_VALUE_CHARACTERS_MAX]}… ({len(text)} characters)"
