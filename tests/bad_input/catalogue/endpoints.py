"""Every endpoint of ``keyturn.urls``, and what a good request to it looks like."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

__all__ = ["BODY_DOORS", "DOORS", "TOKEN_DOORS", "Door"]


@dataclass(frozen=True)
class Door:
    """One endpoint and method.

    Args:
        method: in capitals.
        path: ``{session}`` stands for the id of a session of the user's.
        fields: what the body needs, by name: ``username``, ``password``, or the kind of token.
        bearer: whether it wants an access token.
        service: whether it wants a service's credentials. Such an endpoint is never throttled.
        takes_garbage: whether it answers 200 to what is no token, as RFC 7662 and 7009 want.
    """

    method: str
    path: str
    fields: Mapping[str, str] = field(default_factory=dict)
    bearer: bool = False
    service: bool = False
    takes_garbage: bool = False


_LOGIN: Final = {"username": "username", "password": "password"}

DOORS: Final[Mapping[str, Door]] = {
    "token": Door("POST", "/token/", _LOGIN),
    "refresh": Door("POST", "/token/refresh/", {"refresh": "refresh"}),
    "verify": Door("POST", "/token/verify/", {"token": "refresh"}),
    "blacklist": Door("POST", "/token/blacklist/", {"refresh": "refresh"}),
    "sliding": Door("POST", "/token/sliding/", _LOGIN),
    "sliding refresh": Door("POST", "/token/sliding/refresh/", {"token": "sliding"}),
    "logout": Door("POST", "/logout/", {"refresh_token": "refresh"}, bearer=True),
    "logout all": Door("POST", "/logout/all/", bearer=True),
    "sessions": Door("GET", "/sessions/", bearer=True),
    "end other sessions": Door("DELETE", "/sessions/", bearer=True),
    "end a session": Door("DELETE", "/sessions/{session}/", bearer=True),
    "introspect": Door("POST", "/introspect/", {"token": "refresh"}, service=True, takes_garbage=True),
    "revoke": Door("POST", "/revoke/", {"token": "refresh"}, service=True, takes_garbage=True),
    "revocations": Door("GET", "/revocations/", service=True),
}
BODY_DOORS: Final = {name: door for name, door in DOORS.items() if door.fields and not door.takes_garbage}
TOKEN_DOORS: Final = {name: door for name, door in BODY_DOORS.items() if "password" not in door.fields}
