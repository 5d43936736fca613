"""Tokens made by hand: any header, any payload, any key."""

import json
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import jwt

from keyturn import keys
from keyturn.clock import utc_now
from keyturn.jose import Key
from tests.bad_input.catalogue.parts import b64, claims_of, header_of, spliced, unsigned

__all__ = ["b64", "claims_of", "header_of", "signed_by_us", "signing_key", "spliced", "unsigned"]


def signing_key(kind: str) -> Key:
    """The key that Keyturn signs ``refresh`` or ``access`` tokens with."""
    if kind == "refresh":
        return keys.refresh_signing_key()
    return keys.access_signing_key(now=utc_now(), lifetime=timedelta(minutes=5))


def signed_by_us(kind: str, payload: Mapping[str, Any] | bytes, *, more: Mapping[str, Any] | None = None) -> str:
    """Sign a payload with the key that Keyturn signs ``refresh`` or ``access`` tokens with.

    Args:
        kind: which key.
        payload: claims, or the very bytes.
        more: added to the header.
    """
    key = signing_key(kind)
    data = payload if isinstance(payload, bytes) else json.dumps(payload).encode()
    headers = {**({"kid": key.kid} if key.kid else {}), **(more or {})}
    return jwt.PyJWS().encode(data, key.prepared_signing, algorithm=key.algorithm, headers=headers)
