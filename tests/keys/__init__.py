"""The key ring: its states, its memory, its statements, its documents and its command."""
