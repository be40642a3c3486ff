"""The contract of the store port: subclass `StoreContract`, override `open_store`, and pytest does the rest.

    class TestMyStore(StoreContract):
        @pytest.fixture
        def open_store(self) -> OpenStore: ...

Each topic is a class of its own in a `store_…` module, for those who build a store piece by piece.
"""

from chatcore.testing.contracts.store_append import AppendContract



class StoreContract(AppendContract):
    """What every store promises. Runs on each backend of pytest's anyio plugin."""
