"""Which line of a replacement takes the place of which line of the search (A5.5, splicing 1 and 4)."""

from collections.abc import Sequence
from typing import Self

from attrs import frozen

from chatcore.domain.workspace.editing.lines import Line


@frozen(kw_only=True)
class Alignment:
    """The lines that search and replacement share at both ends, compared by their cores."""

    search: tuple[Line, ...]
    replace: tuple[Line, ...]
    prefix: int
    """Number of lines shared at the beginning."""

    suffix: int
    """Number of lines shared at the end; never overlaps the prefix."""

    @classmethod
    def of(cls, search: Sequence[Line], replace: Sequence[Line]) -> Self:
        """Align by the longest common prefix, then the longest common suffix."""
        shorter = min(len(search), len(replace))
        prefix = 0
        while prefix < shorter and search[prefix].core == replace[prefix].core:
            prefix += 1
        suffix = 0
        while suffix < shorter - prefix and search[-1 - suffix].core == replace[-1 - suffix].core:
            suffix += 1
        return cls(search=tuple(search), replace=tuple(replace), prefix=prefix, suffix=suffix)

    def partner(self, index: int) -> int | None:
        """The search line that the replacement's line `index` is paired with; None for an inserted line.

        Between the shared ends lines are paired by index, so a surplus of search lines vanishes and a surplus of
        replacement lines is inserted.
        """
        from_end = len(self.replace) - index
        if from_end <= self.suffix:
            return len(self.search) - from_end
        return index if index < len(self.search) - self.suffix else None

    def reference(self, index: int) -> int:
        """The search line that the inserted line `index` leans on for its indentation."""
        after, before = len(self.search) - self.suffix, self.prefix - 1
        if self.prefix and self.suffix:
            lead = self.replace[index].lead
            leans_before = (
                lead != self.replace[len(self.replace) - self.suffix].lead and lead == self.replace[before].lead
            )
            return before if leans_before else after
        if self.suffix:
            return after
        return before if self.prefix else min(index, len(self.search) - 1)
