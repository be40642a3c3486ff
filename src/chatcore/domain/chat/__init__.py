"""The state machine of a chat: commands are decided into events, events are folded into a head (chat-core 2, 3)."""
