"""The scripted model keeps the contract of the model port."""

from collections.abc import AsyncGenerator, Iterator
from contextlib import asynccontextmanager

import pytest
from attrs import asdict

from chatcore.adapters.scripted import Call, CutOff, Fail, Report, Say, Saying, ScriptedModel, Think
from chatcore.ports.model import Model
from chatcore.testing.contracts.model import Answers, BreaksOff, ModelContract, NeverEnds, OpenModel, Refuses, Scenario


class TestScriptedModel(ModelContract):
    """On asyncio and on trio."""

    @pytest.fixture
    def open_model(self) -> OpenModel:
        """A script for each scenario."""

        @asynccontextmanager
        async def opened(scenario: Scenario) -> AsyncGenerator[Model, None]:
            yield ScriptedModel(lambda _request: _script(scenario))

        return opened


def _script(scenario: Scenario) -> Iterator[Saying]:
    match scenario:
        case Answers():
            if scenario.reasoning:
                yield Think(scenario.reasoning)
            if scenario.text:
                yield scenario.text
            for name, args in scenario.calls:
                yield Call(name, args)
            if scenario.usage is not None:
                yield Report(**asdict(scenario.usage))
        case Refuses():
            yield Fail(scenario.message, status=scenario.status, retry_after_ms=scenario.retry_after_ms)
        case BreaksOff(text=text):
            yield CutOff(Say(text))
        case NeverEnds():
            while True:
                yield "and so on "
