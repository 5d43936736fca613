"""What is looked at before the server starts: Django's system checks and the database's migrations."""

from typing import Final

from django.conf import settings
from django.core import checks
from django.db import OperationalError, connection, connections
from django.db.migrations.executor import MigrationExecutor

from keyturn_server.observing import tracing
from keyturn_server.program import tell

__all__ = ["close_connections", "problems", "remarks"]

_NO_MAIL: Final = (
    "KEYTURN_EMAIL_URL is not set, so no mail is sent: sign-up, recovery and changes of an address are answered 503"
)


def problems() -> list[str]:
    """Return what forbids a start, a line each. No connection is left open.

    A database that does not answer forbids nothing: the server starts, is not ready, and recovers with it.
    """
    # Models cannot be imported before Django is set up.
    from keyturn.keys.watching import sealed_elsewhere

    found = [str(message) for message in checks.run_checks() if message.is_serious() and not message.is_silenced()]
    if settings.KEYTURN_SERVER_OTEL and not tracing.is_installed():
        found.append(str(tracing.MissingPackagesError()))
    try:
        executor = MigrationExecutor(connection)
        plan = executor.migration_plan(executor.loader.graph.leaf_nodes())
        if plan:
            count = "1 migration is" if len(plan) == 1 else f"{len(plan)} migrations are"
            found.append(f"{count} not applied to the database; run: keyturn migrate")
        elif error := sealed_elsewhere(list(connections)):
            found.append(str(error))
    except OperationalError as error:
        reason = " ".join(str(error).split())
        tell(f"the database does not answer, starting without it: {reason}")
    finally:
        close_connections()
    return found


def remarks() -> list[str]:
    """Return what forbids no start, and whoever starts the server should know: a line each."""
    # Imports Django's settings, which are not there before Django is set up.
    from keyturn.mail.transport import is_configured

    return [] if is_configured() else [_NO_MAIL]


def close_connections() -> None:
    """Close every connection of this process, and whatever pool a command has made, whose threads would go on."""
    for each in connections.all(initialized_only=True):
        each.close()
        if hasattr(each, "close_pool"):
            each.close_pool()
