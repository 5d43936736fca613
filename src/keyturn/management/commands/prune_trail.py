"""``prune_trail``: remove the events and tallies that are older than the retention."""

from argparse import ArgumentParser
from datetime import timedelta
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from keyturn import conf
from keyturn.clock import utc_now
from keyturn.trail import retention


class Command(BaseCommand):
    """Meant for a daily timer; safe beside a running server and beside another of its kind."""

    help = "Remove events of the trail that are older than the retention, in batches, without long locks."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """``--older-than DAYS`` and ``--batch-size N``."""
        parser.add_argument(
            "--older-than",
            type=float,
            metavar="DAYS",
            help="remove what happened more than this many days ago (default: KEYTURN['TRAIL_RETENTION'])",
        )
        parser.add_argument(
            "--batch-size", type=int, default=1_000, metavar="N", help="rows a transaction (default: %(default)s)"
        )

    def handle(self, *_: Any, **options: Any) -> None:
        """Prune, telling how far it has come after each batch."""
        days, batch_size = options["older_than"], options["batch_size"]
        if batch_size < 1:
            raise CommandError("--batch-size must be 1 or more.")
        if days is not None and not 0 <= days <= 36_500:
            raise CommandError("--older-than must be between 0 and 36500 days.")
        span = conf.get().trail_retention if days is None else timedelta(days=days)
        if span is None:
            self.stdout.write("KEYTURN['TRAIL_RETENTION'] is None: everything stays.")
            return
        now = utc_now()
        removed = 0
        for removed in retention.prune(now=now, retention=span, batch_size=batch_size):
            if options["verbosity"] > 1:
                self.stdout.write(f"{removed} events removed")
        tallies = retention.prune_tallies(now=now, retention=span)
        self.stdout.write(f"Removed {removed} events and {tallies} hourly counts.")
