"""``prune_sessions``: remove sessions that ended long ago, and what simplejwt left behind for ever."""

from typing import Any

from keyturn import conf
from keyturn.accounts.flows import prune_flows
from keyturn.clock import utc_now
from keyturn.defence import pruning as attempt_pruning
from keyturn.feed import keeping
from keyturn.feed import pruning as feed_pruning
from keyturn.management.pruning import PruneCommand
from keyturn.mfa import challenges, trusted
from keyturn.mfa.pruning import prune_states
from keyturn.sessions.blacklist import prune_listed
from keyturn.sessions.pruning import PruneProgress, prune


class Command(PruneCommand):
    """Meant for a daily timer; safe beside a running server and beside another of its kind."""

    help = "Remove expired and revoked sessions, in batches, without long locks."

    what = "remove what ended more than this many days ago (default: KEYTURN['SESSION_RETENTION'])"

    def handle(self, *_: Any, **options: Any) -> None:
        """Prune, telling how far it has come after each batch."""
        retention, batch_size = self.asked(options, default=conf.get().session_retention)
        assert retention is not None
        now = utc_now()
        total = PruneProgress(0, 0)
        for total in prune(now=now, retention=retention, batch_size=batch_size):
            if options["verbosity"] > 1:
                self.stdout.write(f"{total.examined} sessions examined, {total.removed} removed")
        revocations = feed_pruning.prune(now=now, retention=keeping.retention(keeping.keep()), batch_size=batch_size)
        listed = prune_listed(now=now, batch_size=batch_size)
        flows = prune_flows(now=now, batch_size=batch_size)
        self.stdout.write(f"Removed {total.removed} of {total.examined} sessions.")
        if flows:
            self.stdout.write(f"Removed {flows} flows that nobody went on with.")
        devices = trusted.prune(now=now, batch_size=batch_size)
        if devices:
            self.stdout.write(f"Removed {devices} devices that are trusted no longer.")
        answered = challenges.prune_challenges(now=now, batch_size=batch_size)
        if answered:
            self.stdout.write(f"Removed {answered} answered challenges that are too old to be answered again.")
        states = prune_states(batch_size=batch_size)
        if states:
            self.stdout.write(f"Removed {states} states of factors that are gone.")
        counters = attempt_pruning.prune(now=now, batch_size=batch_size)
        if counters:
            self.stdout.write(f"Removed {counters} counters of attempts that say nothing any more.")
        if revocations:
            self.stdout.write(f"Removed {revocations} revocations that everybody knows of.")
        if listed is not None:
            self.stdout.write(
                f"Removed {listed.removed} expired outstanding tokens, emptied {listed.emptied} raw ones."
            )
