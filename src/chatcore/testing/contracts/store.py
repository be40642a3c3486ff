"""The contract of the store port: subclass `StoreContract`, override `open_store`, and pytest does the rest.

    class TestMyStore(StoreContract):
        @pytest.fixture
        def open_store(self) -> OpenStore: ...

Each topic is a class of its own in a `store_…` module, for those who build a store piece by piece.
"""

from chatcore.testing.contracts.store_append import AppendContract
from chatcore.testing.contracts.store_chats import ChatsContract
from chatcore.testing.contracts.store_commands import CommandContract
from chatcore.testing.contracts.store_feed import CloseContract, FeedContract, PurgeContract
from chatcore.testing.contracts.store_journal import JournalContract
from chatcore.testing.contracts.store_leases import LeaseContract
from chatcore.testing.contracts.store_model import ModelContract
from chatcore.testing.contracts.store_reads import ReadContract


class StoreContract(
    AppendContract,
    CommandContract,
    ReadContract,
    ChatsContract,
    LeaseContract,
    JournalContract,
    FeedContract,
    PurgeContract,
    CloseContract,
    ModelContract,
):
    """What every store promises. Runs on each backend of pytest's anyio plugin."""
