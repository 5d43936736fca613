"""Python values as the database of sessions wants them in hand-written SQL, whatever ``USE_TZ`` says."""

from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import connections
from django.utils import timezone

from keyturn.sessions.models import Session

__all__ = ["aware", "for_column", "stored"]


def stored(moment: datetime) -> datetime:
    """An aware moment in the form model fields take: naive local time where the project has ``USE_TZ = False``."""
    return moment if settings.USE_TZ else timezone.make_naive(moment, timezone.get_default_timezone())


def aware(moment: datetime) -> datetime:
    """A moment read from a model field, as an aware datetime.

    Known limit: with ``USE_TZ = False`` SQLite keeps local time, and of the hour that comes twice when summer ends the
    second is read as the first.
    """
    return moment if timezone.is_aware(moment) else timezone.make_aware(moment, timezone.get_default_timezone())


def for_column(name: str, value: Any, alias: str) -> Any:
    """A value as the parameter for one of the session's columns."""
    field: Any = Session._meta.get_field(name)
    if isinstance(value, datetime):
        # PostgreSQL keeps instants whatever USE_TZ says, and is told them as such: no hour comes twice for it.
        value = aware(value)
        value = value if connections[alias].vendor == "postgresql" else stored(value)
    return field.get_db_prep_value(value, connections[alias])
