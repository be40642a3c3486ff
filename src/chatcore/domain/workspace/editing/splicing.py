"""Putting a replacement in the place of matched lines, in the file's own style (A5.5, splicing 2, 3 and 7)."""

from collections.abc import Sequence

from attrs import frozen

from chatcore.domain.workspace.editing.alignment import Alignment
from chatcore.domain.workspace.editing.indentation import indent_unit, inserted_lead
from chatcore.domain.workspace.editing.lines import LF, Line


@frozen(kw_only=True)
class Splicer:
    """One edit, ready to be spliced into any block that its search matched."""

    alignment: Alignment
    caller_unit: str | None
    """The caller's unit of indentation, from search and replacement together."""

    forced_ending: str | None
    """The ending that every line gets, but for the last one at an unterminated end of file (A5.5.3)."""

    def splice(self, block: Sequence[Line]) -> list[Line]:
        """The lines that take the block's place; `block` has one file line for each search line."""
        file_unit = indent_unit(block)
        return [
            Line(self._body(index, block, file_unit), self._ending(index, block))
            for index in range(len(self.alignment.replace))
        ]

    def _body(self, index: int, block: Sequence[Line], file_unit: str | None) -> str:
        line = self.alignment.replace[index]
        if not line.core:
            return line.body
        partner = self.alignment.partner(index)
        if partner is None:
            reference = self.alignment.reference(index)
            lead = inserted_lead(
                line.lead,
                search_lead=self.alignment.search[reference].lead,
                file_lead=block[reference].lead,
                caller_unit=self.caller_unit,
                file_unit=file_unit,
            )
            return lead + line.core + line.trail
        searched, found = self.alignment.search[partner], block[partner]
        # What the caller left alone is the file's; what the caller changed is the caller's, even a lead in another
        # style than the file's: whether that was meant cannot be told.
        lead = found.lead if searched.lead == line.lead else line.lead
        trail = found.trail if searched.trail == line.trail else line.trail
        return lead + line.core + trail

    def _ending(self, index: int, block: Sequence[Line]) -> str:
        line, partner = self.alignment.replace[index], self.alignment.partner(index)
        last_at_open_end = index == len(self.alignment.replace) - 1 and not block[-1].ending
        if partner is None:
            ending = "" if last_at_open_end else line.ending
        else:
            unchanged = bool(self.alignment.search[partner].ending) == bool(line.ending)
            ending = block[partner].ending if unchanged else line.ending
        if last_at_open_end:
            return ending
        # Anything but the end of the file needs an ending, also where the file or the replacement had none.
        return self.forced_ending or ending or line.ending or LF
