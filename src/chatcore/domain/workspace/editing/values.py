"""What a request to edit files says (agent-and-relay A5.4)."""

from attrs import frozen

from chatcore.domain.json_text import JsonValue


@frozen(kw_only=True)
class Edit:
    """One replacement in one file."""

    search: str
    """What stands in the file; matched exactly first, then by whole lines with white space forgiven (A5.5)."""

    replace: str
    replace_all: bool = False
    """Replace every match; without it more than one match is refused."""


@frozen(kw_only=True)
class FileEdits:
    """The edits of one file, in order; each works on the result of the one before (A5.4.3)."""

    path: str
    """Absolute, as the caller wrote it; answers repeat it unchanged."""

    edits: tuple[Edit, ...]


@frozen(kw_only=True)
class EditRequest:
    """Edits of several files, all computed before the first is written (A5.4.1)."""

    files: tuple[FileEdits, ...]
    include_diff: bool = False


@frozen(kw_only=True)
class FileDiff:
    """What an edit did to one file."""

    path: str
    diff: str
    """Unified diff; empty when the content did not change (A5.4.5)."""


@frozen(kw_only=True)
class EditsDone:
    """The answer to an edit request; `files` is None when no diffs were asked for."""

    files: tuple[FileDiff, ...] | None = None

    def to_json(self) -> dict[str, JsonValue]:
        """The wire form of A5.4: an empty object without diffs."""
        if self.files is None:
            return {}
        return {"files": [{"path": file.path, "diff": file.diff} for file in self.files]}
