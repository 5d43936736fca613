"""The log: one readable line an event on standard error. No body, no header and no query string is ever logged."""

import logging
import re
from typing import Any, Final

__all__ = ["ACCESS_FORMAT", "LineFormatter", "configuration"]

# Granian's access line: the path without its query string, where a token could hide.
ACCESS_FORMAT: Final = '%(addr)s "%(method)s %(path)s" %(status)d %(dt_ms).1f ms'

_CONTROL: Final = re.compile(r"[\x00-\x08\x0a-\x1f\x7f-\x9f\u2028\u2029]")


class LineFormatter(logging.Formatter):
    """Keeps a message on its line: what a client sent cannot start a line of its own (CWE-117)."""

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802 - logging's name
        """Return the line, with control characters written as escapes."""
        return _escaped(super().formatMessage(record))

    def formatException(self, ei: Any) -> str:  # noqa: N802 - logging's name
        """Return a traceback on lines of its own, each set in, as an exception's text may quote a client too."""
        return "\n".join(f"    {_escaped(line)}" for line in super().formatException(ei).split("\n"))


def _escaped(text: str) -> str:
    return _CONTROL.sub(lambda match: f"\\x{ord(match[0]):02x}", text)


def configuration(level: str) -> dict[str, Any]:
    """Return Django's ``LOGGING``, also used for the server process itself.

    Args:
        level: a name of :mod:`logging`'s levels, in upper case.
    """
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {
            "line": {
                "()": "keyturn_server.logs.LineFormatter",
                "format": "%(asctime)s %(levelname)s %(name)s: %(message)s",
            },
            "access": {"()": "keyturn_server.logs.LineFormatter", "format": "%(asctime)s %(message)s"},
        },
        "handlers": {
            "stderr": {"class": "logging.StreamHandler", "formatter": "line"},
            "access": {"class": "logging.StreamHandler", "formatter": "access"},
        },
        "root": {"handlers": ["stderr"], "level": level},
        "loggers": {
            # Its handlers for mail to admins and for the development console are replaced by the line above.
            "django": {"handlers": [], "level": level, "propagate": True},
            # A refusal (4xx) is an answer, not an event: only what failed (5xx) is.
            "django.request": {"level": "ERROR"},
            # It would log every statement with its values, password hashes and session keys among them.
            "django.db.backends": {"level": "INFO"},
            "django.server": {"handlers": [], "level": level, "propagate": True},
            # The start and stop of each worker, the coming and going of each connection: details.
            "psycopg.pool": {"level": "DEBUG" if level == "DEBUG" else "WARNING"},
            "_granian": {"level": "DEBUG" if level == "DEBUG" else "WARNING", "propagate": True},
            "granian.access": {"handlers": ["access"], "level": "INFO", "propagate": False},
        },
    }
