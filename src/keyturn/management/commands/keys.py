"""``keys``: look at the key ring, rotate it, revoke a key, bring one along, show the public halves."""

import json
import sys
from argparse import ArgumentParser
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from django.core.management.base import BaseCommand, CommandError

from keyturn import conf
from keyturn.clock import utc_now
from keyturn.errors import UnavailableError
from keyturn.jose import read_jwk
from keyturn.keys import changing, ring
from keyturn.keys.changing import NotNowError, Published
from keyturn.keys.derived import configured
from keyturn.keys.documents import public_keys
from keyturn.keys.states import State
from keyturn.keys.tending import lead_time

_MOST_BYTES: Final = 65_536
"""Of a file to import; no key is nearly as long."""


class Command(BaseCommand):
    """Safe beside running servers, which rotate by themselves. Nothing here prints a private key."""

    help = "List, rotate, revoke and import the keys that sign access tokens; export their public halves."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """One subcommand each."""
        commands = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
        listing = commands.add_parser("list", help="show every key and what it is now")
        listing.add_argument("--json", action="store_true", help="as JSON")
        rotating = commands.add_parser("rotate", help="publish the next key now; it signs once every cache has it")
        rotating.add_argument("--now", action="store_true", help="let the next key sign now, if every cache has it")
        rotating.add_argument("--emergency", action="store_true", help="with --now: although some caches have it not")
        revoking = commands.add_parser("revoke", help="end a key; refused while tokens that it signed live")
        revoking.add_argument(
            "kid",
            metavar="KID",
            help="the key's id, or how it begins (6 characters or more); after -- if that is a hyphen",
        )
        revoking.add_argument("--emergency", action="store_true", help="all its tokens die within a second")
        importing = commands.add_parser("import", help="publish a private key of your own as the next one")
        importing.add_argument("file", metavar="FILE", help="PEM without passphrase; - is standard input")
        exporting = commands.add_parser("export-public", help="print the public keys as a JWK Set")
        exporting.add_argument("--pem", action="store_true", help="as PEM, each under a line with its id")

    def handle(self, *_: Any, **options: Any) -> None:
        """Do one of them."""
        now = utc_now()
        actions = {
            "list": self._list,
            "rotate": self._rotate,
            "revoke": self._revoke,
            "import": self._import,
            "export-public": self._export,
        }
        try:
            actions[options["action"]](now, options)
        except (NotNowError, UnavailableError) as error:
            raise CommandError(str(error)) from None

    def _list(self, now: datetime, options: dict[str, Any]) -> None:
        if configured().access_signing is not None:
            if options["json"]:
                self.stdout.write("[]")
            else:
                algorithm = conf.get().algorithm
                self.stdout.write(f"SIMPLE_JWT names the key that signs ({algorithm}); the key ring is not used.")
            return
        known = ring.load()
        found = []
        for key in reversed(known.ring.keys):
            state = known.ring.state(key, now)
            end = None if state is State.NEXT else known.ring.ends_at(key)
            row = {
                "kid": key.kid,
                "algorithm": key.algorithm,
                "state": state.value,
                "published": _written(key.created_at),
                "signs_from": _written(key.activates_at),
                "verifies_until": None if end is None else _written(end),
            }
            if key.revoked_at is not None:
                row["reason"] = key.revoked_reason
            if key.kid in known.locked:
                row["problem"] = str(known.locked[key.kid])
            found.append(row)
        if options["json"]:
            self.stdout.write(json.dumps(found, indent=2))
            return
        self._print(found)

    def _print(self, found: list[dict[str, Any]]) -> None:
        if not found:
            self.stdout.write(
                "The ring is empty. Its first key is made by the first server that starts, or at the first login."
            )
            return
        columns = ("kid", "algorithm", "state", "published", "signs_from", "verifies_until")
        table = [columns, *([row[name] or "-" for name in columns] for row in found)]
        widths = [max(len(line[number]) for line in table) for number in range(len(columns))]
        for line in table:
            cells = (cell.replace("_", " ") if line is columns else cell for cell in line)
            self.stdout.write("  ".join(cell.ljust(width) for cell, width in zip(cells, widths, strict=True)).rstrip())
        for problem in dict.fromkeys(row["problem"] for row in found if "problem" in row):
            self.stderr.write(problem)

    def _rotate(self, now: datetime, options: dict[str, Any]) -> None:
        if options["emergency"] and not options["now"]:
            raise CommandError("--emergency goes with --now: without it the next key waits for every cache anyway.")
        done = changing.rotate(now=now, at_once=options["now"], emergency=options["emergency"])
        self._tell(done, now)

    def _tell(self, done: Published, now: datetime) -> None:
        if done.activates_at <= now:
            self.stdout.write(f"Key {done.kid} signs from now on.")
        elif done.is_new:
            self.stdout.write(
                f"Key {done.kid} is published. It signs from {_shown(done.activates_at)}, when every cache of the keys"
                f" has it ({lead_time().total_seconds():g} s)."
            )
        else:
            self.stdout.write(f"Key {done.kid} is published already. It signs from {_shown(done.activates_at)}.")

    def _revoke(self, now: datetime, options: dict[str, Any]) -> None:
        key, successor = changing.revoke(options["kid"], now=now, emergency=options["emergency"])
        self.stdout.write(f"Key {key.kid} is revoked. Its tokens are refused within a second; clients refresh.")
        if successor is not None:
            self._tell(successor, now)

    def _import(self, now: datetime, options: dict[str, Any]) -> None:
        try:
            if options["file"] == "-":
                pem = sys.stdin.buffer.read(_MOST_BYTES + 1)
            else:
                with Path(options["file"]).open("rb") as file:
                    pem = file.read(_MOST_BYTES + 1)
        except OSError as error:
            raise CommandError(f"{options['file']} cannot be read: {error.strerror}.") from None
        if len(pem) > _MOST_BYTES:
            raise CommandError("This is too long for a key.")
        try:
            done = changing.import_key(pem, now=now)
        except ValueError as error:
            raise CommandError(f"Not imported: {error}.") from None
        self._tell(done, now)

    def _export(self, now: datetime, options: dict[str, Any]) -> None:
        found = public_keys(now=now)
        if not options["pem"]:
            self.stdout.write(json.dumps({"keys": found}, indent=2))
            return
        for jwk in found:
            public = read_jwk(jwk).verifying
            pem = public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()
            self.stdout.write(f"{jwk['kid']} ({jwk['alg']})\n{pem}", ending="")


def _written(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def _shown(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%d %H:%M:%S UTC")
