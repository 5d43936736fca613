"""The flood's requests: everything of ``tests/bad_input/catalogue``, as bytes, for every endpoint it is meant for."""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlencode

from tests.bad_input.catalogue import accounts, bodies, forms, headers, tokens, wire
from tests.bad_input.catalogue.endpoints import BODY_DOORS, DOORS, Door

__all__ = ["Bait", "Malformed", "catalogue"]

_HOST: Final = "Host: localhost"
_JSON: Final = "application/json"


@dataclass(frozen=True)
class Bait:
    """What the flood holds: tokens of one user, who does nothing else.

    Args:
        values: what the fields of a good body hold, by kind.
        access: an access token.
        session: the id of its session.
        service: the credentials of a service, as the value of the header.
        signed: tokens of good signature that say what no token says, by kind.
    """

    values: Mapping[str, str]
    access: str
    session: str
    service: str
    signed: Mapping[str, Sequence[str]]


@dataclass(frozen=True, slots=True)
class Malformed:
    """One request.

    Args:
        group: the part of the catalogue it comes from.
        data: all its bytes.
        is_whole: whether it is HTTP, so that the answer says where it ends and the connection may be kept.
    """

    group: str
    data: bytes
    is_whole: bool


def catalogue(bait: Bait) -> Iterator[Malformed]:
    """Everything, once."""
    for group, make in _GROUPS.items():
        for data in make(bait):
            yield Malformed(group, data, is_whole=group != "no HTTP")


def _request(method: str, path: str, *lines: str, body: bytes | None = None) -> bytes:
    """A request with a right host and a right length, unless a line says another."""
    head = [f"{method} {path} HTTP/1.1", _HOST, *lines]
    if body is not None and not any(line.startswith(("Content-Length:", "Transfer-Encoding:")) for line in lines):
        head.append(f"Content-Length: {len(body)}")
    return "\r\n".join([*head, "", ""]).encode("utf-8", "surrogatepass") + (body or b"")


def _at(door: Door, bait: Bait, body: bytes | None, *lines: str, kind: str | None = _JSON, query: str = "") -> bytes:
    """A request that is good but for what is given."""
    sent = list(lines)
    if not any(line.startswith("Authorization:") for line in lines):
        if door.bearer:
            sent.append(f"Authorization: Bearer {bait.access}")
        elif door.service:
            sent.append(f"Authorization: {bait.service}")
    if body is not None and kind is not None:
        sent.append(f"Content-Type: {kind}")
    return _request(door.method, door.path.format(session=bait.session) + query, *sent, body=body)


def _good(door: Door, bait: Bait) -> dict[str, str]:
    return {name: bait.values[kind] for name, kind in door.fields.items()}


def _json(door: Door, bait: Bait) -> bytes | None:
    return json.dumps(_good(door, bait)).encode() if door.fields else None


def _no_http(_: Bait) -> Iterator[bytes]:
    yield from wire.NO_HTTP.values()
    for lines in wire.LENGTHS.values():
        yield _request("POST", "/token/verify/", wire.JSON, *lines, body=wire.GOOD)
    for body in wire.CHUNKS.values():
        yield _request("POST", "/token/verify/", wire.JSON, "Transfer-Encoding: chunked", body=body)


def _bodies(bait: Bait) -> Iterator[bytes]:
    for door in DOORS.values():
        for body in bodies.UNREADABLE.values():
            yield _at(door, bait, body)
    for door in BODY_DOORS.values():
        for body in (*bodies.NO_OBJECT.values(), *wire.BODIES.values()):
            yield _at(door, bait, body)
        good = {name: json.dumps(text) for name, text in _good(door, bait).items()}
        for name in door.fields:
            for value in bodies.WRONG_VALUES.values():
                wrong = {**good, name: value.replace("%s", good[name])}
                yield _at(door, bait, ("{" + ", ".join(f'"{key}": {one}' for key, one in wrong.items()) + "}").encode())


def _too_large(bait: Bait) -> Iterator[bytes]:
    # One endpoint each: ten megabytes to all of them would be a flood of bytes and of nothing else.
    for door, make in zip(DOORS.values(), bodies.TOO_LARGE.values(), strict=False):
        yield _at(door, bait, make())


