"""``prune_sign_ups``: remove accounts that nobody confirmed, where a setting or an option says after how long."""

from typing import Any

from django.apps import apps
from django.core.management.base import CommandError

from keyturn import conf
from keyturn.clock import utc_now
from keyturn.management.pruning import PruneCommand


class Command(PruneCommand):
    """Meant for a daily timer; safe beside a running server and beside another of its kind."""

    help = "Remove accounts that were signed up for and never confirmed, and that nobody has used."

    what = "remove what was signed up for more than this many days ago (default: KEYTURN['SIGN_UP_RETENTION'])"

    def handle(self, *_: Any, **options: Any) -> None:
        """Prune, telling how far it has come after each batch."""
        span, batch_size = self.asked(options, default=conf.get().sign_up_retention)
        if not apps.is_installed("allauth.account"):
            raise CommandError("there are no accounts in this project: django-allauth is not installed.")
        if span is None:
            self.stdout.write("KEYTURN['SIGN_UP_RETENTION'] is None: every account stays.")
            return
        # Its models are those of django-allauth.
        from keyturn.accounts import signups_pruning  # noqa: PLC0415

        if not signups_pruning.is_mandatory():
            self.stdout.write("An address need not be confirmed in this project: every account stays.")
            return
        total = signups_pruning.PruneProgress(0, 0)
        for total in signups_pruning.prune_sign_ups(now=utc_now(), retention=span, batch_size=batch_size):
            if options["verbosity"] > 1:
                self.stdout.write(f"{total.examined} accounts examined, {total.removed} removed")
        self.stdout.write(f"Removed {total.removed} of {total.examined} accounts that were never confirmed.")
