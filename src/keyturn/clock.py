"""The time, always aware and in UTC, whatever the project's ``USE_TZ`` is. Services take it as an argument."""

from datetime import UTC, datetime

from django.conf import settings
from django.utils import timezone

__all__ = ["aware", "stored", "utc_now"]


def utc_now() -> datetime:
    """Return the present moment."""
    return datetime.now(tz=UTC)


def stored(moment: datetime) -> datetime:
    """An aware moment in the form model fields take: naive local time where the project has ``USE_TZ = False``."""
    return moment if settings.USE_TZ else timezone.make_naive(moment, timezone.get_default_timezone())


def aware(moment: datetime) -> datetime:
    """A moment read from a model field, as an aware datetime.

    Known limit: with ``USE_TZ = False`` SQLite keeps local time, and of the hour that comes twice when summer ends the
    second is read as the first.
    """
    return moment if timezone.is_aware(moment) else timezone.make_aware(moment, timezone.get_default_timezone())
