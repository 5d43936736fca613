"""What the commands that remove old rows have in common: their options, and how these are checked."""

from argparse import ArgumentParser
from collections.abc import Mapping
from datetime import timedelta
from typing import Any, ClassVar

from django.core.management.base import BaseCommand, CommandError

__all__ = ["PruneCommand"]


class PruneCommand(BaseCommand):
    """Meant for a daily timer; safe beside a running server and beside another of its kind.

    Attributes:
        what: what ``--older-than`` removes, in words, the setting of its default included.
    """

    what: ClassVar[str] = ""

    def add_arguments(self, parser: ArgumentParser) -> None:
        """``--older-than DAYS`` and ``--batch-size N``."""
        parser.add_argument("--older-than", type=float, metavar="DAYS", help=self.what)
        parser.add_argument(
            "--batch-size", type=int, default=1_000, metavar="N", help="rows a transaction (default: %(default)s)"
        )

    def asked(self, options: Mapping[str, Any], *, default: timedelta | None) -> tuple[timedelta | None, int]:
        """Return how old rows must be to go, and how many a transaction removes.

        Raises:
            CommandError: an option is out of bounds.
        """
        days, batch_size = options["older_than"], options["batch_size"]
        if batch_size < 1:
            raise CommandError("--batch-size must be 1 or more.")
        if days is not None and not 0 <= days <= 36_500:
            raise CommandError("--older-than must be between 0 and 36500 days.")
        return (default if days is None else timedelta(days=days)), batch_size
