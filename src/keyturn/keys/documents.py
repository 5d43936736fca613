"""The JWK Set that other services verify access tokens by (RFC 7517 section 5)."""

import hashlib
from dataclasses import dataclass
from datetime import datetime

from keyturn import conf
from keyturn.jose.jwk import document, public_jwk
from keyturn.keys import ring
from keyturn.keys.derived import configured

__all__ = ["JwksDocument", "jwks", "public_keys"]


@dataclass(frozen=True, slots=True)
class JwksDocument:
    """What ``/.well-known/jwks.json`` answers.

    Args:
        body: JSON; the same bytes on every node, for the same keys.
        etag: with its quotes (RFC 9110 section 8.8.3).
        max_age: seconds for which it may be cached.
    """

    body: bytes
    etag: str
    max_age: int


def public_keys(*, now: datetime) -> list[dict[str, str]]:
    """The published keys as JWKs: those of the ring, the newest first, or the project's own; then former ones.

    A shared secret (HS*) is no public key, and keys that live at a URL are published there; neither is in the list.
    """
    # From the keys themselves and not from their rows' text: what is published is what this process verifies by.
    found = [public_jwk(key.verifying, algorithm=key.algorithm) for key in ring.published(now=now)]
    known = {jwk["kid"] for jwk in found}
    return found + [jwk for jwk in configured().published if jwk["kid"] not in known]


def jwks(*, now: datetime) -> JwksDocument:
    """The document as it is at a time.

    Raises:
        django.db.Error: the ring had to be read, and the database does not answer.
    """
    body = document(public_keys(now=now))
    etag = f'"{hashlib.sha256(body).hexdigest()[:32]}"'
    return JwksDocument(body=body, etag=etag, max_age=int(conf.get().jwks_max_age.total_seconds()))
