"""The time, always aware and in UTC, whatever the project's ``USE_TZ`` is. Services take it as an argument."""

from datetime import UTC, datetime

__all__ = ["utc_now"]


def utc_now() -> datetime:
    """Return the present moment."""
    return datetime.now(tz=UTC)
