"""House rules that no linter knows; run by `make check`. Prints every breach and exits 1 if there is one."""

import ast
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Final

FILE_LINES_MAX: Final = 400
FUNCTION_LINES_MAX: Final = 50
ROOT: Final = Path(__file__).resolve().parent.parent
_IGNORE: Final = re.compile(r"#\s*type:\s*ignore(?P<code>\[[a-z-]+(,\s*[a-z-]+)*\])?(?P<reason>\s+#\s*\S.*)?")
_UNFINISHED: Final = re.compile(r"\b(TODO|FIXME|XXX|HACK)\b")
_SURROUNDINGS: Final = re.compile(r"(?<!\w)/(work|root)/|/home/(?!ada|user)\w+|files\.pythonhosted|pypi\.org")


def breaches() -> Iterator[str]:
    """Every breach, as `file:line what`."""
    casts = 0
    for path in _python_files():
        text = path.read_text(encoding="utf-8")
        tree = ast.parse(text)
        name = path.relative_to(ROOT)
        if text.count("\n") > FILE_LINES_MAX:
            yield f"{name}:1 has more than {FILE_LINES_MAX} lines: is it about one thing?"
        yield from (f"{name}:{line} {what}" for line, what in _line_breaches(text))
        yield from (f"{name}:{line} {what}" for line, what in _tree_breaches(tree))
        if name.parts[:2] == ("src", "chatcore"):
            casts += sum(isinstance(node, ast.Call) and _called(node) == "cast" for node in ast.walk(tree))
            if name.parts[2] in ("domain", "ports"):
                yield from (f"{name}:{line} {what}" for line, what in _any_in_signatures(tree))
            if name.parts[2] == "domain":
                yield from (f"{name}:{line} {what}" for line, what in _impure(tree))
    if casts > 1:
        yield f"src: {casts} casts; one is allowed"
    yield from _surroundings()


def _python_files() -> Iterator[Path]:
    for folder in ("src", "tests", "benchmarks", "examples", "docs"):
        yield from sorted((ROOT / folder).rglob("*.py"))


def _line_breaches(text: str) -> Iterator[tuple[int, str]]:
    for number, line in enumerate(text.splitlines(), 1):
        ignore = _IGNORE.search(line)
        if ignore and not (ignore["code"] and ignore["reason"]) and "_IGNORE" not in line:
            yield number, "a type: ignore needs a code and a reason"
        if _UNFINISHED.search(line) and "_UNFINISHED" not in line:
            yield number, "something is unfinished"


def _tree_breaches(tree: ast.Module) -> Iterator[tuple[int, str]]:
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            lines = (node.end_lineno or node.lineno) - node.lineno + 1
            if lines > FUNCTION_LINES_MAX and not _is_signature(node):
                yield node.lineno, f"{node.name} has {lines} lines, more than fit on a screen"
        if isinstance(node, ast.ExceptHandler) and [type(child) for child in node.body] == [ast.Pass]:
            yield node.lineno, "an error is swallowed"


def _is_signature(node: ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
    """A function whose length is its parameters and docstring, not its code."""
    first = node.body[1] if len(node.body) > 1 and ast.get_docstring(node) else node.body[0]
    return (node.end_lineno or 0) - first.lineno + 1 <= FUNCTION_LINES_MAX


def _any_in_signatures(tree: ast.Module) -> Iterator[tuple[int, str]]:
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            arguments = [*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs]
            annotations = [argument.annotation for argument in arguments] + [node.returns]
            inside = [child for each in annotations if each for child in ast.walk(each)]
            if any(isinstance(child, ast.Name) and child.id == "Any" for child in inside):
                yield node.lineno, f"{node.name} has Any in its signature"


def _impure(tree: ast.Module) -> Iterator[tuple[int, str]]:
    for node in ast.walk(tree):
        if isinstance(node, ast.AsyncFunctionDef | ast.Await | ast.AsyncWith | ast.AsyncFor):
            yield node.lineno, "the domain is synchronous"
        if isinstance(node, ast.Call) and _called(node) in ("now", "utcnow", "today", "open", "print", "input"):
            yield node.lineno, f"the domain calls {_called(node)}"


def _called(node: ast.Call) -> str:
    match node.func:
        case ast.Name(id=name) | ast.Attribute(attr=name):
            return name
        case _:
            return ""


def _surroundings() -> Iterator[str]:
    """Nothing of the machine it was written on belongs into the project."""
    listed = [*ROOT.glob("*.md"), *ROOT.glob("*.t*"), ROOT / "Makefile", *(ROOT / "docs").rglob("*.md")]
    for path in [*listed, *_python_files()]:
        if path.name == Path(__file__).name:
            continue
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
            if _SURROUNDINGS.search(line):
                yield f"{path.relative_to(ROOT)}:{number} names a machine or a registry"


if __name__ == "__main__":
    found = list(breaches())
    print("\n".join(found) if found else "house rules: kept")
    sys.exit(bool(found))
