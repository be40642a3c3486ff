"""Which tasks there are: what is still there when everything should have ended."""

import trio.lowlevel


def tasks_living() -> list[str]:
    """The names of all tasks of the loop, trio's own included."""
    names: list[str] = []
    waiting = [trio.lowlevel.current_root_task()]
    while waiting:
        task = waiting.pop()
        if task is not None:
            names.append(task.name)
            waiting += [child for nursery in task.child_nurseries for child in nursery.child_tasks]
    return names
