"""Tiny Django apps, each with a user model of another kind; a settings module of the same name uses it."""
