"""The ways in which a token can be presented, each to be tried with each kind of bad token."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from keyturn import keys
from keyturn.clock import utc_now
from tests.bad_input.doors import DOORS, World

__all__ = ["PRESENTATIONS", "REFRESHING", "Presentation"]


@dataclass(frozen=True)
class Presentation:
    """One way.

    Args:
        kind: of the token that belongs there: ``refresh``, ``access`` or ``sliding``.
        status: of a refusal.
        send: sends it.
    """

    kind: str
    status: int
    send: Callable[[World, str], Any]

    def good(self, world: World) -> str:
        """A token that would be accepted."""
        return world.access if self.kind == "access" else world.values[self.kind]

    @property
    def key(self) -> str:
        """Whose key signs such tokens: ``refresh`` or ``access``."""
        return "refresh" if self.kind == "refresh" else "access"

    def key_set(self) -> Any:
        """The keys that verify such tokens."""
        return keys.refresh_keys() if self.key == "refresh" else keys.access_keys(now=utc_now())


def _in_body(name: str) -> Callable[[World, str], Any]:
    door = DOORS[name]
    (field,) = door.fields

    def send(world: World, token: str) -> Any:
        return world.send(door, json.dumps({field: token}).encode())

    return send


def _in_header(name: str) -> Callable[[World, str], Any]:
    # As a server hands it over: each byte a character (PEP 3333).
    return lambda world, token: world.send(
        DOORS[name], HTTP_AUTHORIZATION=f"Bearer {token}".encode("utf-8", "surrogatepass").decode("latin-1")
    )


REFRESHING: Mapping[str, Presentation] = {
    "refresh": Presentation("refresh", 401, _in_body("refresh")),
    "verify a refresh token": Presentation("refresh", 401, _in_body("verify")),
}
"""Those that judge a refresh token by its session."""

PRESENTATIONS: Mapping[str, Presentation] = {
    **REFRESHING,
    "blacklist": Presentation("refresh", 401, _in_body("blacklist")),
    "log out": Presentation("refresh", 400, _in_body("logout")),
    "log out with": Presentation("access", 401, _in_header("logout")),
    "log out everywhere with": Presentation("access", 401, _in_header("logout all")),
    "list sessions with": Presentation("access", 401, _in_header("sessions")),
    "end other sessions with": Presentation("access", 401, _in_header("end other sessions")),
    "end a session with": Presentation("access", 401, _in_header("end a session")),
    "refresh a sliding token": Presentation("sliding", 401, _in_body("sliding refresh")),
}
