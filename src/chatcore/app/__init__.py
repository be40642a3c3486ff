"""Use cases and loops: thin shells that ask the pure machines what is next, do it, and feed the outcome back."""
