"""The texts of environment variables, turned into typed values.

Each function takes the text as it stands in the environment and returns the value, or raises :class:`ValueError` with
words that follow the variable's name ("is not a duration: …"). None repeats a text that may hold a password.
"""

import difflib
import re
from base64 import b64decode
from collections.abc import Callable, Mapping
from datetime import timedelta
from ipaddress import IPv4Network, IPv6Network, ip_interface, ip_network
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from keyturn.conf import addresses, passkeys
from keyturn.conf import limits as rules

__all__ = [
    "boolean",
    "cache_url",
    "cors_origins",
    "duration",
    "forgive_after",
    "frontend_urls",
    "host_names",
    "limits",
    "log_format",
    "log_level",
    "max_age",
    "metrics_token",
    "name",
    "networks",
    "optional_web_address",
    "pairs",
    "passkey_origins",
    "passkey_rp_id",
    "path",
    "public_url",
    "required_of",
    "retention",
    "rotation",
    "secret_list",
    "signing_algorithm",
    "web_origins",
    "webhook_secret_problem",
    "whole_number",
    "words",
]

_YES: Final = frozenset({"1", "true", "yes", "on"})
_NO: Final = frozenset({"0", "false", "no", "off"})
_DURATION: Final = re.compile(r"(?:(\d+)d)?(?:(\d+)h)?(?:(\d+)m)?(?:(\d+)s?)?", re.ASCII)
_LONGEST: Final = timedelta(days=36_500)
_HOST: Final = re.compile(r"\*|\.?[a-z0-9_]([a-z0-9_.-]*[a-z0-9_])?\.?|\[[0-9a-f:.]+\]", re.ASCII)
_ORIGIN: Final = re.compile(r"[a-z][a-z0-9+.-]*://(?:[a-z0-9_.-]+|\[[0-9a-f:.]+\])(?::\d{1,5})?", re.ASCII)
_DEFAULT_PORTS: Final = {"http": ":80", "https": ":443"}
_LOG_LEVELS: Final = ("debug", "info", "warning", "error")
_LOG_FORMATS: Final = ("text", "json")
_ALGORITHMS: Final = ("ES256", "RS256", "EdDSA")
_BINDINGS: Final = ("unbound", "cookie", "dpop")


def _parts(text: str) -> list[str]:
    return [part for part in (piece.strip() for piece in text.split(",")) if part]


def _meant(word: str, known: tuple[str, ...]) -> str:
    close = difflib.get_close_matches(word, known, n=1)
    return f"did you mean {close[0]}?" if close else f"use one of {', '.join(known)}"


def boolean(text: str) -> bool:
    """``1``, ``true``, ``yes``, ``on`` or ``0``, ``false``, ``no``, ``off``, in any case."""
    word = text.strip().lower()
    if word in _YES:
        return True
    if word in _NO:
        return False
    raise ValueError(f"is neither yes nor no: {text!r}; use 1 or 0")


def whole_number(least: int, most: int) -> Callable[[str], int]:
    """A decimal number between both bounds, inclusive."""

    def read(text: str) -> int:
        word = text.strip()
        # The length is bounded before int() sees it: Python refuses more than 4,300 digits with words of its own.
        if re.fullmatch(r"[0-9]{1,18}", word) and least <= int(word) <= most:
            return int(word)
        raise ValueError(f"is not a whole number from {least} to {most}: {text!r}")

    return read


def duration(least: timedelta) -> Callable[[str], timedelta]:
    """Seconds (``300``) or days, hours, minutes and seconds in that order (``2d``, ``5m``, ``1h30m``)."""

    def read(text: str) -> timedelta:
        word = text.strip().lower()
        match = _DURATION.fullmatch(word)
        if not word or match is None:
            raise ValueError(f"is not a duration: {text!r}; write seconds (300) or 5m, 12h, 2d, 1h30m")
        days, hours, minutes, seconds = (number or "0" for number in match.groups())
        if max(len(days), len(hours), len(minutes), len(seconds)) > 12:
            raise ValueError("is longer than a hundred years")
        try:
            value = timedelta(days=int(days), hours=int(hours), minutes=int(minutes), seconds=int(seconds))
        except OverflowError:
            value = timedelta.max
        if value > _LONGEST:
            raise ValueError("is longer than a hundred years")
        if value < least:
            raise ValueError(f"is shorter than {least.total_seconds():g} s: {text!r}")
        return value

    return read


def signing_algorithm(text: str) -> str:
    """One of the algorithms that keys are made for, in any case."""
    word = text.strip()
    for known in _ALGORITHMS:
        if known.lower() == word.lower():
            return known
    raise ValueError(f"is no algorithm that keys are made for: {text!r}; use one of {', '.join(_ALGORITHMS)}")


