"""``clients``: credentials for services that introspect, revoke, or follow revocations."""

from argparse import ArgumentParser
from collections.abc import Sequence
from datetime import UTC
from typing import Any, Final

from django.core.management.base import BaseCommand, CommandError

from keyturn import clients
from keyturn.clients.models import ServiceClient
from keyturn.clock import aware, utc_now

__all__ = ["Command"]

_COLUMNS: Final = ("CLIENT ID", "NAME", "SCOPES", "CREATED", "STATE")


class Command(BaseCommand):
    """A secret is printed once, when it is made; nothing can print it again."""

    help = "Create, list, disable and delete the credentials of other services; give one a new secret."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """One word for what to do, and what it needs."""
        actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
        create = actions.add_parser("create", help="make a client and print its id and secret")
        create.add_argument("name", metavar="NAME", help="which service it is, for people")
        create.add_argument(
            "--scope",
            action="append",
            required=True,
            choices=clients.SCOPES,
            dest="scopes",
            help="what it may do; may be given more than once",
        )
        actions.add_parser("list", help="list all clients, without their secrets")
        for action, about in (
            ("rotate-secret", "print a new secret; the old one is refused from then on"),
            ("disable", "refuse the client from now on"),
            ("delete", "remove the client"),
        ):
            actions.add_parser(action, help=about).add_argument("client_id", metavar="ID", help="as list shows it")

    def handle(self, *_: Any, **options: Any) -> None:
        """Do it.

        Raises:
            CommandError: the name or the id is wrong.
        """
        match options["action"]:
            case "create":
                try:
                    made = clients.create(name=options["name"], scopes=options["scopes"], now=utc_now())
                except ValueError as error:
                    raise CommandError(f"{str(error)[0].upper()}{str(error)[1:]}.") from None
                self._show(made)
            case "list":
                self._list(clients.listed())
            case "rotate-secret":
                rotated = clients.rotate_secret(options["client_id"])
                self._found(rotated is not None, options["client_id"])
                if rotated is not None:
                    self._show(rotated)
            case "disable":
                self._found(clients.disable(options["client_id"], now=utc_now()), options["client_id"])
                self.stdout.write(f"Disabled {options['client_id']}.")
            case "delete":
                self._found(clients.delete(options["client_id"]), options["client_id"])
                self.stdout.write(f"Deleted {options['client_id']}.")
            case _:  # argparse lets no other word through
                raise CommandError("There is no such action.")

    def _found(self, found: bool, client_id: str) -> None:  # noqa: FBT001 - private, one meaning
        if not found:
            raise CommandError(f"There is no client {client_id!r}; 'clients list' names all.")

    def _show(self, made: clients.Created) -> None:
        self.stdout.write(f"client_id={made.client_id}")
        self.stdout.write(f"client_secret={made.secret}")
        self.stderr.write("Keep the secret now: only its hash is stored, and nothing can show it again.")

    def _list(self, found: Sequence[ServiceClient]) -> None:
        rows = [_COLUMNS, *(_row(client) for client in found)]
        widths = [max(len(row[column]) for row in rows) for column in range(len(_COLUMNS))]
        for row in rows:
            self.stdout.write("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())


def _row(client: ServiceClient) -> tuple[str, ...]:
    return (
        client.client_id,
        client.name,
        client.scopes,
        aware(client.created_at).astimezone(UTC).strftime("%Y-%m-%d"),
        "active" if client.disabled_at is None else "disabled",
    )
