"""How hard the properties are tried: CHATCORE_PROFILE is `ci` (the default), `dev` (quick) or `soak` (long).
`mutants` is for `make mutants`: few examples, the same ones every time.

A property runs `max_examples` times; a state machine scales its runs by the same number.
"""

import os

import pytest
from hypothesis import settings

_CI = settings(max_examples=1_000, deadline=None, print_blob=True)

settings.register_profile("ci", _CI)
settings.register_profile("dev", _CI, max_examples=100)
settings.register_profile("soak", _CI, max_examples=20_000)
settings.register_profile("mutants", _CI, max_examples=40, derandomize=True, database=None)
settings.load_profile(os.environ.get("CHATCORE_PROFILE", "ci"))


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Leave what runs long to `make soak`."""
    if os.environ.get("CHATCORE_PROFILE") != "soak":
        for item in items:
            if item.get_closest_marker("soak"):
                item.add_marker(pytest.mark.skip(reason="runs long: left to `make soak`"))
