"""Moments for tests that need any."""

from datetime import UTC, datetime
from typing import Final

NOON: Final = datetime(2026, 3, 1, 12, 0, 0, tzinfo=UTC)
"""Noon of some day."""
