"""Deciding for a whole family: creating a child and archiving, which always conflict (architecture 3, 12.1).

Both touch the root's log in one atomic append over several logs, so of two that race one sees the other.
"""

from collections.abc import Mapping

from attrs import evolve

from chatcore.domain.chat.append import Append, Decided, decide_append
from chatcore.domain.chat.commands import Create, SetArchived, SpawnChild
from chatcore.domain.chat.head import ChatHead
from chatcore.domain.chat.rejections import FamilyArchived, NotARoot
from chatcore.domain.ids import ChatId


def decide_child(child_id: ChatId, create: Create, root_id: ChatId, root: ChatHead) -> Mapping[ChatId, Decided]:
    """Create a child in the family of a root, whose head is given: an append to both logs.

    Raises: NotARoot, the named root is a member of another family; FamilyArchived; FamilyFull; what Create raises.
    """
    if root.root_id is not None:
        raise NotARoot(root.root_id)
    if root.archived:
        raise FamilyArchived
    member = evolve(create, parent_id=create.parent_id or root_id, root_id=root_id)
    child = decide_append(None, Append(commands=(member,)))
    return {root_id: decide_append(root, Append(commands=(SpawnChild(child_id=child_id),))), child_id: child}


def decide_archived(family: Mapping[ChatId, ChatHead], root_id: ChatId, *, archived: bool) -> Mapping[ChatId, Decided]:
    """Archive or unarchive every member of a family, or none.

    Raises: NotARoot, the chat is a member, not the root; TransitionNotAllowed, a member is busy or already so.
    """
    root = family[root_id]
    if root.root_id is not None:
        raise NotARoot(root.root_id)
    append = Append(commands=(SetArchived(archived=archived, by=root_id),))
    return {chat_id: decide_append(head, append) for chat_id, head in sorted(family.items())}
