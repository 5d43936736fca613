"""Private keys at rest: sealed (:mod:`keyturn.jose.sealing`) for their own key id and algorithm, and no other row."""

from collections.abc import Sequence
from typing import Final

from keyturn.errors import UnavailableError
from keyturn.jose import sealing

__all__ = ["DamagedKeyError", "SealedUnderAnotherSecretError", "is_sealed_under", "seal", "unseal"]

_PURPOSE: Final = "keyturn key ring v1"


class SealedUnderAnotherSecretError(UnavailableError):
    """The private key was sealed under a secret that this process does not have. Nothing was changed."""

    def __init__(self) -> None:
        super().__init__(retry_after=30)

    def __str__(self) -> str:
        return (
            "The signing keys in the database were sealed under another secret: set SECRET_KEY (KEYTURN_SECRET_KEY) to"
            " that one, or list it in SECRET_KEY_FALLBACKS (KEYTURN_SECRET_KEY_FALLBACKS). No key was changed."
        )


class DamagedKeyError(UnavailableError):
    """The private key was sealed under our secret, but is not what was sealed for this row."""

    def __init__(self, kid: str) -> None:
        super().__init__(retry_after=30)
        self.kid = kid

    def __str__(self) -> str:
        return (
            f"The signing key {self.kid} in the database is damaged or was tampered with; end it with:"
            f" keys revoke {self.kid} --emergency"
        )


def _place(kid: str, algorithm: str) -> str:
    return f"{kid} {algorithm}"


def seal(private: bytes, *, secret: str | bytes, kid: str, algorithm: str) -> str:
    """Encrypt a private key for one row.

    Args:
        private: what :func:`unseal` will give back.
        secret: the newest master secret.
        kid: of the row.
        algorithm: of the row.
    """
    return sealing.seal(private, secret=secret, purpose=_PURPOSE, place=_place(kid, algorithm))


def unseal(sealed: str, *, secrets: Sequence[str | bytes], kid: str, algorithm: str) -> bytes:
    """Decrypt the private key of a row with whichever secret sealed it.

    Raises:
        SealedUnderAnotherSecretError: none of these did.
        DamagedKeyError: one of these did, but this is not what it sealed for this row.
    """
    try:
        return sealing.unseal(sealed, secrets=secrets, purpose=_PURPOSE, place=_place(kid, algorithm))
    except sealing.OtherSecretError:
        raise SealedUnderAnotherSecretError from None
    except sealing.DamagedError:
        raise DamagedKeyError(kid) from None


def is_sealed_under(sealed: str, secret: str | bytes) -> bool:
    """Whether a sealed key names this secret as its own."""
    return sealing.is_sealed_under(sealed, secret=secret, purpose=_PURPOSE)
