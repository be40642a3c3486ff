"""The unit of writing: commands decided one after the other under one fence, appended together (architecture 3)."""

from attrs import frozen

from chatcore.domain.chat.command_keys import command_key
from chatcore.domain.chat.commands import Command
from chatcore.domain.chat.decide import decide_draft
from chatcore.domain.chat.events import Event
from chatcore.domain.chat.fence import Fence
from chatcore.domain.chat.head import ChatHead
from chatcore.domain.chat.rejections import FenceRequired
from chatcore.domain.chat.transitions import RUNNER_COMMANDS


@frozen(kw_only=True)
class Append:
    """Commands that become true together or not at all. Those of a runner need its fence."""

    commands: tuple[Command, ...]
    fence: Fence | None = None


@frozen(kw_only=True)
class Decided:
    """The events of an append and the head that they lead to."""

    events: tuple[Event, ...]
    head: ChatHead


def decide_append(head: ChatHead | None, append: Append) -> Decided:
    """Check the fence once, then decide each command on the head that the ones before it lead to.

    Raises: Rejection of the first command that is refused; StaleFence; FenceRequired. Then nothing is true.
    """
    assert append.commands, "an append holds at least one command"
    if append.fence is None:
        for command in append.commands:
            if (key := command_key(command)) in RUNNER_COMMANDS:
                raise FenceRequired(key)
    elif head is not None:
        append.fence.check(head)
    events: list[Event] = []
    for command in append.commands:
        draft = decide_draft(head, command)
        events += draft.events
        head = draft.head
    assert head is not None, "a decided command leads to a head"
    return Decided(events=tuple(events), head=head)
