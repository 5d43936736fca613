"""Users with a UUID for a primary key."""
