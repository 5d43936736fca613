"""Which keys sign and verify Keyturn's tokens.

Refresh tokens are read by Keyturn alone: HS256 under a key derived from ``SECRET_KEY``, or the key of ``SIMPLE_JWT``
where the project set one. A generation's refresh token must be the same bytes whenever it is minted, so an algorithm
whose signatures differ each time (ES*, PS*) keeps the derived key for refresh tokens (ADR 0003). Keys derived from
``SECRET_KEY_FALLBACKS`` still verify. Tokens without ``kid`` are verified by the key that stock simplejwt would use,
so that nobody is logged out by installing Keyturn.
"""

import hashlib
from collections.abc import Mapping
from typing import Final

import jwt
from django.conf import settings as django_settings
from django.core.exceptions import ImproperlyConfigured

from keyturn import conf
from keyturn.errors import UnavailableError
from keyturn.jose import Key, KeySet, derive_key

__all__ = ["access_keys", "refresh_keys"]

_DETERMINISTIC: Final = ("HS", "RS", "EdDSA")


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


def _build(settings: conf.Settings, secret: str | bytes, fallbacks: tuple[str | bytes, ...]) -> Mapping[str, KeySet]:
    symmetric = settings.algorithm.startswith("HS")
    signs_itself = settings.has_own_key and (symmetric or settings.signing_key)
    remote = _KeysAtUrl(settings.jwk_url, settings.algorithm) if settings.jwk_url and not symmetric else None
    sets: dict[str, KeySet] = {}
    for kind in ("refresh", "access"):
        derived = [_derived(one, kind) for one in (secret, *fallbacks)]
        own_fits = signs_itself and (kind == "access" or settings.algorithm.startswith(_DETERMINISTIC))
        sets[kind] = KeySet(
            signing=_own(settings) if own_fits else derived[0],
            named={str(key.kid): key for key in derived},
            unnamed=_stock(settings, fallbacks),
            remote=remote,
        )
    return sets


_memo: tuple[conf.Settings, tuple[str | bytes, ...], Mapping[str, KeySet]] | None = None


def _current(kind: str) -> KeySet:
    global _memo  # noqa: PLW0603 - the one memo of this module
    settings = conf.get()
    secrets: tuple[str | bytes, ...] = (django_settings.SECRET_KEY, *django_settings.SECRET_KEY_FALLBACKS)
    if _memo is None or _memo[0] is not settings or _memo[1] != secrets:
        if not secrets[0]:
            raise ImproperlyConfigured("SECRET_KEY must not be empty.")
        _memo = (settings, secrets, _build(settings, secrets[0], secrets[1:]))
    return _memo[2][kind]


def refresh_keys() -> KeySet:
    """The keys of refresh tokens."""
    return _current("refresh")


def access_keys() -> KeySet:
    """The keys of access and sliding tokens, which other services may verify too."""
    return _current("access")
