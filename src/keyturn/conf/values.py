"""What a setting may be. Each function returns the value, typed, or raises with words that follow the name."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from datetime import timedelta
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_network
from typing import Any, Final

__all__ = [
    "ForgiveAfter",
    "FormerKey",
    "algorithm",
    "audience",
    "boolean",
    "claim",
    "count",
    "dotted",
    "dotted_many",
    "duration",
    "forgive_after",
    "former_keys",
    "header_name",
    "key",
    "leeway",
    "lifetime",
    "max_age",
    "networks",
    "optional_claim",
    "optional_dotted",
    "optional_text",
    "profile_fields",
    "required_of",
    "ring_algorithm",
    "rotation",
    "size",
    "span",
    "text",
    "url",
    "words",
]


@dataclass(frozen=True, slots=True)
class ForgiveAfter:
    """How many clean generations must pass before a late predecessor is forgiven again, by kind of binding."""

    unbound: int = 5
    cookie: int = 2
    dpop: int = 0


@dataclass(frozen=True, slots=True)
class FormerKey:
    """A key that signs no more: what verifies the tokens it signed, which name no key.

    Args:
        algorithm: the JWS ``alg`` it was used with, and none else.
        key: the secret, or the public key.
    """

    algorithm: str
    key: Any = field(repr=False)


def boolean(value: Any) -> bool:
    """True or False, and nothing that merely passes for one."""
    if not isinstance(value, bool):
        raise TypeError("must be True or False")
    return value


def duration(value: Any, *, least: timedelta) -> timedelta:
    """A timedelta, or a number of seconds."""
    if isinstance(value, bool) or not isinstance(value, (int, float, timedelta)):
        raise TypeError("must be a datetime.timedelta or a number of seconds")
    try:
        duration = value if isinstance(value, timedelta) else timedelta(seconds=value)
    except (OverflowError, ValueError):
        raise ValueError("is not a duration that can be represented") from None
    if duration < least:
        raise ValueError(f"must be at least {least.total_seconds():g} s")
    if duration > timedelta(days=36_500):
        raise ValueError("must be under a hundred years")
    return duration


def lifetime(value: Any) -> timedelta:
    """A duration of a second or more."""
    return duration(value, least=timedelta(seconds=1))


def optional_lifetime(value: Any) -> timedelta | None:
    """A duration of a second or more; None: whatever the default is made of."""
    return None if value is None else lifetime(value)


def span(value: Any) -> timedelta:
    """A duration, or none at all."""
    return duration(value, least=timedelta(0))


def leeway(value: Any) -> timedelta:
    """A span; None is none."""
    return timedelta(0) if value is None else span(value)


def text(value: Any) -> str:
    """A text that is not empty."""
    if not isinstance(value, str) or not value:
        raise TypeError("must be a non-empty string")
    return value


def optional_text(value: Any) -> str | None:
    """Such a text, or None."""
    return None if value is None else text(value)


def words(value: Any) -> tuple[str, ...]:
    """One text or several."""
    if not isinstance(value, (str, list, tuple, set, frozenset)):
        raise TypeError("must be a string or a list of strings")
    words = (value,) if isinstance(value, str) else tuple(value)
    if not words:
        raise ValueError("must name at least one")
    return tuple(text(word) for word in words)


def claim(value: Any) -> str:
    """The name of a claim, but of none that Keyturn needs itself."""
    if text(value) in {"exp", "iat", "nbf", "aud", "iss", "sid", "gen", "auth_time", "amr", "acr", "client_id"}:
        raise ValueError("names a claim that Keyturn needs itself")
    return str(value)


def optional_claim(value: Any) -> str | None:
    """Such a name, or None."""
    return None if value is None else claim(value)


def header_name(value: Any) -> str:
    """A header's name as in ``request.META``."""
    if not re.fullmatch("[A-Z0-9_]+", text(value)):
        raise ValueError("must be as in request.META, such as 'HTTP_AUTHORIZATION'")
    return str(value)


def url(value: Any) -> str | None:
    """An address of the web, or None."""
    if value is not None and not text(value).startswith(("https://", "http://")):
        raise ValueError("must begin with https:// or http://")
    return None if value is None else str(value)


def audience(value: Any) -> str | tuple[str, ...] | None:
    """One name or several (RFC 7519 section 4.1.3), or None."""
    if value is None or isinstance(value, str):
        return value
    return words(value)


def algorithm(value: Any) -> str:
    """A JWS ``alg`` (RFC 7518 section 3.1, RFC 8037)."""
    known = tuple(f"{family}{bits}" for family in ("HS", "RS", "PS", "ES") for bits in (256, 384, 512))
    if value not in (*known, "EdDSA"):
        raise ValueError(f"must be one of {', '.join((*known, 'EdDSA'))}")
    return str(value)


