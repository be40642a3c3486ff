"""A tool and a policy of your own, tested with the kit. Run it: one test fails, for a bug is planted here.

    pytest examples/tested_tool/test_refunds.py --chat-seed 0:5

docs/testing.md walks through it.
"""

from collections.abc import Iterator, Mapping, Sequence
from random import Random
from typing import Final, Protocol

import chatcore
from chatcore.domain.content.tool_results import ToolOutcome
from chatcore.domain.json_text import JsonValue
from chatcore.ports.model import ModelRequest
from chatcore.testing import Call, Recovered, Saying, Scene, crash_everywhere, record

LIMIT: Final = 100
"""The policy: without a person, no chat gives back more than that."""


class Bank:
    """The world outside. It takes every transfer once, by its key."""

    def __init__(self) -> None:
        self.transfers: dict[str, int] = {}

    def transfer(self, key: str, amount: int) -> None:
        """Pay, unless it was paid already."""
        self.transfers.setdefault(key, amount)


class Policy(Protocol):
    """Says what a tool may do."""

    def allows(self, key: str, amount: int) -> bool:
        """Whether so much may be given back."""
        ...


class CountedLimit:
    """The policy, with the planted bug: what was given back is counted in the memory of the worker."""

    def __init__(self) -> None:
        self._given = 0

    def allows(self, key: str, amount: int) -> bool:
        """Counts what it allows."""
        if self._given + amount > LIMIT:
            return False
        self._given += amount
        return True


class BankLimit:
    """The policy without the bug: it asks the bank, which remembers more than a worker does."""

    def __init__(self, bank: Bank) -> None:
        self._bank = bank

    def allows(self, key: str, amount: int) -> bool:
        """A transfer that was made already is not counted twice."""
        others = sum(paid for other, paid in self._bank.transfers.items() if other != key)
        return others + amount <= LIMIT


def refund(bank: Bank, policy: Policy) -> chatcore.Tool:
    """The tool. It may run again after a crash, for the bank knows the key."""

    async def handle(context: chatcore.ToolContext, args: Mapping[str, JsonValue]) -> ToolOutcome:
        amount = args.get("amount")
        if not isinstance(amount, int):
            return chatcore.ToolFailed(error="amount must be a whole number")
        if not policy.allows(context.idempotency_key, amount):
            return chatcore.ToolFailed(error=f"more than {LIMIT} in one chat: ask a person")
        bank.transfer(context.idempotency_key, amount)
        return chatcore.ToolText(text=f"gave back {amount}")

    definition = chatcore.ToolDefinition(
        name="refund",
        description="Give money back.",
        input_schema=chatcore.object_schema({"amount": {"type": "integer"}}, required=["amount"]),
    )
    return chatcore.Tool(definition=definition, handler=handle, repeat=chatcore.Repeat.IDEMPOTENT)


class Shop(Scene):
    """A shop whose model gives back what the seed says, parcel by parcel."""

    def __init__(self, seed: int) -> None:
        self._amounts = Random(seed).choices((10, 20, 40, 60), k=4)
        super().__init__(self._clerk)
        self.bank = Bank()  # the world: it survives a crash

    def tools(self) -> Sequence[chatcore.Tool]:
        """What a worker makes when it starts: its memory does not survive a crash."""
        return [refund(self.bank, CountedLimit())]

    def check(self, recovered: Recovered) -> None:
        """What must hold, wherever a worker died."""
        given = sum(self.bank.transfers.values())
        assert given <= LIMIT, f"{given} were given back, more than {LIMIT}"

    def _clerk(self, request: ModelRequest) -> Iterator[Saying]:
        answered = sum(message.role == "tool" for message in request.messages)
        if answered < len(self._amounts):
            yield Call("refund", {"amount": self._amounts[answered]})
        else:
            yield "That is all that I can do."


class CarefulShop(Shop):
    """The same without the bug."""

    def tools(self) -> Sequence[chatcore.Tool]:
        """The policy asks the bank."""
        return [refund(self.bank, BankLimit(self.bank))]


def test_no_chat_gives_back_more_than_the_limit(chat_seed: int) -> None:
    """Fails, for the policy forgets: after a crash the next worker counts from nothing."""
    log = record(Shop(chat_seed), "My parcels never came.")

    crash_everywhere(log, lambda: Shop(chat_seed))


def test_no_chat_gives_back_more_than_the_limit_with_care(chat_seed: int) -> None:
    """Holds, whatever the seed."""
    log = record(CarefulShop(chat_seed), "My parcels never came.")

    crash_everywhere(log, lambda: CarefulShop(chat_seed))
