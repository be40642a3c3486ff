"""What is said in a chat: parts, messages, their stored and rendered forms, and the history folded from the log."""
