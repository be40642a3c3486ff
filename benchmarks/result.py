"""One measured number, beside what it is measured against."""

from typing import Self

from attrs import asdict, frozen

from chatcore.domain.json_text import JsonValue


@frozen(kw_only=True)
class Result:
    """A number, a reference of the same run, and their ratio. Without a `target` the ratio is only told."""

    name: str
    value: float
    unit: str
    reference_name: str = ""
    reference: float | None = None
    ratio: float | None = None
    target: str = ""
    ok: bool = True

    @classmethod
    def at_least(
        cls, name: str, value: float, unit: str, reference_name: str, reference: float, ratio_min: float | None = None
    ) -> Self:
        """A rate: the more the better."""
        ratio = value / reference
        return cls(
            name=name,
            value=value,
            unit=unit,
            reference_name=reference_name,
            reference=reference,
            ratio=ratio,
            target="" if ratio_min is None else f">= {ratio_min:g} x",
            ok=ratio_min is None or ratio >= ratio_min,
        )

    @classmethod
    def at_most(
        cls, name: str, value: float, unit: str, reference_name: str, reference: float, ratio_max: float | None = None
    ) -> Self:
        """A cost: the less the better."""
        ratio = value / reference
        return cls(
            name=name,
            value=value,
            unit=unit,
            reference_name=reference_name,
            reference=reference,
            ratio=ratio,
            target="" if ratio_max is None else f"<= {ratio_max:g} x",
            ok=ratio_max is None or ratio <= ratio_max,
        )

    def line(self) -> str:
        """The result as a line of a table."""
        against = "" if self.reference is None else f"{self.reference_name} {_number(self.reference)} {self.unit}"
        ratio = "" if self.ratio is None else f"{self.ratio:5.2f} x"
        verdict = "" if not self.target else f"{self.target}  {'ok' if self.ok else 'MISSED'}"
        return f"  {self.name:<52} {_number(self.value):>10} {self.unit:<10} {against:<44} {ratio:>8}  {verdict}"

    def to_json(self) -> dict[str, JsonValue]:
        """The result for programs."""
        return asdict(self)


def _number(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"
