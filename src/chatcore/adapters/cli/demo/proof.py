"""What the demo proves at its end."""

import hashlib
import json
import subprocess
import sys
from collections.abc import Sequence

from attrs import frozen

from chatcore.adapters.cli.demo.acts import Seen
from chatcore.adapters.cli.demo.project import Project
from chatcore.adapters.cli.log_views import VerifyReport
from chatcore.domain.json_text import JsonValue


@frozen(kw_only=True)
class Proof:
    """`ok` only if the tests pass, every act held, the log is whole, and another process sees the same transcript."""

    seed: int
    project: Project
    store: str
    chat_id: str
    tests_pass: bool
    verified: VerifyReport
    transcript_sha256: str
    same_in_another_process: bool
    seen: tuple[Seen, ...]
    model: str | None = None
    """`provider/name`; None is the scripted one."""
    left_out: tuple[str, ...] = ()
    """Acts that were not played."""

    @property
    def ok(self) -> bool:
        """Whether everything holds."""
        acts = all(seen.holds for seen in self.seen)
        return self.tests_pass and acts and not self.verified.faults and self.same_in_another_process

    def to_json(self) -> dict[str, JsonValue]:
        """The proof as one object."""
        return {
            "ok": self.ok,
            "model": self.model,
            "seed": self.seed,
            "project": self.project.to_json(),
            "store": self.store,
            "chat_id": self.chat_id,
            "tests_pass": self.tests_pass,
            "log": self.verified.to_json(),
            "transcript_sha256": self.transcript_sha256,
            "same_in_another_process": self.same_in_another_process,
            "acts": [seen.to_json() for seen in self.seen],
            "left_out": list(self.left_out),
        }


def digest(transcript: Sequence[JsonValue]) -> str:
    """A fingerprint of a transcript."""
    return hashlib.sha256(json.dumps(list(transcript), sort_keys=True).encode()).hexdigest()


def digest_elsewhere(store: str, chat_id: str) -> str:
    """The fingerprint that a new process computes from the file; empty if it could not read it."""
    command = [
        sys.executable,
        "-m",
        "chatcore",
        "log",
        "show",
        chat_id,
        "--store",
        store,
        "--as",
        "transcript",
        "--json",
    ]
    shown = subprocess.run(command, capture_output=True, text=True, check=False)
    return digest(json.loads(shown.stdout)["transcript"]) if shown.returncode == 0 else ""
