"""A workspace that is this machine: its shell and its files (agent-and-relay A3 to A5). For POSIX systems."""

from chatcore.adapters.agent.local.agent import LocalAgent
from chatcore.adapters.agent.local.settings import EnvironmentHook, LocalSettings

__all__ = ["EnvironmentHook", "LocalAgent", "LocalSettings"]
