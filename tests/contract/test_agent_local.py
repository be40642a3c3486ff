"""The local agent keeps the contract of the agent port."""

from collections.abc import AsyncIterator

import pytest

from chatcore.adapters.agent.local import LocalAgent
from chatcore.adapters.system import SystemClock, SystemIds
from chatcore.testing.contracts.agent import AgentContract


class TestLocalAgent(AgentContract):
    """On asyncio and on trio."""

    @pytest.fixture
    async def agent(self) -> AsyncIterator[LocalAgent]:
        """This machine."""
        async with LocalAgent.open(clock=SystemClock(), ids=SystemIds()) as opened:
            yield opened