def key(value: Any) -> Any:
    """A secret, or a key in PEM or as an object."""
    if isinstance(value, (bool, int, float, list, tuple, set, Mapping)):
        raise TypeError("must be a string, bytes or a key object")
    return value


def ring_algorithm(value: Any) -> str:
    """A JWS ``alg`` that the key ring makes keys for."""
    known = ("ES256", "RS256", "EdDSA")
    if value not in known:
        raise ValueError(f"must be one of {', '.join(known)}")
    return str(value)


def rotation(value: Any) -> timedelta | None:
    """A duration of a minute or more; None: never by itself."""
    return None if value is None else duration(value, least=timedelta(minutes=1))


def max_age(value: Any) -> timedelta:
    """A span of a day at most."""
    duration = span(value)
    if duration > timedelta(days=1):
        raise ValueError("must be at most 86400 s")
    return duration


def former_keys(value: Any) -> tuple[FormerKey, ...]:
    """A list of dictionaries with ``ALGORITHM`` and ``KEY``."""
    if not isinstance(value, (list, tuple)):
        raise TypeError("must be a list of dictionaries with ALGORITHM and KEY")
    found = []
    for one in value:
        if isinstance(one, FormerKey):
            found.append(one)
            continue
        if not isinstance(one, Mapping) or set(one) != {"ALGORITHM", "KEY"}:
            raise TypeError("must be a list of dictionaries with ALGORITHM and KEY, and nothing else")
        given = key(one["KEY"])
        if given is None or given in ("", b""):
            raise ValueError("holds an empty KEY")
        found.append(FormerKey(algorithm(one["ALGORITHM"]), given))
    return tuple(found)


def dotted(value: Any) -> Any:
    """A dotted path, or what it would lead to."""
    if not callable(value) and (not isinstance(value, str) or "." not in value):
        raise ValueError("must be a dotted path such as 'package.module.Name'")
    return value


def optional_dotted(value: Any) -> Any:
    """Such a path, or None."""
    return None if value is None else dotted(value)


def required_of(value: Any) -> Any:
    """``nobody``, ``staff``, ``everybody``, or a dotted path to what is asked of each user."""
    if value in ("nobody", "staff", "everybody"):
        return value
    if not callable(value) and (not isinstance(value, str) or "." not in value):
        raise ValueError("must be 'nobody', 'staff', 'everybody' or a dotted path such as 'package.module.name'")
    return value


def dotted_many(value: Any) -> tuple[Any, ...]:
    """One such path or several."""
    if not isinstance(value, (str, list, tuple)):
        raise TypeError("must be a list of dotted paths")
    classes = (value,) if isinstance(value, str) else tuple(value)
    if not classes:
        raise ValueError("must name at least one token class")
    return tuple(dotted(cls) for cls in classes)


def count(value: Any) -> int:
    """A whole number, 0 or more."""
    if isinstance(value, bool) or not isinstance(value, int) or value < 0:
        raise TypeError("must be a whole number, 0 or more")
    return value


def size(value: Any) -> int:
    """A number of bytes, 1024 or more."""
    if count(value) < 1024:
        raise ValueError("must be at least 1024")
    return int(value)


def forgive_after(value: Any) -> ForgiveAfter:
    """A number for unbound sessions, or a dictionary by kind of binding."""
    if not isinstance(value, Mapping):
        return ForgiveAfter(unbound=count(value))
    known = [field.name for field in fields(ForgiveAfter)]
    for name in value:
        if name not in known:
            raise ValueError(f"knows {', '.join(known)}, not {name!r}")
    return ForgiveAfter(**{name: count(number) for name, number in value.items()})


_NETWORKS: Final = (str, IPv4Network, IPv6Network, IPv4Address, IPv6Address)


def networks(value: Any) -> tuple[IPv4Network | IPv6Network, ...]:
    """Addresses and networks."""
    if not isinstance(value, (list, tuple, set, frozenset)) or not all(isinstance(one, _NETWORKS) for one in value):
        raise TypeError("must be a list of addresses or networks such as '10.0.0.0/8'")
    return tuple(ip_network(network) for network in value)


_NOT_THE_USERS: Final = frozenset(
    {
        "email",
        "groups",
        "is_active",
        "is_staff",
        "is_superuser",
        "last_login",
        "password",
        "user_permissions",
        "username",
    }
)


def profile_fields(value: Any) -> tuple[str, ...]:
    """Names of fields of the user model, but of none that decides who the user is or what the user may."""
    if not isinstance(value, (list, tuple)):
        raise TypeError("must be a list of names of fields")
    names = tuple(text(name) for name in value)
    taken = sorted(_NOT_THE_USERS.intersection(names))
    if taken:
        raise ValueError(f"must not name {', '.join(taken)}")
    return names
