"""On whose behalf a workspace is asked: the chat and its ancestors, and the two headers that carry them (A1.7)."""

import re
from collections.abc import Mapping
from typing import Final

from attrs import frozen

from chatcore.domain.ids import ChatId
from chatcore.domain.json_text import dump_json, parse_json

CHAT_HEADER: Final = "Coder-Chat-Id"
ANCESTORS_HEADER: Final = "Coder-Ancestor-Chat-Ids"

_UUID: Final = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
_NIL: Final = "00000000-0000-0000-0000-000000000000"


@frozen(kw_only=True)
class ChatIdentity:
    """The chat that a call is made for. It names an owner and is never an authentication (A1.8)."""

    chat_id: ChatId

    ancestors: tuple[ChatId, ...] = ()
    """Parent chain of a sub-agent's chat; it widens the path store only, never what is visible (A1.9)."""

    @property
    def family(self) -> tuple[ChatId, ...]:
        """The chat and its ancestors: everyone whose path store learns of a change."""
        return (self.chat_id, *self.ancestors)


def identity_headers(identity: ChatIdentity | None) -> dict[str, str]:
    """The headers that carry an identity; none for no identity, and no ancestor header for a root chat."""
    if identity is None:
        return {}
    headers = {CHAT_HEADER: str(identity.chat_id)}
    if identity.ancestors:
        headers[ANCESTORS_HEADER] = dump_json([str(ancestor) for ancestor in identity.ancestors])
    return headers


def parse_identity(headers: Mapping[str, str]) -> ChatIdentity | None:
    """Read an identity from headers, whose names are compared without case. None stands for "not present".

    Ancestors that cannot be read are dropped, never an error; "none" and "empty" are the same empty tuple here.
    """
    lowered = {name.lower(): value for name, value in headers.items()}
    chat_id = _chat_id(lowered.get(CHAT_HEADER.lower(), ""))
    if chat_id is None:
        return None
    return ChatIdentity(chat_id=chat_id, ancestors=_ancestors(lowered.get(ANCESTORS_HEADER.lower(), "")))


def _ancestors(text: str) -> tuple[ChatId, ...]:
    try:
        listed = parse_json(text)
    except ValueError:
        return ()
    if not isinstance(listed, list):
        return ()
    found: list[ChatId] = []
    for entry in listed:
        if not isinstance(entry, str):
            return ()
        ancestor = _chat_id(entry)
        if ancestor is not None:
            found.append(ancestor)
    return tuple(found)


def _chat_id(text: str) -> ChatId | None:
    lowered = text.lower()
    # R5: the nil id always means "none".
    return ChatId(lowered) if _UUID.fullmatch(lowered) and lowered != _NIL else None
