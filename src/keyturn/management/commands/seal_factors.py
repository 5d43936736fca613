"""``seal_factors``: seal the secrets of second factors under the secret that is in force."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from keyturn.mfa.resealing import SealProgress, seal_all


class Command(BaseCommand):
    """Safe beside running servers and beside another of its kind; does nothing where nothing is to be done."""

    help = "Seal the secrets of all second factors under SECRET_KEY, before an earlier one leaves the fallbacks."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """``--batch-size N``."""
        parser.add_argument(
            "--batch-size", type=int, default=1_000, metavar="N", help="rows read in one go (default: %(default)s)"
        )

    def handle(self, *_: Any, **options: Any) -> None:
        """Seal, telling how far it has come after each batch.

        Raises:
            CommandError: an option is out of bounds, or there are factors that no known secret opens.
        """
        if options["batch_size"] < 1:
            raise CommandError("--batch-size must be 1 or more.")
        total = SealProgress()
        for total in seal_all(batch_size=options["batch_size"]):
            if options["verbosity"] > 1:
                self.stdout.write(f"{total.examined} factors examined, {total.sealed} sealed")
        self.stdout.write(f"Sealed {total.sealed} of {total.examined} factors anew.")
        if total.closed:
            raise CommandError(
                f"{total.closed} factors were sealed under a secret that is neither SECRET_KEY nor one of"
                " SECRET_KEY_FALLBACKS, or are damaged; they were left as they are."
            )
