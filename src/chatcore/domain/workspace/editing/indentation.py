"""How deep a line stands, in units of its text's own indentation (A5.5, splicing 5 and 6)."""

from collections.abc import Iterable
from math import gcd

from chatcore.domain.workspace.editing.lines import Line


def indent_unit(lines: Iterable[Line]) -> str | None:
    """One tab, or the greatest number of spaces that divides every lead; None when unknown, mixed or not indented."""
    leads = [line.lead for line in lines if line.lead and line.core]
    characters = set("".join(leads))
    if characters == {"\t"}:
        return "\t"
    if characters == {" "}:
        return " " * gcd(*(len(lead) for lead in leads))
    return None


def inserted_lead(
    lead: str, *, search_lead: str, file_lead: str, caller_unit: str | None, file_unit: str | None
) -> str:
    """The lead of an inserted line: as much deeper than its reference in the file as the caller wrote it.

    `search_lead` and `file_lead` are the reference line's, as the caller and as the file wrote it. Where the depth
    cannot be told, the inserted line stands as deep as its reference.
    """
    if caller_unit is None or file_unit is None:
        return file_lead
    inserted, searched = _level(lead, caller_unit), _level(search_lead, caller_unit)
    in_file = _level(file_lead, file_unit)
    if inserted is None or searched is None or in_file is None:
        return file_lead
    level = in_file + inserted - searched
    return file_unit * level if level >= 0 else file_lead


def _level(lead: str, unit: str) -> int | None:
    level, rest = divmod(len(lead), len(unit))
    return level if not rest and lead == unit * level else None
