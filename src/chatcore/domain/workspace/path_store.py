"""Which files each chat has touched, so that a watcher knows where to look (agent-and-relay A6.a)."""

from collections.abc import Callable, Iterable

from chatcore.domain.ids import ChatId


class PathStore:
    """Chat to the absolute paths it changed; one per agent, kept for the agent's life.

    Subscribers are told that something moved, never what: a `wake` must not block and may be called more than once.
    """

    def __init__(self) -> None:
        self._paths: dict[ChatId, set[str]] = {}
        self._wakes: dict[ChatId, dict[object, Callable[[], None]]] = {}

    def add_paths(self, chats: Iterable[ChatId], paths: Iterable[str]) -> None:
        """Add every path to every chat, then wake the chats' subscribers (A6.2)."""
        told, added = tuple(chats), tuple(paths)
        for chat in told if added else ():
            self._paths.setdefault(chat, set()).update(added)
        self.notify(told)

    def notify(self, chats: Iterable[ChatId]) -> None:
        """Wake the chats' subscribers without adding anything (A6.3)."""
        for chat in chats:
            for wake in tuple(self._wakes.get(chat, {}).values()):
                wake()

    def get_paths(self, chat: ChatId) -> tuple[str, ...]:
        """The chat's paths, sorted, each once; none when it touched nothing."""
        return tuple(sorted(self._paths.get(chat, ())))

    def subscribe(self, chat: ChatId, wake: Callable[[], None]) -> Callable[[], None]:
        """Call `wake` whenever the chat's paths may have moved. Returns what ends it; ending it twice is harmless."""
        # Keyed by an object of its own, so that ending one subscription never ends an equal one.
        key = object()
        self._wakes.setdefault(chat, {})[key] = wake

        def unsubscribe() -> None:
            wakes = self._wakes.get(chat, {})
            wakes.pop(key, None)
            if not wakes:
                self._wakes.pop(chat, None)

        return unsubscribe
