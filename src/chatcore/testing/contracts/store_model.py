"""The contract as a property: whatever happens to a chat, a store holds what the plain model holds (architecture 9)."""

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chatcore.domain.chat.rejections import Rejection
from chatcore.domain.chat.transitions import allowed_commands
from chatcore.domain.work.columns import chat_times
from chatcore.ports.actor import SYSTEM
from chatcore.ports.store import Store
from chatcore.testing.contracts.store_base import LiveChat, OpenStore, StoreFixtures
from chatcore.testing.situations import ROOT
from chatcore.testing.standard_commands import standard_command

EXAMPLES = 15
STEPS_MAX = 20


class ModelContract(StoreFixtures):
    """Stored head, details, columns and log are those of the folds, after every append."""

    @settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
    @given(choices=st.lists(st.integers(0, 1000), min_size=5, max_size=STEPS_MAX))
    async def test_any_history_is_stored_as_it_happened(self, open_store: OpenStore, choices: list[int]) -> None:
        """A chat that goes any legal way: after each append the store agrees with the model."""
        async with open_store() as store:
            chat = LiveChat.of(store, ROOT)
            for choice in choices:
                keys = sorted(allowed_commands(chat.model.state))
                command = standard_command(keys[choice % len(keys)], chat.model)
                try:
                    await chat.do(command)
                except Rejection:
                    continue
                await _agrees(store, chat)


async def _agrees(store: Store, chat: LiveChat) -> None:
    log = (await store.events(ROOT, actor=SYSTEM, limit=1000)).events
    row = await store.row(ROOT, actor=SYSTEM)
    times = chat_times(log)
    assert [event.event for event in log] == chat.model.events
    assert sorted({event.upto for event in log}) == chat.model.ends
    assert (row.head, row.details) == (chat.head, chat.details)
    assert times is not None
    assert (row.created_at, row.updated_at) == (times.created_at, times.updated_at)
    assert (row.acquired_at, row.runnable_at) == (times.acquired_at, times.runnable_at)
