"""Ports and the network between a service and a workspace (agent-and-relay A0.7, A9.1, A9.4, A9.7)."""

from enum import StrEnum, unique
from typing import Protocol

from anyio.abc import ByteStream, ObjectStream
from attrs import frozen

from chatcore.domain.json_text import JsonValue


@frozen(kw_only=True)
class ListeningPort:
    """A TCP port that something in the workspace listens on; 9 or above."""

    process_name: str
    """Empty when the agent may not see it."""

    network: str
    port: int


@frozen(kw_only=True)
class Ping:
    """One round trip."""

    round_trip_s: float
    is_direct: bool
    detail: JsonValue = None


@unique
class SpeedDirection(StrEnum):
    """Which way the bytes of a speed test go."""

    UP = "up"
    DOWN = "down"


@frozen(kw_only=True)
class SpeedInterval:
    """Bytes between two moments of a speed test, in seconds since its start."""

    start_s: float
    end_s: float
    byte_count: int
    is_total: bool
    """The last interval: the whole test."""


class Network(Protocol):
    """Ports, and the way to the workspace. Every method that waits raises AgentError or AgentUnreachable."""

    async def listening_ports(self) -> tuple[ListeningPort, ...]:
        """What listens, one entry per port. Raises: AgentError, 500 when the scan failed."""
        ...

    async def speedtest(self, direction: SpeedDirection, duration_s: float) -> tuple[SpeedInterval, ...]:
        """Measure for `duration_s`; the last interval is the total."""
        ...

    async def ping(self) -> Ping:
        """Measure one round trip."""
        ...

    def get_peer_diagnostics(self) -> JsonValue:
        """What the overlay knows of the peer; an empty object without an overlay."""
        ...

    async def dial_context(self, network: str, address: str) -> ByteStream | ObjectStream[bytes]:
        """Connect to the address's port in the workspace: bytes for `tcp`, datagrams for `udp`.

        Raises: AgentError, `agent.unknown_network` for another network.
        """
        ...

    def tailnet_conn(self) -> object:
        """The overlay's own connection object, which the adapter names; a way out, not a way of life."""
        ...
