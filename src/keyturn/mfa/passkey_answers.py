"""What a browser hands over of a passkey, in the JSON of WebAuthn Level 3 section 5.1.8, read strictly.

python-fido2 reads and checks what is in it. It names no exceptions of its own for what is malformed, so here every one
of them means that the answer does not serve.
"""

import json
import re
from base64 import urlsafe_b64decode
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Final

from fido2.webauthn import (
    AttestationObject,
    AuthenticationResponse,
    AuthenticatorAssertionResponse,
    AuthenticatorAttestationResponse,
    AuthenticatorData,
    CollectedClientData,
    RegistrationResponse,
)

from keyturn.errors import Reason, RefusedError

__all__ = ["check_flags", "must_serve", "read_assertion", "read_registration", "read_transports"]

_CREDENTIAL_ID: Final = 1_023
"""Bytes (WebAuthn Level 3 section 4, "Credential ID")."""
_CLIENT_DATA: Final = 4_096
_AUTHENTICATOR_DATA: Final = 4_096
_ATTESTATION: Final = 32_768
_SIGNATURE: Final = 1_024
_USER_HANDLE: Final = 64

_BASE64URL: Final = re.compile(r"[A-Za-z0-9_-]*={0,2}")
_TRANSPORTS: Final = ("usb", "nfc", "ble", "smart-card", "hybrid", "internal")


@contextmanager
def must_serve() -> Iterator[None]:
    """Refuse for whatever python-fido2, or the cryptography below it, cannot make sense of.

    Raises:
        RefusedError: ``passkey_invalid``.
    """
    try:
        yield
    except RefusedError:
        raise
    except Exception as error:  # noqa: BLE001 - see the module
        # A ValueError's words are the library's own; those of others may be about the input.
        why = str(error) if type(error) is ValueError else type(error).__name__
        raise RefusedError(Reason.PASSKEY_INVALID, why[:200]) from None


def read_assertion(credential: Mapping[str, Any]) -> AuthenticationResponse:
    """Read the answer of a passkey that signs in.

    Raises:
        RefusedError: ``passkey_invalid``.
    """
    with must_serve():
        response = _response(credential)
        handle = response.get("userHandle")
        return AuthenticationResponse(
            raw_id=_credential_id(credential),
            response=AuthenticatorAssertionResponse(
                client_data=_client_data(response),
                authenticator_data=AuthenticatorData(_bytes(response, "authenticatorData", _AUTHENTICATOR_DATA)),
                signature=_bytes(response, "signature", _SIGNATURE),
                user_handle=None if handle is None else _bytes(response, "userHandle", _USER_HANDLE),
            ),
        )


def read_registration(credential: Mapping[str, Any]) -> RegistrationResponse:
    """Read the answer of a passkey that has just been made.

    Raises:
        RefusedError: ``passkey_invalid``.
    """
    with must_serve():
        response = _response(credential)
        return RegistrationResponse(
            raw_id=_credential_id(credential),
            response=AuthenticatorAttestationResponse(
                client_data=_client_data(response),
                attestation_object=AttestationObject(_bytes(response, "attestationObject", _ATTESTATION)),
            ),
        )


def read_transports(credential: Mapping[str, Any]) -> tuple[str, ...]:
    """The ways the browser says the passkey can be reached; a hint, so that what is unknown is left out."""
    said = credential.get("response", {}).get("transports")
    return tuple(word for word in _TRANSPORTS if word in said) if isinstance(said, list) else ()


def check_flags(data: AuthenticatorData) -> None:
    """Look whether what a passkey says of itself can be (WebAuthn Level 3 sections 7.1 and 7.2).

    Raises:
        RefusedError: ``passkey_invalid``: backed up, but not of a kind that can be.
    """
    if data.is_backed_up() and not data.is_backup_eligible():
        raise RefusedError(Reason.PASSKEY_INVALID, "backed up, and not eligible for it")


def _response(credential: Any) -> Mapping[str, Any]:
    if not isinstance(credential, Mapping) or credential.get("type") != "public-key":
        raise ValueError("no public key credential")
    response = credential.get("response")
    if not isinstance(response, Mapping):
        raise ValueError("no response in it")  # noqa: TRY004 - all of them are one refusal
    return response


def _credential_id(credential: Mapping[str, Any]) -> bytes:
    found = _bytes(credential, "rawId" if "rawId" in credential else "id", _CREDENTIAL_ID)
    if not found or _bytes(credential, "id", _CREDENTIAL_ID) != found:
        raise ValueError("its two ids differ, or are empty")
    return found


def _client_data(response: Mapping[str, Any]) -> CollectedClientData:
    raw = _bytes(response, "clientDataJSON", _CLIENT_DATA)
    said = json.loads(raw.decode())
    # Nobody else's page may ask with ours in a frame (WebAuthn Level 3 section 13.4.9).
    if said.get("crossOrigin") not in (None, False) or said.get("topOrigin") is not None:
        raise ValueError("asked for in a frame of another site")
    if not isinstance(said.get("origin"), str):
        raise ValueError("no origin in it")  # noqa: TRY004 - all of them are one refusal
    return CollectedClientData(raw)


def _bytes(record: Mapping[str, Any], name: str, longest: int) -> bytes:
    text = record.get(name)
    if not isinstance(text, str) or len(text) > longest * 4 // 3 + 4 or not _BASE64URL.fullmatch(text):
        raise ValueError(f"{name} is missing, too long, or no base64url")
    bare = text.rstrip("=")
    found = urlsafe_b64decode(bare + "=" * (-len(bare) % 4))
    if len(found) > longest:
        raise ValueError(f"{name} is too long")
    return found
