"""The tools that chatcore offers a model in a workspace (spec chat-core 10)."""
