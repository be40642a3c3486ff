"""A line on the error stream that says how far a simulation is, for people who wait."""

import time
from typing import Final

import click

_BAR: Final = 20
_WIDTH: Final = 110
_BETWEEN_S: Final = 0.1


class SimulationBar:
    """Shown again and again in one line; nothing where nobody looks."""

    def __init__(self, total: int, *, shown: bool) -> None:
        self._total = total
        self._shown = shown
        self._began = time.monotonic()
        self._last = 0.0

    @property
    def seconds(self) -> float:
        """Since it was made."""
        return time.monotonic() - self._began

    def show(self, done: int, *, virtual_s: float, faults: int, met: int, possible: int) -> None:
        """So many seeds are done; of the `possible` transitions so many were met."""
        if not self._shown or (done < self._total and self.seconds - self._last < _BETWEEN_S):
            return
        self._last = self.seconds
        filled = _BAR * done // self._total
        self._line(
            f"{'█' * filled}{'░' * (_BAR - filled)} {done:,}/{self._total:,} seeds, {done / self.seconds:.1f}/s, "
            f"{virtual_s / 3600:.1f} h simulated, {faults:,} faults, {met}/{possible} transitions"
        )

    def tell(self, text: str) -> None:
        """Show something else in its place."""
        if self._shown:
            self._line(text)

    def end(self) -> None:
        """Leave the line as it is."""
        if self._shown and self._last:
            click.echo(err=True)

    def _line(self, text: str) -> None:
        self._last = self.seconds
        click.echo(f"\r{text[:_WIDTH]:<{_WIDTH}}", nl=False, err=True)