def _forms(bait: Bait) -> Iterator[bytes]:
    for door in BODY_DOORS.values():
        for body in forms.BAD_URLENCODED.values():
            yield _at(door, bait, body, kind=forms.URLENCODED)
        for body in forms.BAD_MULTIPART.values():
            yield _at(door, bait, body, kind=forms.MULTIPART)
        for kind in forms.BAD_BOUNDARIES.values():
            yield _at(door, bait, b"".join(forms.part(name, b"x") for name in door.fields), kind=kind)


def _headers(bait: Bait) -> Iterator[bytes]:
    for name, door in DOORS.items():
        body = _json(door, bait)
        # Of some of them the server sees nothing, and answers: so only where a good answer changes nothing.
        if name in {"verify", "sessions", "introspect", "revocations"}:
            for accept in (*headers.ACCEPTS.values(), *wire.ACCEPTS):
                yield _at(door, bait, body, f"Accept: {accept}")
        if door.bearer:
            for text in (one for one in headers.CREDENTIALS.values() if one is not None):
                yield _at(door, bait, body, f"Authorization: {text.replace('%s', bait.access)}")
            for text in wire.BEARERS:
                yield _at(door, bait, body, f"Authorization: Bearer {text}")
    for door in BODY_DOORS.values():
        kinds = ("application/json", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x")
        for kind in (*headers.MEDIA_TYPES, *(f"{one}; charset={name}" for one in kinds for name in headers.CHARSETS)):
            yield _at(door, bait, _json(door, bait), kind=kind)
        for name in wire.CHARSETS:
            urlencoded = urlencode(_good(door, bait)).encode()
            yield _at(door, bait, urlencoded, kind=f"{forms.URLENCODED}; charset={name}", query="?a=%ff")
    for path in wire.SESSIONS:
        yield _request("DELETE", path, f"Authorization: Bearer {bait.access}")


def _tokens(bait: Bait) -> Iterator[bytes]:
    for door in DOORS.values():
        for field, kind in door.fields.items():
            if kind in {"refresh", "sliding"}:
                good = bait.values[kind]
                signed = bait.signed["refresh" if kind == "refresh" else "access"]
                for token in (*(make(good) for make in tokens.FORGED.values()), *signed):
                    yield _at(door, bait, json.dumps({field: token}).encode())
        if door.bearer:
            for token in (*(make(bait.access) for make in tokens.FORGED.values()), *bait.signed["access"]):
                # A header holds no line break; the catalogue has one token with one, which is for bodies.
                if "\n" not in token:
                    yield _at(door, bait, _json(door, bait), f"Authorization: Bearer {token}")


def _accounts(bait: Bait) -> Iterator[bytes]:
    signed_in = f"Authorization: Bearer {bait.access}"
    paths = [*accounts.ENDPOINTS, *accounts.PAGES]
    for number, path in enumerate(paths):
        # Signed in and not, in turn: half of what the tests send, and all of it in two endpoints of a kind.
        who = [signed_in] if number % 2 else []
        for body in accounts.BODIES.values():
            yield _request("POST", path, "Content-Type: application/json", *who, body=body)
        for kind in accounts.TYPES:
            yield _request("POST", path, f"Content-Type: {kind}", *who, body=b"email=x%40example.org&password=x")
        for lines in accounts.HEADERS.values():
            yield _request("GET", path, *lines)
        for query in accounts.QUERIES:
            yield _request("GET", path + query, *who)
        for method in accounts.METHODS:
            # Signing out is a good call.
            if method not in {"DELETE", "HEAD"} or not who:
                yield _request(method, path, *who, body=None if method in {"GET", "HEAD"} else b"")


_GROUPS: Final[Mapping[str, Callable[[Bait], Iterator[bytes]]]] = {
    "no HTTP": _no_http,
    "bodies": _bodies,
    "too large": _too_large,
    "forms": _forms,
    "headers": _headers,
    "tokens": _tokens,
    "accounts": _accounts,
}
