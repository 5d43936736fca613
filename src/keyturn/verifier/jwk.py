"""The issuer's key set (RFC 7517 section 5) as keys of one algorithm each, by name."""

from collections import Counter
from collections.abc import Mapping
from typing import Any, Final

from keyturn.jose import Key
from keyturn.jose.jwk import read_jwk

__all__ = ["MAX_KID_LENGTH", "keys_of"]

MAX_KID_LENGTH: Final = 200
_KEYS_AT_MOST: Final = 100


def keys_of(document: Mapping[str, Any]) -> dict[str, Key]:
    """Return the keys of a JWK set that may verify a token, by ``kid``.

    What cannot be used is left out, as RFC 7517 section 5 wants it: what :func:`keyturn.jose.jwk.read_jwk` refuses, and
    keys without ``kid`` or with that of another key.

    Args:
        document: the JSON object.

    Raises:
        ValueError: it is no JWK set, or one of more than a hundred keys.
    """
    found = document.get("keys")
    if not isinstance(found, list) or len(found) > _KEYS_AT_MOST:
        raise ValueError("no JWK set")
    keys = [key for key in map(_key, found) if key is not None]
    names = Counter(key.kid for key in keys)
    return {key.kid: key for key in keys if key.kid is not None and names[key.kid] == 1}


def _key(jwk: Any) -> Key | None:
    if not isinstance(jwk, dict):
        return None
    try:
        key = read_jwk(jwk)
    except ValueError:
        return None
    return key if key.kid is not None and 0 < len(key.kid) <= MAX_KID_LENGTH else None