def rotation(text: str) -> timedelta | None:
    """A duration of a minute or more, or ``off``."""
    return None if text.strip().lower() == "off" else duration(least=timedelta(minutes=1))(text)


def retention(text: str) -> timedelta | None:
    """A duration of a day or more, or ``off``."""
    return None if text.strip().lower() == "off" else duration(least=timedelta(days=1))(text)


def optional_web_address(text: str) -> str:
    """An address of http or https, or nothing."""
    word = text.strip()
    if not word:
        return ""
    parts = urlsplit(word)
    if parts.scheme not in {"http", "https"} or not parts.hostname or not word.isprintable() or " " in word:
        raise ValueError("is not an address such as https://example.com/path")
    return word


def webhook_secret_problem(text: str) -> str:
    """What is wrong with the secret of a webhook, in words that do not repeat it; empty: nothing."""
    if not text:
        return "is missing, and KEYTURN_TRAIL_WEBHOOK_URL needs it"
    key = text.encode()
    if text.startswith("whsec_"):
        try:
            key = b64decode(text.removeprefix("whsec_"), validate=True)
        except ValueError:
            return "is not base64 after whsec_"
    return "is shorter than 24 bytes" if len(key) < 24 else ""


def required_of(text: str) -> str:
    """``nobody``, ``staff`` or ``everybody``, in any case."""
    known = ("nobody", "staff", "everybody")
    word = text.strip().lower()
    if word not in known:
        raise ValueError(f"must be one of {', '.join(known)}{_meant(word, known)}")
    return word


def max_age(text: str) -> timedelta:
    """A duration of a day at most."""
    value = duration(least=timedelta(0))(text)
    if value > timedelta(days=1):
        raise ValueError(f"is longer than a day: {text!r}")
    return value


def path(text: str) -> Path:
    """A path of the file system; ``~`` is the home directory."""
    return Path(text).expanduser()


def secret_list(text: str) -> tuple[str, ...]:
    """Secrets separated by commas."""
    return tuple(_parts(text))


def name(text: str) -> str:
    """A name of one line, 100 characters at most."""
    word = text.strip()
    if not word.isprintable() or len(word) > 100:
        raise ValueError("is not a name of one line, 100 characters at most")
    return word


def words(text: str) -> tuple[str, ...]:
    """Words separated by commas."""
    return tuple(_parts(text))


def pairs(text: str) -> tuple[tuple[str, str], ...]:
    """Values by name, ``name=value`` each, separated by spaces; a name may stand there more than once."""
    found = []
    for part in text.split():
        name, is_there, value = part.partition("=")
        if not (name and is_there and value):
            raise ValueError("is not a list such as 'google=… apple=…'")
        found.append((name, value))
    return tuple(found)


def host_names(text: str) -> tuple[str, ...]:
    """Host names without scheme and port; ``.example.com`` includes its subdomains, ``*`` is every host."""
    hosts = tuple(part.lower() for part in _parts(text))
    for host in hosts:
        if not _HOST.fullmatch(host):
            raise ValueError(f"holds {host!r}; give host names without scheme, port and path, as in auth.example.com")
    return hosts


def cors_origins(text: str) -> tuple[str, ...]:
    """Origins exactly as a browser sends them (RFC 6454 section 6.2), or ``*`` alone for all."""
    origins = tuple(_parts(text))
    if "*" in origins:
        if len(origins) > 1:
            raise ValueError("holds * next to other origins; * already means all")
        return origins
    for origin in origins:
        plain = origin.lower().rstrip("/")
        plain = plain.removesuffix(_DEFAULT_PORTS.get(plain.partition(":")[0], "\n"))
        if not _ORIGIN.fullmatch(plain):
            raise ValueError(f"holds {origin!r}; an origin is scheme, host and port, as in https://app.example.com")
        if plain != origin:
            raise ValueError(f"holds {origin!r}, which no browser sends; write {plain}")
    return origins


def web_origins(text: str) -> tuple[str, ...]:
    """Such origins of web pages, each by its name: a cookie is nothing to give to all."""
    origins = cors_origins(text)
    for origin in origins:
        if not origin.startswith(("https://", "http://")):
            raise ValueError(f"holds {origin!r}; name the pages, as in https://app.example.com")
    return origins


def passkey_rp_id(text: str) -> str:
    """The domain that passkeys belong to; an empty text is none."""
    return (passkeys.rp_id(text.strip()) or "") if text.strip() else ""


def passkey_origins(text: str) -> tuple[str, ...]:
    """Origins of pages and Android apps, separated by commas."""
    return passkeys.origins_of_passkeys(_parts(text))


