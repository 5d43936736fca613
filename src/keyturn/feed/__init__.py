"""What was revoked, in order, and each process's memory of it."""
