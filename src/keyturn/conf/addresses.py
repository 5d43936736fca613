"""What an address among the settings may be. Each function returns it, checked, or raises with words for its name."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Final
from urllib.parse import urlsplit

__all__ = ["FRONTEND_PAGES", "frontend_urls", "origin_of", "origins", "public_url"]

FRONTEND_PAGES: Final = ("verify_email", "reset_password", "sign_in_link", "sign_in")
"""Pages of a front end that mails and Keyturn's own pages lead to. All but the last one are handed a key."""

_PLACE: Final = "{key}"


def _web_address(value: Any) -> str:
    if not isinstance(value, str) or not value:
        raise TypeError("must be a non-empty string")
    parts = urlsplit(value)
    if parts.scheme not in {"http", "https"} or not parts.hostname or parts.username is not None:
        raise ValueError("must begin with https:// or http:// and a host")
    if not value.isascii() or not value.isprintable() or " " in value or "\\" in value:
        raise ValueError("must be written in ASCII, without spaces and backslashes (RFC 3986 section 2)")
    if "," in parts.netloc or parts.port == 0:
        raise ValueError("names no host that can be called")
    return value


def origin_of(address: str) -> str:
    """The origin of a web address in its normal form (RFC 6454 section 6.2): small letters, no default port."""
    parts = urlsplit(address)
    host = (parts.hostname or "").lower()
    host = f"[{host}]" if ":" in host else host
    default = {"http": 80, "https": 443}.get(parts.scheme.lower())
    port = "" if parts.port is None or parts.port == default else f":{parts.port}"
    return f"{parts.scheme.lower()}://{host}{port}"


def public_url(value: Any) -> str | None:
    """Where clients reach the project, without a slash at the end; None."""
    if value is None:
        return None
    address = _web_address(value)
    parts = urlsplit(address)
    if parts.query or parts.fragment or "?" in address or "#" in address:
        raise ValueError("must have neither query nor fragment")
    return address.rstrip("/")


def frontend_urls(value: Any) -> Mapping[str, str]:
    """A dictionary of web addresses by page."""
    if not isinstance(value, Mapping):
        raise TypeError("must be a dictionary of addresses")
    found: dict[str, str] = {}
    for page, address in value.items():
        if page not in FRONTEND_PAGES:
            raise ValueError(f"knows {', '.join(FRONTEND_PAGES)}, not {page!r}")
        wanted = 0 if page == "sign_in" else 1
        given = _web_address(address)
        bare = given.replace(_PLACE, "")
        if given.count(_PLACE) != wanted or "{" in bare or "}" in bare:
            raise ValueError(f"must have {_PLACE} {'once' if wanted else 'nowhere'} in {page!r}, and no other braces")
        if wanted and _PLACE in urlsplit(given).netloc:
            raise ValueError(f"must not have {_PLACE} in the host of {page!r}")
        found[page] = given
    return MappingProxyType(found)


def origins(value: Any) -> tuple[str, ...]:
    """A list of origins (RFC 6454): scheme, host and port, nothing after them."""
    if not isinstance(value, (list, tuple)):
        raise TypeError("must be a list of origins such as 'https://app.example.com'")
    found = []
    for one in value:
        address = _web_address(one)
        if urlsplit(address).path or "?" in address or "#" in address:
            raise ValueError(f"must hold origins, and nothing after the host: not {one!r}")
        found.append(origin_of(address))
    return tuple(found)
