"""What `chatcore simulate` can be told to choose: sabotages and profiles."""

from collections.abc import Mapping, Sequence

from attrs import frozen

from chatcore.domain.json_text import JsonValue
from chatcore.testing.simulation.profile import PROFILES, Fault
from chatcore.testing.simulation.sabotages import SABOTAGES


@frozen(kw_only=True)
class Listed:
    """What can be chosen."""

    sabotages: Sequence[Mapping[str, str]]
    profiles: Mapping[str, Mapping[str, float]]
    ok: bool = True

    def text(self) -> str:
        """A line for each sabotage, a column for each profile."""
        width = max((len(each["name"]) for each in self.sabotages), default=0)
        checkers = max((len(each["checker"]) for each in self.sabotages), default=0)
        lines = [
            f"{each['name']:<{width}}  {each['checker']:<{checkers}}  {each['sentence']}" for each in self.sabotages
        ]
        if self.profiles:
            lines.append(f"{'':<22}{''.join(f'{name:>10}' for name in self.profiles)}")
            for fault in Fault:
                rates = "".join(f"{rates.get(fault, 0.0):>10g}" for rates in self.profiles.values())
                lines.append(f"{fault:<22}{rates}")
        return "\n".join(lines)

    def to_json(self) -> dict[str, JsonValue]:
        """The same."""
        told: dict[str, JsonValue] = {}
        if self.sabotages:
            told["sabotages"] = [dict(each) for each in self.sabotages]
        if self.profiles:
            told["profiles"] = {name: dict(rates) for name, rates in self.profiles.items()}
        return told


def listed(*, sabotages: bool, profiles: bool) -> Listed:
    """All sabotages, all profiles, or both."""
    named = [{"name": each.name, "checker": each.checker, "sentence": each.sentence} for each in SABOTAGES.values()]
    rates = {name: {str(fault): rate for fault, rate in each.rates.items()} for name, each in PROFILES.items()}
    return Listed(sabotages=named if sabotages else (), profiles=rates if profiles else {})
