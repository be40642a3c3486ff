"""Signals to a whole process group, and what is left of a group when its leader is gone."""

import os
from signal import SIGKILL


def group_lives(group: int) -> bool:
    """Whether a process group has members."""
    try:
        os.killpg(group, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        # It exists; what became of its members is not ours any more.
        return True
    return True


def kill_group(group: int) -> None:
    """Kill all members that may be killed; none left is as good."""
    try:
        os.killpg(group, SIGKILL)
    except (ProcessLookupError, PermissionError):
        return


def kill_left_behind(group: int) -> None:
    """Kill the members of a group whose leader has ended and was reaped.

    The number stays taken while the group has members. If a process has it now, the group was empty in between and the
    number belongs to a stranger, who is left alone.
    """
    try:
        os.kill(group, 0)
    except ProcessLookupError:
        kill_group(group)
    except PermissionError:
        return
