"""The command line: ``keyturn serve``, ``keyturn demo``, and every management command by its name."""

import difflib
import importlib
import os
import sys
import textwrap
from collections.abc import Sequence
from typing import Final

import django
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.core.management import ManagementUtility, get_commands
from django.db import OperationalError, ProgrammingError

from keyturn import __version__
from keyturn_server.preflight import close_connections
from keyturn_server.program import set_up, tell

__all__ = ["main"]

# Name to module and first line of help. Imported only when it is run: each needs the settings, or changes them.
_OWN: Final = {
    "serve": ("keyturn_server.serve", "serve HTTP until Ctrl-C or SIGTERM"),
    "demo": ("keyturn_server.demo", "migrate, make two demo users, print curl lines to try, serve (for development)"),
}
_USAGE_ERROR: Final = 2
# What a shell reports for a process that SIGINT ended.
_INTERRUPTED: Final = 130


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command and return the exit code: 0 fine, 1 failed, 2 not understood.

    Args:
        argv: the words after the program's name; the process's own when absent.
    """
    words = list(sys.argv[1:] if argv is None else argv)
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "keyturn_server.settings")
    try:
        return _run(words)
    except ImproperlyConfigured as error:
        return _fail(str(error))
    except (OperationalError, ProgrammingError) as error:
        if _is_about_a_missing_table(error):
            return _fail("the database has not been prepared; run: keyturn migrate")
        if isinstance(error, ProgrammingError):
            raise
        return _fail(f"the database does not answer: {' '.join(str(error).split())}")
    except KeyboardInterrupt:
        return _INTERRUPTED
    finally:
        if settings.configured:
            close_connections()


def _run(words: list[str]) -> int:
    name = words[0] if words else "--help"
    if name in {"--version", "version"}:
        print(f"keyturn {__version__} (Django {django.get_version()})")
        return 0
    if name == "help" and len(words) > 1:
        # "keyturn help serve" is "keyturn serve --help".
        words = [words[1], "--help"]
        name = words[0]
    if name in {"--help", "-h", "help"}:
        print(_help())
        return 0
    if name in _OWN:
        module = importlib.import_module(_OWN[name][0])
        return int(module.run(words[1:]))
    _use_named_settings(words)
    set_up()
    known = [*get_commands(), *_OWN, "help", "version"]
    if name not in known:
        close = difflib.get_close_matches(name, known, n=1)
        return _fail(
            f"there is no command {name!r}; " + (f"did you mean {close[0]}?" if close else "see keyturn --help"),
            code=_USAGE_ERROR,
        )
    ManagementUtility(["keyturn", *words]).execute()
    return 0


def _use_named_settings(words: Sequence[str]) -> None:
    """Honour Django's ``--settings`` before the settings are read."""
    for position, word in enumerate(words):
        if word.startswith("--settings="):
            os.environ["DJANGO_SETTINGS_MODULE"] = word.partition("=")[2]
        elif word == "--settings" and position + 1 < len(words):
            os.environ["DJANGO_SETTINGS_MODULE"] = words[position + 1]


def _is_about_a_missing_table(error: Exception) -> bool:
    # PostgreSQL: undefined_table. SQLite has no codes for it.
    return getattr(error.__cause__, "sqlstate", None) == "42P01" or str(error).startswith("no such table: ")


def _help() -> str:
    lines = ["usage: keyturn COMMAND [options]", ""]
    lines += [f"  {name:<8}{about}" for name, (_, about) in _OWN.items()]
    lines += ["", "Management commands (keyturn help COMMAND says more):"]
    try:
        set_up()
    except ImproperlyConfigured as error:
        lines.append("  (Django's own only: the environment is not complete.)")
        lines += [f"  {line}" for line in str(error).splitlines()]
    by_app: dict[str, list[str]] = {}
    for name, app in get_commands().items():
        by_app.setdefault(str(app).removeprefix("django.contrib.").replace("django.core", "django"), []).append(name)
    for app in sorted(by_app, key=lambda app: (app != "keyturn", app)):
        names = textwrap.wrap(" ".join(sorted(by_app[app])), width=90, break_on_hyphens=False)
        lines += [f"  {app if number == 0 else '':<16}{row}" for number, row in enumerate(names)]
    lines += ["", "Settings come from environment variables; docs/reference/environment.md lists them."]
    return "\n".join(lines)


def _fail(message: str, *, code: int = 1) -> int:
    tell(message)
    return code


if __name__ == "__main__":
    sys.exit(main())
