"""Passkeys in software, and the browser in front of them: answers as WebAuthn Level 3 has them, and wrong ones too."""

import hashlib
import json
import os
import struct
from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import dataclass, field
from typing import Any

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from fido2 import cbor

__all__ = ["ORIGIN", "RP_ID", "Key", "SoftAuthenticator", "b64", "unb64"]

RP_ID = "auth.example.com"
ORIGIN = "https://auth.example.com"

UP, UV, BE, BS, AT = 0x01, 0x04, 0x08, 0x10, 0x40


def b64(data: bytes) -> str:
    """Base64url without padding."""
    return urlsafe_b64encode(data).rstrip(b"=").decode()


def unb64(text: str) -> bytes:
    """The bytes of it."""
    return urlsafe_b64decode(text + "=" * (-len(text) % 4))


@dataclass
class Key:
    """One passkey: for one site, of one user."""

    id: bytes
    private: Any
    rp_id: str
    handle: bytes
    count: int = 0

    @property
    def cose(self) -> dict[int, Any]:
        """The public key (RFC 9053 section 7.1.1)."""
        point = self.private.public_key().public_numbers()
        return {1: 2, 3: -7, -1: 1, -2: point.x.to_bytes(32, "big"), -3: point.y.to_bytes(32, "big")}


@dataclass
class SoftAuthenticator:
    """Holds passkeys.

    Args:
        verifies: whether it asks its user for a PIN, a finger or a face.
        synced: whether its passkeys may be on several devices.
        counts: whether it counts its answers.
        origin: the page in the browser in front of it.
    """

    verifies: bool = True
    synced: bool = False
    counts: bool = True
    origin: str = ORIGIN
    keys: list[Key] = field(default_factory=list)

    def create(self, options: dict[str, Any], **wrong: Any) -> dict[str, Any]:
        """Answer ``navigator.credentials.create()``. For what may be wrong see the names taken out of ``wrong``."""
        asked = options["publicKey"]
        assert {"type": "public-key", "alg": -7} in asked["pubKeyCredParams"]
        key = Key(
            id=wrong.pop("credential_id", None) or os.urandom(32),
            private=wrong.pop("private", None) or ec.generate_private_key(ec.SECP256R1()),
            rp_id=asked["rp"]["id"],
            handle=unb64(asked["user"]["id"]),
        )
        self.keys.append(key)
        cose = wrong.pop("cose", None) or key.cose
        attested = wrong.pop("aaguid", bytes(16)) + struct.pack(">H", len(key.id)) + key.id + cbor.encode(cose)
        data = self._data(key, AT, wrong) + attested
        made = {"fmt": wrong.pop("fmt", "none"), "attStmt": wrong.pop("statement", {}), "authData": data}
        response = {
            "clientDataJSON": b64(self._client_data("webauthn.create", asked["challenge"], wrong)),
            "attestationObject": b64(cbor.encode(made)),
            "transports": wrong.pop("transports", ["internal"]),
        }
        return self._answer(key, response, wrong, {"credProps": {"rk": True}})

    def get(self, options: dict[str, Any], *, key: Key | None = None, **wrong: Any) -> dict[str, Any]:
        """Answer ``navigator.credentials.get()`` with the newest passkey of the site, or the one that is named."""
        asked = options["publicKey"]
        key = key or [one for one in self.keys if one.rp_id == asked["rpId"]][-1]
        if self.counts and "count" not in wrong:
            key.count += 1
        data = self._data(key, 0, wrong)
        client_data = self._client_data("webauthn.get", asked["challenge"], wrong)
        private = wrong.pop("private", None) or key.private
        signature = private.sign(data + hashlib.sha256(client_data).digest(), ec.ECDSA(hashes.SHA256()))
        handle = wrong.pop("handle", key.handle)
        response = {
            "clientDataJSON": b64(client_data),
            "authenticatorData": b64(data),
            "signature": b64(wrong.pop("signature", signature)),
            "userHandle": None if handle is None else b64(handle),
        }
        return self._answer(key, response, wrong, {})

    def _data(self, key: Key, flags: int, wrong: dict[str, Any]) -> bytes:
        flags |= UP if wrong.pop("present", True) else 0
        flags |= UV if wrong.pop("verified", self.verifies) else 0
        flags |= BE if wrong.pop("eligible", self.synced) else 0
        flags |= BS if wrong.pop("backed_up", self.synced) else 0
        site = hashlib.sha256(wrong.pop("rp_id", key.rp_id).encode()).digest()
        return site + struct.pack(">BI", flags, wrong.pop("count", key.count))

    def _client_data(self, kind: str, challenge: str, wrong: dict[str, Any]) -> bytes:
        said = {
            "type": wrong.pop("type", kind),
            "challenge": wrong.pop("challenge", challenge),
            "origin": wrong.pop("origin", self.origin),
            "crossOrigin": wrong.pop("cross_origin", False),
            **wrong.pop("client_data", {}),
        }
        return json.dumps(said).encode()

    def _answer(
        self, key: Key, response: dict[str, Any], wrong: dict[str, Any], results: dict[str, Any]
    ) -> dict[str, Any]:
        assert not wrong, f"nobody knows {wrong}"
        identifier = b64(key.id)
        return {
            "id": identifier,
            "rawId": identifier,
            "type": "public-key",
            "authenticatorAttachment": "platform",
            "response": response,
            "clientExtensionResults": results,
        }
