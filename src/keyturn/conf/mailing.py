"""What a setting about mail may be; see :mod:`keyturn.conf.values`."""

from typing import Any

__all__ = ["delivery", "site_name"]


def delivery(value: Any) -> str:
    """Who delivers what is in the queue: each process's thread, whoever committed it, or the command alone."""
    if value not in {"thread", "at_once", "command"}:
        raise ValueError("must be 'thread', 'at_once' or 'command'")
    return str(value)


def site_name(value: Any) -> str | None:
    """A name of one line, 100 characters at most, or None."""
    if value is None:
        return None
    if not isinstance(value, str) or not value.strip() or not value.isprintable() or len(value) > 100:
        raise ValueError("must be a name of one line, 100 characters at most")
    return value.strip()
