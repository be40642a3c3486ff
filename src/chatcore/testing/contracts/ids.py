"""The contract of the `ids` port."""

from typing import Final
from uuid import UUID

import pytest

from chatcore.ports.ids import Ids

_MANY: Final = 2_000


class IdsContract:
    """Subclass it and override the fixture."""

    @pytest.fixture
    def ids(self) -> Ids:
        """The adapter under test."""
        raise AssertionError("override the fixture `ids`")

    def test_an_id_is_a_uuid_in_lower_case_hyphenated_text(self, ids: Ids) -> None:
        """The form that every wire format of chatcore uses (agent-and-relay R5)."""
        made = ids.new()

        assert made == str(UUID(made))
        assert UUID(made).version == 7

    def test_no_id_comes_twice(self, ids: Ids) -> None:
        """Not in one burst, which is when clocks are too coarse."""
        made = [ids.new() for _ in range(_MANY)]

        assert len(made) == len(set(made))

    def test_later_ids_sort_later(self, ids: Ids) -> None:
        """Rows in the order of their ids are in the order of their making."""
        made = [ids.new() for _ in range(_MANY)]

        assert made == sorted(made)
