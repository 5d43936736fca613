"""The time, always aware and in UTC, whatever the project's ``USE_TZ`` is. Services take it as an argument."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.utils import timezone

__all__ = ["aware", "run_ahead", "stored", "utc_now"]

_ahead: Callable[[], timedelta] | None = None


def utc_now() -> datetime:
    """Return the present moment."""
    now = datetime.now(tz=UTC)
    return now if _ahead is None else now + _ahead()


def run_ahead(ahead: Callable[[], timedelta] | None) -> None:
    """Let this process's :func:`utc_now` run ahead of the real time, to see in a second what a month would bring.

    Args:
        ahead: asked at each call how far; None: real time again.

    Raises:
        ImproperlyConfigured: ``DEBUG`` is off. Whoever moves the clock of production decides which tokens live.
    """
    global _ahead  # noqa: PLW0603 - a process has one clock
    if ahead is not None and not settings.DEBUG:
        raise ImproperlyConfigured("the clock can be moved in development only, and DEBUG is off")
    _ahead = ahead


def stored(moment: datetime) -> datetime:
    """An aware moment in the form model fields take: naive local time where the project has ``USE_TZ = False``."""
    return moment if settings.USE_TZ else timezone.make_naive(moment, timezone.get_default_timezone())


def aware(moment: datetime) -> datetime:
    """A moment read from a model field, as an aware datetime.

    Known limit: with ``USE_TZ = False`` SQLite keeps local time, and of the hour that comes twice when summer ends the
    second is read as the first.
    """
    return moment if timezone.is_aware(moment) else timezone.make_aware(moment, timezone.get_default_timezone())
