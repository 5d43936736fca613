"""Python values as the database of sessions wants them in hand-written SQL, whatever ``USE_TZ`` says."""

from datetime import datetime
from typing import Any

from django.db import connections

from keyturn.clock import aware, stored
from keyturn.sessions.models import Session

__all__ = ["for_column"]


def for_column(name: str, value: Any, alias: str) -> Any:
    """A value as the parameter for one of the session's columns."""
    field: Any = Session._meta.get_field(name)
    if isinstance(value, datetime):
        # PostgreSQL keeps instants whatever USE_TZ says, and is told them as such: no hour comes twice for it.
        value = aware(value)
        value = value if connections[alias].vendor == "postgresql" else stored(value)
    return field.get_db_prep_value(value, connections[alias])