def public_url(text: str) -> str:
    """``http://`` or ``https://``, a host and perhaps a port; returned without a slash at the end."""
    url = text.strip().rstrip("/")
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError:
        raise ValueError("is not a URL; write it as https://auth.example.com") from None
    if "@" in parts.netloc:
        raise ValueError("holds a user name or password; write it as https://auth.example.com")
    if parts.scheme not in {"http", "https"} or not _ORIGIN.fullmatch(url.lower()):
        whole = " (this server stands at the root of a host: no proxy may cut a prefix off)" if parts.path else ""
        raise ValueError(f"is not scheme, host and port alone: {text!r}{whole}; write it as https://auth.example.com")
    return url.lower()


def networks(text: str) -> tuple[IPv4Network | IPv6Network, ...]:
    """Addresses or networks of RFC 4632 notation, as ``10.0.0.0/8, ::1``."""
    found: list[IPv4Network | IPv6Network] = []
    for part in _parts(text):
        try:
            found.append(ip_network(part))
        except ValueError:
            try:
                meant = ip_interface(part).network
            except ValueError:
                raise ValueError(f"holds {part!r}; give addresses or networks as in 10.0.0.0/8") from None
            raise ValueError(f"holds {part!r}, an address inside a network; write {meant}") from None
    return tuple(found)


def cache_url(text: str) -> str:
    """``valkey://``, ``valkeys://`` (TLS) or the same as ``redis://``, ``rediss://``; always returned as Valkey's."""
    scheme, separator, rest = text.strip().partition("://")
    schemes = {"valkey": "valkey", "valkeys": "valkeys", "redis": "valkey", "rediss": "valkeys"}
    if not separator or scheme.lower() not in schemes:
        raise ValueError("does not begin with valkey://, valkeys://, redis:// or rediss://")
    url = f"{schemes[scheme.lower()]}://{rest}"
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError:
        raise ValueError("is not a URL; write it as valkey://host:6379/0") from None
    if not parts.hostname or not re.fullmatch(r"/?[0-9]{0,5}", parts.path):
        raise ValueError("names no host, or a database that is no number; write it as valkey://host:6379/0")
    return url


def log_level(text: str) -> str:
    """``debug``, ``info``, ``warning`` or ``error``; returned in upper case, as ``logging`` wants it."""
    word = text.strip().lower()
    if word not in _LOG_LEVELS:
        raise ValueError(f"is no log level: {text!r}; {_meant(word, _LOG_LEVELS)}")
    return word.upper()


def log_format(text: str) -> str:
    """``text`` or ``json``."""
    word = text.strip().lower()
    if word not in _LOG_FORMATS:
        raise ValueError(f"is no form of log: {text!r}; {_meant(word, _LOG_FORMATS)}")
    return word


def metrics_token(text: str) -> str:
    """A bearer token (RFC 6750 section 2.1) that nobody guesses."""
    if text and not re.fullmatch(r"[A-Za-z0-9._~+/-]{32,512}=*", text, re.ASCII):
        raise ValueError("is no token of at least 32 letters, digits and -._~+/")
    return text


def limits(text: str) -> Mapping[str, str | None]:
    """``login_pair=10/5m,export_account=off``: rules of :mod:`keyturn.conf.limits` that differ from the defaults."""
    found: dict[str, str | None] = {}
    for part in _parts(text):
        name, _, rule = (piece.strip() for piece in part.partition("="))
        if name not in rules.DEFAULTS:
            raise ValueError(f"holds {name!r}; {_meant(name, tuple(rules.DEFAULTS))}")
        found[name] = None if rule.lower() == "off" else rule
    rules.limits(found)
    return found


def forgive_after(text: str) -> Mapping[str, int]:
    """``5`` (unbound sessions), or by kind of binding: ``unbound=5,cookie=2,dpop=0``."""
    count = whole_number(0, 1_000_000)
    if "=" not in text:
        return {"unbound": count(text)}
    found: dict[str, int] = {}
    for part in _parts(text):
        name, _, number = (piece.strip() for piece in part.partition("="))
        if name not in _BINDINGS:
            raise ValueError(f"holds {name!r}; {_meant(name, _BINDINGS)}")
        found[name] = count(number)
    return found


def frontend_urls(text: str) -> Mapping[str, str]:
    """Addresses by page, ``page=address`` each, separated by spaces."""
    found: dict[str, str] = {}
    for part in text.split():
        page, _, address = part.partition("=")
        if page in found:
            raise ValueError(f"names {page!r} twice")
        found[page] = address
    try:
        return addresses.frontend_urls(found)
    except TypeError as error:
        raise ValueError(str(error)) from None
