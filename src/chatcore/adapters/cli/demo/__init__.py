"""`chatcore demo`: a chat repairs a small Python project with real tools, and proves it."""
