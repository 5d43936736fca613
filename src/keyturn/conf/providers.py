"""``KEYTURN["PROVIDERS"]``: the services by whose accounts people may sign in, as the settings write them."""

import difflib
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Final
from urllib.parse import urlsplit

from keyturn.conf import values

__all__ = ["Kind", "Provider", "providers"]


class Kind:
    """What a provider speaks, where it is not OpenID Connect as it is written."""

    OPENID = "openid"
    GOOGLE = "google"
    APPLE = "apple"
    MICROSOFT = "microsoft"
    GITHUB = "github"


_NAMES: Final[Mapping[str, str]] = {
    Kind.GOOGLE: "Google",
    Kind.APPLE: "Apple",
    Kind.MICROSOFT: "Microsoft",
    Kind.GITHUB: "GitHub",
}
_KINDS: Final = (Kind.OPENID, *_NAMES)
_ISSUERS: Final[Mapping[str, str]] = {
    Kind.GOOGLE: "https://accounts.google.com",
    Kind.APPLE: "https://appleid.apple.com",
}
_HOMES: Final[Mapping[str, str]] = {
    Kind.MICROSOFT: "https://login.microsoftonline.com",
    Kind.GITHUB: "https://github.com",
}
_SCOPES: Final[Mapping[str, tuple[str, ...]]] = {
    Kind.APPLE: ("openid", "email"),
    Kind.GITHUB: ("read:user", "user:email"),
}
_OPENID_SCOPES: Final = ("openid", "profile", "email")

_ID: Final = re.compile(r"[a-z][a-z0-9_-]{0,29}")
_GUID: Final = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
PERSONAL_TENANT: Final = "9188040d-6c67-4c5b-b112-36a304b66dad"
"""Microsoft's name for all accounts that belong to a person and to no organisation."""
_MANY_TENANTS: Final = ("common", "organizations")


@dataclass(frozen=True, slots=True)
class Provider:
    """One provider, checked.

    Args:
        id: its name in URLs, and in the column ``provider`` of linked accounts.
        kind: a word of :class:`Kind`.
        name: for people.
        client_id: what the provider calls us.
        client_secret: what we prove it with; empty for a public client, and where a key does it.
        issuer: exactly as the provider spells it; with ``{tenantid}`` where it has many; empty for GitHub.
        home: what the provider's addresses begin with, where no document tells them.
        scopes: what is asked for.
        app_client_ids: further ``aud`` and ``azp`` of ID tokens that mobile apps bring.
        app_redirect_uris: where the provider may lead a mobile app back to, exactly.
        emails_are_verified: whether whoever runs this vouches for the provider's addresses.
        tenant: Microsoft's: the id of a directory, or a word for many.
        team_id: Apple's.
        key_id: the name of Apple's key.
        private_key: Apple's key, PEM.
    """

    id: str
    kind: str
    name: str
    client_id: str
    client_secret: str = field(repr=False)
    issuer: str
    home: str
    scopes: tuple[str, ...]
    app_client_ids: tuple[str, ...]
    app_redirect_uris: tuple[str, ...]
    emails_are_verified: bool
    tenant: str
    team_id: str
    key_id: str
    private_key: str = field(repr=False)

    @property
    def discovery(self) -> str:
        """Where an OpenID provider describes itself (OpenID Connect Discovery section 4)."""
        base = self.issuer.rstrip("/")
        if self.kind == Kind.MICROSOFT and "{tenantid}" in base:
            base = f"{self.home}/{self.tenant}/v2.0"
        return f"{base}/.well-known/openid-configuration"

    @property
    def takes_tokens(self) -> bool:
        """Whether a mobile app can bring something that proves who its user is."""
        return self.kind != Kind.GITHUB or bool(self.app_redirect_uris)


_TEXTS: Final = ("CLIENT_ID", "CLIENT_SECRET", "ISSUER", "KEY_ID", "KIND", "NAME", "PRIVATE_KEY", "TEAM_ID", "TENANT")
_LISTS: Final = ("APP_CLIENT_IDS", "APP_REDIRECT_URIS", "SCOPES")
_KNOWN: Final = (*_TEXTS, *_LISTS, "EMAILS_ARE_VERIFIED", "URL")


def providers(value: Any) -> Mapping[str, Provider]:
    """A dictionary of providers by their ids."""
    if not isinstance(value, Mapping):
        raise TypeError("must be a dictionary of dictionaries, such as {'google': {'CLIENT_ID': …}}")
    found: dict[str, Provider] = {}
    for name, given in value.items():
        if isinstance(given, Provider):
            found[given.id] = given
            continue
        if not isinstance(name, str) or not _ID.fullmatch(name):
            raise ValueError(f"names a provider {name!r}: small letters, digits, - and _, 30 at most")
        if not isinstance(given, Mapping):
            raise TypeError(f"must have a dictionary for {name!r}")
        try:
            found[name] = _provider(name, given)
        except (TypeError, ValueError) as error:
            raise type(error)(f"{error}, in {name!r}") from None
    return MappingProxyType(found)


