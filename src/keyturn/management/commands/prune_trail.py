"""``prune_trail``: remove the events and tallies that are older than the retention."""

from typing import Any

from keyturn import conf
from keyturn.clock import utc_now
from keyturn.management.pruning import PruneCommand
from keyturn.trail import retention


class Command(PruneCommand):
    """Meant for a daily timer; safe beside a running server and beside another of its kind."""

    help = "Remove events of the trail that are older than the retention, in batches, without long locks."

    what = "remove what happened more than this many days ago (default: KEYTURN['TRAIL_RETENTION'])"

    def handle(self, *_: Any, **options: Any) -> None:
        """Prune, telling how far it has come after each batch."""
        span, batch_size = self.asked(options, default=conf.get().trail_retention)
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
