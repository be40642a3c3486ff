"""Editing files on disk in two phases; everything here blocks and belongs in a worker thread (agent-and-relay A5.4)."""

from chatcore.adapters.agent.local.errors import os_errors, os_refusal
from chatcore.adapters.agent.local.paths import refuse_path, resolve
from chatcore.adapters.agent.local.reading import open_regular
from chatcore.adapters.agent.local.writing import replace_content
from chatcore.domain.workspace.editing.plan import FileRead, FileRefused, plan_edits, refuse_file, requested_files
from chatcore.domain.workspace.editing.values import EditRequest, EditsDone, FileEdits
from chatcore.domain.workspace.refusal import Refusal
from chatcore.ports.agent import AgentError


def edit_on_disk(request: EditRequest) -> EditsDone:
    """Read and compute everything, then write file by file.

    Raises: AgentError with every failure of the first phase, nothing written; or with the first failure of the second,
    the files before it written (A5.4.2).
    """
    files = requested_files(request)
    if isinstance(files, Refusal):
        raise AgentError.refused(files)
    changes = plan_edits([_read(file) for file in files])
    if isinstance(changes, Refusal):
        raise AgentError.refused(changes)
    diffs = tuple(change.diff() for change in changes) if request.include_diff else None
    for change in changes:
        with os_errors(change.path):
            replace_content(change.real_path, _encode(change.after))
    return EditsDone(files=diffs)


def _read(file: FileEdits) -> FileRead | FileRefused:
    refusal = refuse_file(file) or refuse_path(file.path)
    if refusal is not None:
        return FileRefused(path=file.path, refusal=refusal)
    try:
        real_path = resolve(file.path)
        with open_regular(real_path) as opened:
            content = _decode(opened.read())
    except OSError as error:
        return FileRefused(path=file.path, refusal=os_refusal(error))
    return FileRead(edits=file, real_path=real_path, content=content)


def _decode(data: bytes) -> str:
    # Bytes that are no UTF-8 become lone surrogates and come back as they were: an edit changes what it names only.
    return data.decode("utf-8", "surrogateescape")


def _encode(content: str) -> bytes:
    return content.encode("utf-8", "surrogateescape")
