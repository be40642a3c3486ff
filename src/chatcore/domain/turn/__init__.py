"""One generation: what comes next, how a stream becomes parts, when to retry, what it cost (spec chat-core 4)."""
