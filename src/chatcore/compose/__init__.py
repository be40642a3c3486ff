"""The composition root: names become adapters, adapters a running service (architecture 2)."""
