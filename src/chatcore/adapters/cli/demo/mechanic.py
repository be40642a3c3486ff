"""The scripted model of the demo: it repairs what a failing test points at, knowing only what tools return.

It works as a person without much imagination would: run the tests, read the failing test, read the function under
test, change what often is wrong, and look whether the tests pass; if not, put it back and change something else.
"""

import json
import re
import shlex
from collections.abc import Iterator
from typing import Final

from attrs import frozen

from chatcore.compose.scripted import Call, Report, Saying, Think
from chatcore.domain.content.messages import Role
from chatcore.domain.content.prompt import PromptToolCall, PromptToolResult
from chatcore.domain.json_text import JsonValue
from chatcore.ports.model import ModelRequest

# What is often wrong, and what to try instead.
_SUSPECTS: Final = (
    (r"range\(1, len\((\w+)\)\)", r"range(len(\1))"),
    (r"range\(len\((\w+)\) - 1\)", r"range(len(\1))"),
    (r"-=", "+="),
    (r"(\w+) > (\d+)", r"\1 >= \2"),
    (r"<=", ">="),
    (r"(\w+) < (\w+)", r"\1 > \2"),
    (r"\[1\]", "[0]"),
    (r"\.lower\(\)", ".upper()"),
    (r"(?m)^(\s+if (\w+) > (\w+):\n\s+)(\w+) = \4$", r"\1\4 = \2"),
)
_TESTS: Final = "{python} -m unittest discover -s {folder}"


@frozen(kw_only=True)
class _Done:
    """One call that was made and what it gave."""

    tool: str
    args: dict[str, JsonValue]
    result: dict[str, JsonValue]


class Mechanic:
    """A script: what it does next is a function of the prompt alone, so that any worker could go on with it."""

    def __init__(self, folder: str, python: str, *, botch: bool = False) -> None:
        self._folder = folder
        self._tests = _TESTS.format(python=shlex.quote(python), folder=shlex.quote(folder))
        self._botch = botch
        """Plant a wrong edit: claim success after breaking the function instead of repairing it."""

    def __call__(self, request: ModelRequest) -> Iterator[Saying]:
        """What the model says to a prompt."""
        done = _done(request)
        yield from self._next(done)
        prompt = sum(len(str(message)) for message in request.messages) // 4
        yield Report(input_tokens=prompt, output_tokens=40, total_tokens=prompt + 40)

    def _next(self, done: list[_Done]) -> Iterator[Saying]:
        runs = [each for each in done if each.tool == "execute"]
        reads = [each for each in done if each.tool == "read_file"]
        if not runs:
            yield "I run the tests first, to see what is wrong."
            yield self._run_tests()
            return
        output = str(runs[-1].result.get("output", ""))
        if done[-1].tool == "execute" and runs[-1].result.get("exit_code") == 0:
            yield "All tests pass now. The repair is done."
            return
        match len(reads):
            case 0:
                yield from self._read_test(output)
            case 1:
                yield from self._read_module(_text(reads[0]))
            case _ if done[-1].tool == "edit_files":
                yield "Let me see whether that helped."
                yield self._run_tests()
            case _:
                yield from self._edit(reads[1], [each for each in done if each.tool == "edit_files"])

    def _run_tests(self) -> Call:
        return Call("execute", {"command": self._tests, "timeout": "60s", "workdir": self._folder})

    def _read_test(self, output: str) -> Iterator[Saying]:
        found = re.search(r'(?:FAIL|ERROR): (\w+) .*?File "([^"]*?test_\w+\.py)", line (\d+)', output, re.DOTALL)
        if found is None:
            yield f"I cannot find a failing test in this:\n{output}"
            return
        test, path, line = found.groups()
        yield Think(f"The output names {test}, and its traceback {path}, line {line}.")
        yield f"The test {test} fails. I read {path}."
        yield Call("read_file", {"path": path})

    def _read_module(self, test_source: str) -> Iterator[Saying]:
        found = re.search(r"from (\w+) import (\w+)", test_source)
        if found is None:
            yield "The test imports nothing that I could look at."
            return
        module, function = found.groups()
        yield f"It tests {function}, which comes from {module}. I read that."
        yield Call("read_file", {"path": f"{self._folder}/{module}.py"})

    def _edit(self, read: _Done, edits: list[_Done]) -> Iterator[Saying]:
        source, path = _text(read), str(read.args["path"])
        if self._botch:
            yield from self._botched(source, path, edits)
            return
        attempts = changes_to_try(source)
        tried = len(edits)
        if tried >= len(attempts):
            yield "I have tried everything that I know. Somebody else has to look at this."
            return
        if tried == 0:
            yield "I see something that looks wrong, and change it."
            yield _replace(path, source, attempts[0])
        else:
            yield "That was not it. I put it back and try something else."
            yield _replace(path, attempts[tried - 1], attempts[tried])

    def _botched(self, source: str, path: str, edits: list[_Done]) -> Iterator[Saying]:
        if edits:
            yield "I am sure that it is right now."
            return
        yield "I see something that looks wrong, and change it."
        yield _replace(path, source, re.sub(r"(?m)^    return .*$", "    return None", source))


def changes_to_try(source: str) -> list[str]:
    """The source with one suspicious place changed, for every such place, in the order in which they are tried."""
    candidates = (re.sub(pattern, better, source, count=1) for pattern, better in _SUSPECTS)
    return [candidate for candidate in candidates if candidate != source]


def _replace(path: str, old: str, new: str) -> Call:
    edits: list[JsonValue] = [{"search": old, "replace": new}]
    return Call("edit_files", {"files": [{"path": path, "edits": edits}], "include_diff": True})


def _text(read: _Done) -> str:
    """The file as it is, without the line numbers that read_file puts before each line."""
    lines = str(read.result.get("content", "")).split("\n")
    return "\n".join(line.partition("\t")[2] for line in lines)


def _done(request: ModelRequest) -> list[_Done]:
    """The calls of the prompt with their results, oldest first."""
    calls: dict[str, PromptToolCall] = {}
    done: list[_Done] = []
    for message in request.messages:
        for part in message.content:
            if isinstance(part, PromptToolCall):
                calls[part.tool_call_id] = part
            elif isinstance(part, PromptToolResult) and message.role is Role.TOOL:
                call = calls[part.tool_call_id]
                result = {} if part.is_error else json.loads(part.text)
                done.append(_Done(tool=call.tool_name, args=json.loads(call.args), result=result))
    return done
