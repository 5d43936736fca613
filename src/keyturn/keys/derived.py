"""Keys that need no database: those derived from the secret, and those that the project's settings name.

Refresh tokens are read by Keyturn alone: HS256 under a key derived from ``SECRET_KEY``, or the key of ``SIMPLE_JWT``
where the project set one. A generation's refresh token must be the same bytes whenever it is minted, so an algorithm
whose signatures differ each time (ES*, PS*) keeps the derived key for refresh tokens (ADR 0003). Keys derived from
``SECRET_KEY_FALLBACKS`` still verify. Tokens without ``kid`` are verified by the key that stock simplejwt would use,
and by ``FORMER_KEYS``, so that nobody is logged out by installing Keyturn, or by handing signing over to its key ring.
"""

import hashlib
from dataclasses import dataclass, replace
from typing import Any, Final

import jwt
from django.conf import settings as django_settings
from django.core.exceptions import ImproperlyConfigured

from keyturn import conf
from keyturn.errors import UnavailableError
from keyturn.jose import Key, KeySet, derive_key, public_half, public_jwk

__all__ = ["Configured", "configured", "former_key", "secrets"]

_DETERMINISTIC: Final = ("HS", "RS", "EdDSA")


@dataclass(frozen=True, slots=True)
class Configured:
    """What settings and secrets alone say about keys.

    Args:
        refresh: verifies refresh tokens.
        refresh_signing: signs them.
        access: verifies access tokens, but for those that the key ring signed.
        access_signing: signs them where the project's settings name a key; None: the key ring signs.
        published: JWKs of the public keys above (RFC 7517).
    """

    refresh: KeySet
    refresh_signing: Key
    access: KeySet
    access_signing: Key | None
    published: tuple[dict[str, str], ...]


class _KeysAtUrl:
    """The keys of ``SIMPLE_JWT["JWK_URL"]``, fetched and cached by PyJWT."""

    def __init__(self, url: str, algorithm: str) -> None:
        self._client = jwt.PyJWKClient(url)
        self._algorithm = algorithm

    def find(self, raw: str) -> Key | None:
        try:
            found = self._client.get_signing_key_from_jwt(raw)
        except jwt.PyJWKClientConnectionError:
            raise UnavailableError(retry_after=5) from None
        except (jwt.PyJWTError, ValueError):
            return None
        return Key(self._algorithm, None, found.key, found.key_id)


def secrets() -> tuple[str | bytes, ...]:
    """``SECRET_KEY`` and its fallbacks, newest first.

    Raises:
        ImproperlyConfigured: it is empty.
    """
    found = (django_settings.SECRET_KEY, *django_settings.SECRET_KEY_FALLBACKS)
    if not found[0]:
        raise ImproperlyConfigured("SECRET_KEY must not be empty.")
    return found


def former_key(former: conf.FormerKey) -> Key:
    """A key of ``FORMER_KEYS``; one of a key pair goes by its thumbprint too, as it is published.

    Raises:
        ValueError, TypeError, jwt.PyJWTError: it does not fit its algorithm.
    """
    key = Key(former.algorithm, None, former.key)
    jwk = _public_jwk(key)
    return key if jwk is None else Key(former.algorithm, None, public_half(key.prepared_verifying), jwk["kid"])


def _derived(secret: str | bytes, kind: str) -> Key:
    key = derive_key(secret, purpose=f"keyturn {kind} token v1")
    name = hashlib.sha256(derive_key(secret, purpose=f"keyturn {kind} token v1 kid")).hexdigest()[:12]
    return Key("HS256", key, key, f"{kind}-{name}")


def _own(settings: conf.Settings) -> Key:
    """The key that stock simplejwt would sign with under these settings."""
    signing = settings.stock_signing_key
    if settings.algorithm.startswith("HS"):
        return Key(settings.algorithm, signing, signing)
    return Key(settings.algorithm, settings.signing_key, settings.verifying_key)


