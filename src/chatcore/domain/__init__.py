"""The rules of a chat as pure values and functions: no I/O, clock, randomness or `async` (architecture 2 and 3)."""
