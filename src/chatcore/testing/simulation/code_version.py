"""Which code a run ran: a run is (seed, profile, code), and all three are printed."""

from functools import cache
from hashlib import sha256
from pathlib import Path

import chatcore

_DIGITS = 12


@cache
def code_version() -> str:
    """The version of chatcore and the beginning of a digest of its source files. Read once per process."""
    root = Path(chatcore.__file__).parent
    digest = sha256()
    for path in sorted(root.rglob("*.py"), key=lambda path: path.relative_to(root).as_posix()):
        digest.update(path.relative_to(root).as_posix().encode() + b"\0" + path.read_bytes() + b"\0")
    return f"{chatcore.__version__}+{digest.hexdigest()[:_DIGITS]}"
