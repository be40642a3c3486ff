"""The root of every error that chatcore raises, and the one that means a stored log is broken."""


class ChatcoreError(Exception):
    """Base of all errors of chatcore. Its text says what happened and what to do, and never holds a secret."""


class Corrupt(ChatcoreError):
    """Stored data contradicts itself: stop writing to it and have a person look. Never raised for bad input."""
