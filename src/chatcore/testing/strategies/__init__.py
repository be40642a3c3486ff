"""Hypothesis strategies for chatcore's values, for tests of chatcore and of what is built on it.

parts(), contents()             what people, models and tools say
messages(), histories()         messages in any order, however broken; whole_histories() are healthy
fitting_commands(chat)          commands that fit a chat; any_commands(chat) may be anything
chat_logs(), stored_logs()      whole legal logs, as a ChatLog and as a store records them
events()                        events of every kind, each by itself
"""

from chatcore.testing.strategies.basics import (
    json_object_texts,
    json_texts,
    json_values,
    maybe,
    metadata,
    spoken,
    texts,
    times,
)
from chatcore.testing.strategies.commands import creates, fitting_appends, fitting_commands
from chatcore.testing.strategies.content import (
    assistant_contents,
    call_ids,
    contents,
    parts,
    results_of,
    text_parts,
    tool_calls,
    tool_results,
    user_contents,
)
from chatcore.testing.strategies.events import events
from chatcore.testing.strategies.histories import histories, messages, usages, whole_histories
from chatcore.testing.strategies.logs import chat_logs, stored_logs
from chatcore.testing.strategies.nonsense import any_commands

__all__ = [
    "any_commands",
    "assistant_contents",
    "call_ids",
    "chat_logs",
    "contents",
    "creates",
    "events",
    "fitting_appends",
    "fitting_commands",
    "histories",
    "json_object_texts",
    "json_texts",
    "json_values",
    "maybe",
    "messages",
    "metadata",
    "parts",
    "results_of",
    "spoken",
    "stored_logs",
    "text_parts",
    "texts",
    "times",
    "tool_calls",
    "tool_results",
    "usages",
    "user_contents",
    "whole_histories",
]
