"""Containers of a workspace (agent-and-relay A9.2)."""

from collections.abc import Mapping
from datetime import datetime
from typing import Protocol

from anyio.abc import ObjectReceiveStream
from attrs import frozen

from chatcore.domain.json_text import JsonValue
from chatcore.ports.agent.values import Message


@frozen(kw_only=True)
class Container:
    """One container."""

    id: str
    name: str
    image: str
    labels: Mapping[str, str]
    running: bool
    ports: tuple[JsonValue, ...]
    """As the agent tells them; passed through."""

    status: str
    volumes: Mapping[str, str]
    created_at: datetime | None


@frozen(kw_only=True)
class ContainerList:
    """The full state, never a delta."""

    devcontainers: tuple[JsonValue, ...]
    """As the agent tells them; passed through."""

    containers: tuple[Container, ...]
    warnings: tuple[str, ...] = ()


class Containers(Protocol):
    """Containers and devcontainers. Raises AgentError, 403 when the feature is off; AgentUnreachable."""

    async def list_containers(self) -> ContainerList:
        """The state now."""
        ...

    async def watch_containers(self) -> ObjectReceiveStream[ContainerList]:
        """The state now and after every change; whoever asked closes the stream."""
        ...

    async def delete_devcontainer(self, devcontainer_id: str) -> None:
        """Remove a devcontainer. Raises: AgentError, 404 unknown, 409 busy."""
        ...

    async def recreate_devcontainer(self, devcontainer_id: str) -> Message:
        """Begin to make a devcontainer anew. Raises: AgentError, 404 unknown, 409 busy, 403 managed by the template."""
        ...
