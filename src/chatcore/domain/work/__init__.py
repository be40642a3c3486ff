"""Who works on a chat and when: what the store keeps for the acquisition of chats (spec chat-core 7)."""
