"""Hypothesis strategies for chatcore's values, for tests of chatcore and of what is built on it."""

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
from chatcore.testing.strategies.histories import histories, messages, usages, whole_histories

__all__ = [
    "assistant_contents",
    "call_ids",
    "contents",
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
    "text_parts",
    "texts",
    "times",
    "tool_calls",
    "tool_results",
    "usages",
    "user_contents",
    "whole_histories",
]
