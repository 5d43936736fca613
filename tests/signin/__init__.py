"""Who is meant by a name, and what a login asks for."""
