"""The log on standard error: one line an event, for people or as JSON. No body, no header, no query string is in it."""

import json
import logging
import re
import sys
import threading
from datetime import UTC, datetime
from types import TracebackType
from typing import Any, Final

from keyturn_server.observing import request_ids
from keyturn_server.observing.redaction import redacted

__all__ = ["FORMATS", "JsonFormatter", "LineFormatter", "configuration", "is_json", "take_in"]

FORMATS: Final = ("text", "json")

_CONTROL: Final = re.compile(r"[\x00-\x08\x0a-\x1f\x7f-\x9f\u2028\u2029]")

_log: Final = logging.getLogger("keyturn")


class LineFormatter(logging.Formatter):
    """For people: keeps a message on its line, so that what a client sent cannot start one of its own (CWE-117).

    A line about a request ends with the request's name.
    """

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802 - logging's name
        """Return the line, with control characters written as escapes and secrets hidden."""
        line = _escaped(redacted(super().formatMessage(record)))
        request = request_ids.current.get()
        return line if request is None else f"{line} [{request.id}]"

    def formatException(self, ei: Any) -> str:  # noqa: N802 - logging's name
        """Return a traceback on lines of its own, each set in, as an exception's text may quote a client too."""
        text = redacted(super().formatException(ei))
        return "\n".join(f"    {_escaped(line)}" for line in text.split("\n"))


class JsonFormatter(logging.Formatter):
    """For programs: an object a line (RFC 8259), with the same names in every line."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the object. A message's own fields, given as a mapping, stand beside the common ones."""
        at = datetime.fromtimestamp(record.created, tz=UTC)
        told: dict[str, Any] = {
            # RFC 3339.
            "time": at.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": redacted(record.getMessage()),
            "pid": record.process,
        }
        request = request_ids.current.get()
        if request is not None:
            told["request_id"] = request.id
            if request.trace_id:
                told |= {"trace_id": request.trace_id, "parent_id": request.parent_id}
        if isinstance(record.args, dict):
            told |= {name: _plain(value) for name, value in record.args.items() if name not in told}
        if record.exc_info and record.exc_info[0] is not None:
            told["exception"] = redacted(self.formatException(record.exc_info))
        if record.stack_info:
            told["stack"] = redacted(record.stack_info)
        # ASCII only, so that no reader takes one of Unicode's line ends for the end of the object.
        return json.dumps(told)


def _plain(value: Any) -> Any:
    return redacted(str(value)) if not isinstance(value, (bool, int, float, type(None))) else value


def _escaped(text: str) -> str:
    return _CONTROL.sub(lambda match: f"\\x{ord(match[0]):02x}", text)


def configuration(level: str, *, form: str = "text", access: bool = False) -> dict[str, Any]:
    """Return Django's ``LOGGING``, also used for the server process itself.

    Args:
        level: a name of :mod:`logging`'s levels, in upper case.
        form: one of :data:`FORMATS`.
        access: whether there is a line for every request.
    """
    lines = {"()": "keyturn_server.observing.logs.JsonFormatter"}
    as_json = form == "json"
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {
            "line": lines
            if as_json
            else {
                "()": "keyturn_server.observing.logs.LineFormatter",
                "format": "%(asctime)s %(levelname)s %(name)s: %(message)s",
            },
            "access": lines
            if as_json
            else {"()": "keyturn_server.observing.logs.LineFormatter", "format": "%(asctime)s %(message)s"},
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
            # It would log what a template was given, wherever one asks for a name that is not there.
            "django.template": {"level": "INFO"},
            "django.server": {"handlers": [], "level": level, "propagate": True},
            # The start and stop of each worker, the coming and going of each connection: details.
            "psycopg.pool": {"level": "DEBUG" if level == "DEBUG" else "WARNING"},
            "_granian": {"level": "DEBUG" if level == "DEBUG" else "WARNING", "propagate": True},
            # It would name the passkey of each sign-in.
            "fido2": {"level": "WARNING"},
            "keyturn.access": {"handlers": ["access"], "level": "INFO" if access else "WARNING", "propagate": False},
        },
    }


def is_json() -> bool:
    """Whether this process logs as JSON."""
    return any(isinstance(handler.formatter, JsonFormatter) for handler in logging.getLogger().handlers)


def take_in() -> None:
    """Have the log tell what Python would write to standard error itself: warnings, and what nobody caught."""
    logging.captureWarnings(capture=True)
    # A message that cannot be put together would be written with all its arguments, past what hides secrets.
    logging.raiseExceptions = False

    def of_a_thread(failure: threading.ExceptHookArgs) -> None:
        if failure.exc_type is SystemExit:
            return
        name = failure.thread.name if failure.thread is not None else "?"
        value = failure.exc_value or failure.exc_type()
        _log.error("the thread %s failed", name, exc_info=(failure.exc_type, value, failure.exc_traceback))

    def of_the_process(kind: type[BaseException], value: BaseException, traceback: TracebackType | None) -> None:
        if issubclass(kind, KeyboardInterrupt):
            sys.__excepthook__(kind, value, traceback)
            return
        _log.critical("the process failed", exc_info=(kind, value, traceback))

    def of_nobody(failure: "sys.UnraisableHookArgs") -> None:
        value = failure.exc_value or failure.exc_type()
        _log.error("passed over: %s", type(value).__name__, exc_info=(failure.exc_type, value, failure.exc_traceback))

    threading.excepthook = of_a_thread
    sys.unraisablehook = of_nobody
    sys.excepthook = of_the_process
