"""What a page of the admin may be asked for: an id that the database can be asked about."""

from django.db import connections

from keyturn.sessions.statements import database
from keyturn.sessions.user_table import user_table

__all__ = ["can_be_user", "is_number"]


def can_be_user(text: str) -> bool:
    """Whether some user could have this primary key. NUL bytes and endless numbers would be exceptions, not misses."""
    try:
        user_table("pk").prepare_id(text, connections[database()])
    except ValueError:
        return False
    return True


def is_number(text: str) -> bool:
    """Whether a row of ours could have this number: one of 64 bits, in ASCII."""
    return text.isascii() and text.isdigit() and len(text) <= 18
