"""What the rule of rotation does to honest clients and to thieves, simulated through the real services.

    python -m tests.proofs.simulation [--refreshes N] [--thieves N] [--seed S] [--only BINDING] [--rule-only]

Prints honest log-outs per million refreshes and thieves' uses until the session is dead, for sessions that are unbound,
bound to a device cookie, and bound to a DPoP key. The database is a SQLite of its own in memory, and takes half an hour
of one core for all three kinds of session. ``--rule-only`` leaves it out: the same clients, many times as fast.
"""

import argparse
import logging
from collections.abc import Sequence

__all__ = ["main"]


def _prepare_database() -> None:
    """Django with the tests' settings, on an empty database in memory."""
    import django
    from django.conf import settings
    from django.core.management import call_command

    from tests.settings import base

    chosen = {name: getattr(base, name) for name in dir(base) if name.isupper()}
    settings.configure(**chosen, DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}})
    django.setup()
    call_command("migrate", verbosity=0)


def main(words: Sequence[str] | None = None) -> None:
    """Print the table."""
    options = argparse.ArgumentParser(prog="python -m tests.proofs.simulation", description="Simulate the rule.")
    options.add_argument("--refreshes", type=int, default=300_000, help="a cell, at least (default: %(default)s)")
    options.add_argument("--thieves", type=int, default=100, help="a cell (default: %(default)s)")
    options.add_argument("--seed", type=int, default=7)
    options.add_argument("--only", choices=("unbound", "cookie", "dpop"), help="one kind of session")
    options.add_argument("--rule-only", action="store_true", help="without the database")
    chosen = options.parse_args(words)
    _prepare_database()
    # Every caught thief would be a line of the log.
    logging.getLogger("keyturn").setLevel(logging.ERROR)
    # Models can be imported only now.
    from tests.proofs.engines import BINDINGS, real_services, rule_alone
    from tests.proofs.figures import table

    engine = rule_alone if chosen.rule_only else real_services
    kinds = {"unbound" if kind is None else kind.value: kind for kind in BINDINGS}
    if chosen.only is not None:
        kinds = {chosen.only: kinds[chosen.only]}
    for line in table(engine, kinds, refreshes=chosen.refreshes, thieves=chosen.thieves, seed=chosen.seed):
        print(line, flush=True)


if __name__ == "__main__":
    main()
