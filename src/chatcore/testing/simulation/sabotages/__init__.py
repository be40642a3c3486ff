"""Lines of chatcore that can be broken on purpose, to show that a checker notices (architecture 9).

Each sabotage names its checker; `needed` finds the seed that shows it. A sabotage that no checker noticed would be a
hole in the net, so whoever writes a checker writes one as well.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from chatcore.testing.simulation.sabotages.of_the_log import OF_THE_LOG
from chatcore.testing.simulation.sabotages.of_the_store import OF_THE_STORE
from chatcore.testing.simulation.sabotages.of_the_work import OF_THE_WORK
from chatcore.testing.simulation.swapping import Sabotage

SABOTAGES: Final[Mapping[str, Sabotage]] = MappingProxyType(
    {each.name: each for each in (*OF_THE_STORE, *OF_THE_LOG, *OF_THE_WORK)}
)
"""All of them by name."""

__all__ = ["SABOTAGES"]