def _stock(settings: conf.Settings, fallbacks: tuple[str | bytes, ...]) -> tuple[Key, ...]:
    """What verifies tokens without ``kid``: stock's key, and its predecessors where it was ``SECRET_KEY``."""
    own = _own(settings)
    if settings.signing_key is not None or not settings.algorithm.startswith("HS"):
        return (own,)
    return (own, *(Key(settings.algorithm, old, old) for old in fallbacks))


def _public_jwk(key: Key) -> dict[str, str] | None:
    """The public half as a JWK; None for a shared secret.

    Raises:
        ValueError, TypeError, jwt.PyJWTError: it does not fit its algorithm.
    """
    if key.algorithm.startswith("HS"):
        _ = key.prepared_verifying
        return None
    return public_jwk(public_half(key.prepared_verifying), algorithm=key.algorithm)


def _usable(former_keys: tuple[conf.FormerKey, ...]) -> tuple[Key, ...]:
    """Those that can verify anything; ``keyturn.E006`` says which cannot."""
    found = []
    for former in former_keys:
        try:
            found.append(former_key(former))
        except (ValueError, TypeError, jwt.PyJWTError):
            continue
    return tuple(found)


def _published(own: Key, settings: conf.Settings, former: tuple[Key, ...]) -> tuple[dict[str, str], ...]:
    if settings.jwk_url:
        return ()
    pairs: list[Any] = [key.verifying for key in former if key.kid is not None]
    found = [public_jwk(key, algorithm=each.algorithm) for key, each in zip(pairs, _named(former), strict=True)]
    if settings.has_own_key and not settings.algorithm.startswith("HS"):
        try:
            jwk = _public_jwk(own) or {}
        except (ValueError, TypeError, jwt.PyJWTError):
            return tuple(found)  # keyturn.E005 says so
        found.insert(0, jwk)
    return tuple({jwk["kid"]: jwk for jwk in found}.values())


def _named(keys: tuple[Key, ...]) -> tuple[Key, ...]:
    return tuple(key for key in keys if key.kid is not None)


def _build(settings: conf.Settings, known: tuple[str | bytes, ...]) -> Configured:
    secret, fallbacks = known[0], known[1:]
    symmetric = settings.algorithm.startswith("HS")
    signs_itself = settings.has_own_key and (symmetric or settings.signing_key)
    remote = _KeysAtUrl(settings.jwk_url, settings.algorithm) if settings.jwk_url and not symmetric else None
    own, former = _own(settings), _usable(settings.former_keys)
    unnamed = (*_stock(settings, fallbacks), *(replace(key, kid=None) for key in former))
    derived = {kind: [_derived(one, kind) for one in (secret, *fallbacks)] for kind in ("refresh", "access")}
    sets = {
        kind: KeySet(named={str(key.kid): key for key in keys}, unnamed=unnamed, remote=remote)
        for kind, keys in derived.items()
    }
    own_refreshes = signs_itself and settings.algorithm.startswith(_DETERMINISTIC)
    access_signing = None
    if settings.has_own_key:
        access_signing = own if signs_itself else derived["access"][0]
    return Configured(
        refresh=sets["refresh"],
        refresh_signing=own if own_refreshes else derived["refresh"][0],
        access=replace(sets["access"], named={**sets["access"].named, **{str(key.kid): key for key in _named(former)}}),
        access_signing=access_signing,
        published=_published(own, settings, former),
    )


_memo: tuple[conf.Settings, tuple[str | bytes, ...], Configured] | None = None


def configured() -> Configured:
    """The keys of the settings in force.

    Secrets are compared each time: a project that reads them anew while it runs need not tell Django of it.

    Raises:
        ImproperlyConfigured: ``SECRET_KEY`` is empty.
    """
    global _memo  # noqa: PLW0603 - the one memo of this module
    settings, known = conf.get(), secrets()
    memo = _memo
    if memo is None or memo[0] is not settings or memo[1] != known:
        memo = _memo = (settings, known, _build(settings, known))
    return memo[2]
