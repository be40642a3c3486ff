"""The edges of chatcore: Protocols, and the values and errors that cross them (architecture 8)."""
