"""The first phase of an edit request: all is computed, failures are gathered, nothing is written (A5.4.1)."""

from collections.abc import Iterable, Sequence

from attrs import frozen

from chatcore.domain.workspace.editing.apply import apply_edits
from chatcore.domain.workspace.editing.diff import unified_diff
from chatcore.domain.workspace.editing.values import Edit, EditRequest, FileDiff, FileEdits
from chatcore.domain.workspace.refusal import Refusal


@frozen(kw_only=True)
class FileRead:
    """A file of the request that could be read."""

    edits: FileEdits
    real_path: str
    """Where its content really is, every symbolic link resolved: two requests for one file meet here."""

    content: str


@frozen(kw_only=True)
class FileRefused:
    """A file of the request that could not be read."""

    path: str
    refusal: Refusal


@frozen(kw_only=True)
class FileChange:
    """A computed result, ready to be written."""

    path: str
    real_path: str
    before: str
    after: str

    def diff(self) -> FileDiff:
        """The change as a unified diff; not cheap (see `unified_diff`)."""
        return FileDiff(path=self.path, diff=unified_diff(self.path, self.before, self.after))


def requested_files(request: EditRequest) -> tuple[FileEdits, ...] | Refusal:
    """The files to read. Entries of the same path are merged, their edits in the order of the request (A5.4)."""
    if not request.files:
        return Refusal(status=400, code="edit.no_files", message="the request names no files: name at least one")
    merged: dict[str, tuple[Edit, ...]] = {}
    for file in request.files:
        merged[file.path] = merged.get(file.path, ()) + file.edits
    return tuple(FileEdits(path=path, edits=edits) for path, edits in merged.items())


def refuse_file(file: FileEdits) -> Refusal | None:
    """What is wrong with an entry before its file is looked at."""
    if not file.path:
        return Refusal(status=400, code="file.path_required", message="a file without a path: name it")
    if not file.edits:
        return Refusal(status=400, code="edit.no_edits", message="no edits: name at least one")
    if any(not _is_text(text) for edit in file.edits for text in (edit.search, edit.replace)):
        return Refusal(status=400, code="edit.not_text", message="an edit holds half a character (a lone surrogate)")
    return None


def plan_edits(files: Sequence[FileRead | FileRefused]) -> tuple[FileChange, ...] | Refusal:
    """All changes, in order; or one refusal with every failure's text and the numerically highest status (A5.4.1)."""
    changes: list[FileChange] = []
    refused: list[FileRefused] = []
    paths_by_real: dict[str, str] = {}
    for file in files:
        if isinstance(file, FileRefused):
            refused.append(file)
            continue
        path = file.edits.path
        other = paths_by_real.setdefault(file.real_path, path)
        after = _refuse_alias(other) if other != path else apply_edits(file.content, file.edits.edits)
        if isinstance(after, Refusal):
            refused.append(FileRefused(path=path, refusal=after))
        else:
            changes.append(FileChange(path=path, real_path=file.real_path, before=file.content, after=after))
    return _merged(refused) if refused else tuple(changes)


def _refuse_alias(other: str) -> Refusal:
    return Refusal(status=400, code="edit.alias", message=f"this is the same file as {other}: put its edits there")


def _merged(refused: Iterable[FileRefused]) -> Refusal:
    named = tuple(refused)
    gravest = max(named, key=lambda file: file.refusal.status).refusal
    message = "; ".join(f"{file.path}: {file.refusal.message}" for file in named)
    return Refusal(status=gravest.status, code=gravest.code, message=message)


def _is_text(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True
