"""A Django service without users, sessions or a database of its own: Keyturn knows who is who."""
