"""How `crash_everywhere` works: the scene that its caller gives, one crash, and what is looked at afterwards."""
