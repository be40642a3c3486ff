"""What an embedding service, or a test, may set about a local agent."""

import os
from collections.abc import Callable, Mapping
from typing import TypeAlias

from attrs import field, frozen

from chatcore.domain.limits import (
    OUTPUT_HEAD_BYTES_MAX,
    OUTPUT_TAIL_BYTES_MAX,
    PROCESS_FORGET_S,
    PROCESS_LIST_MAX,
    PROCESS_PIPE_GRACE_S,
    PROCESS_WAIT_S_MAX,
)

EnvironmentHook: TypeAlias = Callable[[Mapping[str, str]], Mapping[str, str]]
"""From this process's environment to the one that children start from. Called at each start; must not block."""


@frozen(kw_only=True)
class LocalSettings:
    """Limits of a local agent, and where its commands run."""

    directory: str | None = None
    """Where commands run that name no directory; the home when None or missing on disk (A3.5). It confines nothing."""

    home: str = field(factory=lambda: os.path.expanduser("~"))
    environment_hook: EnvironmentHook | None = None
    """When it fails, a warning is logged and children get this process's environment (A3.6)."""

    head_bytes_max: int = OUTPUT_HEAD_BYTES_MAX
    tail_bytes_max: int = OUTPUT_TAIL_BYTES_MAX
    list_max: int = PROCESS_LIST_MAX
    forget_s: float = PROCESS_FORGET_S
    wait_s_max: float = PROCESS_WAIT_S_MAX
    pipe_grace_s: float = PROCESS_PIPE_GRACE_S
