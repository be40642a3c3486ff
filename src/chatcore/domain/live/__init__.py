"""What viewers see while a reply is made: episodes and the part journal (architecture 7, spec chat-core 6)."""