def _provider(name: str, given: Mapping[str, Any]) -> Provider:
    for key in given:
        if key not in _KNOWN:
            close = difflib.get_close_matches(str(key).upper(), _KNOWN, n=1, cutoff=0.5)
            raise ValueError(f"has no {key!r}" + (f"; did you mean {close[0]!r}?" if close else ""))
    texts = {key: _text(key, given.get(key, "")) for key in _TEXTS}
    kind = texts["KIND"] or (name if name in _NAMES else Kind.OPENID)
    if kind not in _KINDS:
        raise ValueError(f"knows the kinds {', '.join(_KINDS)}, not {kind!r}")
    if not texts["CLIENT_ID"]:
        raise ValueError("must have a CLIENT_ID")
    home = _address("URL", given.get("URL") or _HOMES.get(kind, "")) if kind in _HOMES else ""
    if kind not in _HOMES and "URL" in given:
        raise ValueError("takes a URL for GitHub and Microsoft only; say ISSUER")
    issuer, tenant = _issuer(kind, texts, home)
    _check_credentials(kind, texts)
    if kind == Kind.GITHUB and given.get("EMAILS_ARE_VERIFIED"):
        raise ValueError("needs no EMAILS_ARE_VERIFIED: GitHub says it of each address")
    scopes = _list("SCOPES", given.get("SCOPES", _SCOPES.get(kind, _OPENID_SCOPES)))
    if kind != Kind.GITHUB and "openid" not in scopes:
        raise ValueError("must have 'openid' among its SCOPES (OpenID Connect Core section 3.1.2.1)")
    return Provider(
        id=name,
        kind=kind,
        name=texts["NAME"] or _NAMES.get(kind) or name.replace("-", " ").replace("_", " ").title(),
        client_id=texts["CLIENT_ID"],
        client_secret=texts["CLIENT_SECRET"],
        issuer=issuer,
        home=home,
        scopes=scopes,
        app_client_ids=_list("APP_CLIENT_IDS", given.get("APP_CLIENT_IDS", ())),
        app_redirect_uris=tuple(map(_app_address, _list("APP_REDIRECT_URIS", given.get("APP_REDIRECT_URIS", ())))),
        emails_are_verified=values.boolean(given.get("EMAILS_ARE_VERIFIED", False)),
        tenant=tenant,
        team_id=texts["TEAM_ID"],
        key_id=texts["KEY_ID"],
        private_key=texts["PRIVATE_KEY"],
    )


def _issuer(kind: str, texts: Mapping[str, str], home: str) -> tuple[str, str]:
    """The issuer, and Microsoft's tenant."""
    given = texts["ISSUER"]
    if kind == Kind.OPENID:
        if not given:
            raise ValueError("must have an ISSUER")
        return _address("ISSUER", given, keep=True), ""
    if kind == Kind.MICROSOFT:
        tenant = texts["TENANT"].lower()
        tenant = PERSONAL_TENANT if tenant == "consumers" else tenant
        if tenant not in _MANY_TENANTS and not _GUID.fullmatch(tenant):
            raise ValueError(f"must have a TENANT: the id of a directory, {', '.join(_MANY_TENANTS)} or consumers")
        return f"{home}/{'{tenantid}' if tenant in _MANY_TENANTS else tenant}/v2.0", tenant
    if given and kind == Kind.GITHUB:
        raise ValueError("has no ISSUER: GitHub is no OpenID provider")
    return _address("ISSUER", given or _ISSUERS.get(kind, ""), keep=True) if kind != Kind.GITHUB else "", ""


def _check_credentials(kind: str, texts: Mapping[str, str]) -> None:
    if kind == Kind.APPLE:
        missing = [key for key in ("TEAM_ID", "KEY_ID", "PRIVATE_KEY") if not texts[key]]
        if missing:
            raise ValueError(f"must have {', '.join(missing)}")
    elif kind in {Kind.GOOGLE, Kind.GITHUB, Kind.MICROSOFT} and not texts["CLIENT_SECRET"]:
        raise ValueError("must have a CLIENT_SECRET")


def _text(key: str, value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError(f"must have a string for {key}")
    return value.strip()


def _list(key: str, value: Any) -> tuple[str, ...]:
    if not isinstance(value, (list, tuple)) or not all(isinstance(one, str) and one for one in value):
        raise TypeError(f"must have a list of strings for {key}")
    return tuple(value)


def _address(key: str, value: str, *, keep: bool = False) -> str:
    """An address of the web that may be asked; ``http`` only for this machine itself, as tests and trials have it."""
    parts = urlsplit(value)
    is_local = parts.scheme == "http" and parts.hostname in {"localhost", "127.0.0.1", "::1"}
    if not (parts.scheme == "https" or is_local) or not parts.hostname or parts.username is not None:
        raise ValueError(f"must have an address with https:// for {key}")
    if parts.query or parts.fragment or not value.isascii() or not value.isprintable() or " " in value:
        raise ValueError(f"must have an address without query and fragment for {key}")
    return value if keep else value.rstrip("/")


def _app_address(value: str) -> str:
    """An address that only a mobile app is reached under: a scheme of its own, or a web address that the app claims."""
    parts = urlsplit(value)
    if not re.fullmatch(r"[a-z][a-z0-9+.-]*", parts.scheme) or parts.scheme in {"javascript", "data", "file", "http"}:
        raise ValueError("must have APP_REDIRECT_URIS with the app's own scheme, or https (RFC 8252 section 7)")
    if parts.fragment or not value.isascii() or not value.isprintable() or " " in value:
        raise ValueError("must have APP_REDIRECT_URIS in ASCII, without fragment")
    return value
