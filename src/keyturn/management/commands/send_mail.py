"""``send_mail``: deliver what is in the queue, for projects whose processes are not to do it themselves."""

import signal
from argparse import ArgumentParser
from threading import Event
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import Error, connections

from keyturn.clock import utc_now
from keyturn.mail.courier import INTERVAL, Deliveries, deliver_due
from keyturn.mail.queue import Lane, database, prune


class Command(BaseCommand):
    """Safe beside running servers and beside another of its kind: each row is claimed before it is delivered."""

    help = "Deliver the mail that is due, and everything else in the queue."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """``--follow`` and ``--interval SECONDS``."""
        parser.add_argument("--follow", action="store_true", help="go on until interrupted")
        parser.add_argument(
            "--interval",
            type=float,
            default=INTERVAL,
            metavar="SECONDS",
            help="between two looks at the queue (default: %(default)s)",
        )

    def handle(self, *_: Any, **options: Any) -> None:
        """Deliver, telling at the end what became of it."""
        interval = options["interval"]
        if not 0.1 <= interval <= 3600:
            raise CommandError("--interval must be between 0.1 and 3600 seconds.")
        counted = Deliveries()
        self._turn(counted)
        if options["follow"]:
            stop = Event()
            before = signal.signal(signal.SIGTERM, lambda *_: stop.set())
            try:
                while not stop.wait(interval):
                    self._turn_whatever_happens(counted)
            except KeyboardInterrupt:
                pass
            finally:
                signal.signal(signal.SIGTERM, before)
        self.stdout.write(f"{counted.made} delivered, {counted.put_off} put off, {counted.given_up} given up.")

    @staticmethod
    def _turn(counted: Deliveries) -> None:
        for lane in Lane:
            deliver_due(lane=lane, counted=counted)
        prune(now=utc_now())

    def _turn_whatever_happens(self, counted: Deliveries) -> None:
        try:
            self._turn(counted)
        except Error as error:
            self.stderr.write(f"The queue cannot be read: {type(error).__name__}.")
            connections[database()].close()
