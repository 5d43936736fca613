"""A client's key, and the proofs that it makes (RFC 9449), good ones and others."""

import base64
import hashlib
import json
import time
import uuid
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256

__all__ = ["DpopKey", "b64", "token_hash"]


def b64(data: bytes) -> str:
    """base64url without padding."""
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def token_hash(token: str) -> str:
    """What ``ath`` must be."""
    return b64(hashlib.sha256(token.encode()).digest())


class DpopKey:
    """A key of P-256."""

    def __init__(self, private: ec.EllipticCurvePrivateKey | None = None) -> None:
        self.private = private or ec.generate_private_key(ec.SECP256R1())
        numbers = self.private.public_key().public_numbers()
        self.jwk = {
            "kty": "EC",
            "crv": "P-256",
            "x": b64(numbers.x.to_bytes(32, "big")),
            "y": b64(numbers.y.to_bytes(32, "big")),
        }

    @property
    def thumbprint(self) -> str:
        """RFC 7638 section 3, written out."""
        text = '{{"crv":"{crv}","kty":"{kty}","x":"{x}","y":"{y}"}}'.format(**self.jwk)
        return b64(hashlib.sha256(text.encode()).digest())

    @property
    def private_jwk(self) -> dict[str, str]:
        """The key with its secret half."""
        secret = self.private.private_numbers().private_value
        return {**self.jwk, "d": b64(secret.to_bytes(32, "big"))}

    def proof(
        self,
        method: str,
        url: str,
        *,
        token: str | None = None,
        header: dict[str, Any] | None = None,
        without: tuple[str, ...] = (),
        **claims: Any,
    ) -> str:
        """A proof for a request.

        Args:
            method: of the request.
            url: of the request.
            token: the access token that goes along.
            header: members of the header to put in place of the right ones; None takes one out.
            without: claims to leave out.
            claims: in place of the right ones.
        """
        head = {"typ": "dpop+jwt", "alg": "ES256", "jwk": self.jwk, **(header or {})}
        body = {"jti": uuid.uuid4().hex, "htm": method, "htu": url, "iat": int(time.time())}
        if token is not None:
            body["ath"] = token_hash(token)
        body |= claims
        return self.signed(
            json.dumps({name: value for name, value in head.items() if value is not None}),
            json.dumps({name: value for name, value in body.items() if name not in without}),
        )

    def signed(self, header: str, payload: str) -> str:
        """A compact serialization of two texts, whatever they are."""
        text = f"{b64(header.encode())}.{b64(payload.encode())}"
        r, s = decode_dss_signature(self.private.sign(text.encode(), ec.ECDSA(SHA256())))
        return f"{text}.{b64(r.to_bytes(32, 'big') + s.to_bytes(32, 'big'))}"
