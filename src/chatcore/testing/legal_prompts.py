"""What makes a prompt legal for every provider (spec chat-core 1.6; architecture 9, invariant 5)."""

import re
from collections.abc import Iterable, Sequence
from typing import Final

from chatcore.domain.content.messages import Role
from chatcore.domain.content.prompt import PromptMessage, PromptToolCall, PromptToolResult

_CALL_ID: Final = re.compile(r"[A-Za-z0-9_-]+")


def faults_of_prompt(prompt: Sequence[PromptMessage]) -> list[str]:
    """What a provider would refuse in a prompt, in words; nothing if it is legal.

    Each local call is answered exactly once, by the tool message right behind its assistant message; no other result
    is there. Results of calls that a provider ran stand behind their call, in the same assistant message or in one
    directly behind it. Ids are of letters, digits, `_` and `-`, and no two calls share one. No message is empty.
    """
    faults: list[str] = []
    used: set[str] = set()
    provider_calls: list[str] = []
    owed: list[str] = []
    for number, message in enumerate(prompt):
        if not message.content:
            faults.append(f"message {number} is empty")
        if message.role is Role.TOOL:
            given = [part.tool_call_id for part in message.content if isinstance(part, PromptToolResult)]
            if sorted(given) != sorted(owed):
                faults.append(f"message {number} answers {given} where {owed} is asked")
            if any(not isinstance(part, PromptToolResult) or part.provider_executed for part in message.content):
                faults.append(f"tool message {number} holds more than local results")
            owed, provider_calls = [], []
            continue
        if owed:
            faults.append(f"message {number} stands where the results of {owed} belong")
            owed = []
        if message.role is not Role.ASSISTANT:
            provider_calls = []
            if any(isinstance(part, PromptToolCall | PromptToolResult) for part in message.content):
                faults.append(f"message {number} of role {message.role} holds a call or a result")
            continue
        for part in message.content:
            if isinstance(part, PromptToolCall):
                faults.extend(_faults_of_call(part, used))
                used.add(part.tool_call_id)
                (provider_calls if part.provider_executed else owed).append(part.tool_call_id)
            elif isinstance(part, PromptToolResult):
                if not part.provider_executed or part.tool_call_id not in provider_calls:
                    faults.append(f"message {number} holds a result for {part.tool_call_id!r}, which nobody asked for")
                else:
                    provider_calls.remove(part.tool_call_id)
    return [*faults, *([f"the prompt ends without results of {owed}"] if owed else [])]


def _faults_of_call(call: PromptToolCall, used: Iterable[str]) -> list[str]:
    faults: list[str] = []
    if not _CALL_ID.fullmatch(call.tool_call_id):
        faults.append(f"call id {call.tool_call_id!r} is not legal")
    if call.tool_call_id in used:
        faults.append(f"call id {call.tool_call_id!r} is used twice")
    if not call.tool_name:
        faults.append(f"call {call.tool_call_id!r} has no name")
    return faults
