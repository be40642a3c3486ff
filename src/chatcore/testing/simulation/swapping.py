"""The one hook through which a simulation changes production code: an attribute, swapped for the length of a run.

It is how the simulator looks on where no port passes, and how sabotages break one line of chatcore.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib import import_module
from typing import TypeVar

from attrs import frozen

T = TypeVar("T")


@contextmanager
def swapped(target: str, swap: Callable[[T], T]) -> Iterator[None]:
    """Let `swap(original)` stand in for an attribute inside the context.

    `target` is `module:name` or `module:Class.name`: where the code that is to see the change looks it up. A function
    that another module imported by name is swapped in that module.
    Raises: AttributeError, there is no such attribute; then nothing was swapped.
    """
    module, _, path = target.partition(":")
    *owners, name = path.split(".")
    owner: object = import_module(module)
    for each in owners:
        owner = getattr(owner, each)
    original: T = getattr(owner, name)
    # A static or class method would lose its nature by being read and written back.
    kept = vars(owner)[name] if isinstance(owner, type) else original
    replaced: object = swap(original)
    if isinstance(kept, staticmethod | classmethod):
        replaced = staticmethod(replaced) if callable(replaced) else replaced
    setattr(owner, name, replaced)
    try:
        yield
    finally:
        setattr(owner, name, kept)


@frozen(kw_only=True)
class Sabotage:
    """One line of chatcore's behaviour, switched off or turned round. Never touches a checker."""

    name: str
    """In words joined by underscores."""
    sentence: str
    """What chatcore does no longer, or does wrongly, for people."""
    checker: str
    """The name of the checker that must notice."""
    target: str
    """As `swapped` takes it."""
    swap: Callable[..., object]
    """Given the original, returns what stands in for it. Called anew for every run, so it may keep state."""

    @contextmanager
    def applied(self) -> Iterator[None]:
        """Break the line inside the context."""
        with swapped(self.target, self.swap):
            yield
