"""Private keys: make one, read one, write one. What is written here is for sealing, never for showing."""

from typing import Any, Final

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_der_private_key,
    load_pem_private_key,
)

__all__ = ["ALGORITHMS", "PrivateKey", "algorithm_of", "generate", "load_der", "load_pem", "to_der"]

PrivateKey = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey | Ed25519PrivateKey

ALGORITHMS: Final = ("ES256", "RS256", "EdDSA")
"""The algorithms a key can be made for: the names of RFC 7518 section 3.1 and RFC 8037 section 3.1."""

_RSA_BITS: Final = 2048
_LEAST_RSA_BITS: Final = 2048
_MOST_RSA_BITS: Final = 8192
_RSA_EXPONENT: Final = 65_537


def generate(algorithm: str) -> PrivateKey:
    """Make a new private key for one of :data:`ALGORITHMS`.

    Raises:
        ValueError: another algorithm.
    """
    if algorithm == "ES256":
        return ec.generate_private_key(ec.SECP256R1())
    if algorithm == "RS256":
        return rsa.generate_private_key(_RSA_EXPONENT, _RSA_BITS)
    if algorithm == "EdDSA":
        return Ed25519PrivateKey.generate()
    raise ValueError(f"no keys are made for {algorithm}")


def algorithm_of(key: Any) -> str:
    """The one of :data:`ALGORITHMS` that a private key serves.

    Raises:
        ValueError: it serves none, or is too weak; the words say which.
    """
    if isinstance(key, rsa.RSAPrivateKey):
        if not _LEAST_RSA_BITS <= key.key_size <= _MOST_RSA_BITS:
            raise ValueError(f"an RSA key must have {_LEAST_RSA_BITS} to {_MOST_RSA_BITS} bits, not {key.key_size}")
        return "RS256"
    if isinstance(key, ec.EllipticCurvePrivateKey) and key.curve.name == ec.SECP256R1.name:
        return "ES256"
    if isinstance(key, Ed25519PrivateKey):
        return "EdDSA"
    raise ValueError("the key must be RSA, EC on the curve P-256 (secp256r1), or Ed25519")


def load_pem(data: bytes) -> PrivateKey:
    """Read a private key from PEM (RFC 7468), without a passphrase.

    Raises:
        ValueError: there is none, or one that serves no algorithm of ours; the words never repeat the input.
    """
    if b"-----BEGIN " not in data:
        raise ValueError("this is not PEM: it has no line that begins with -----BEGIN")
    if b"PRIVATE KEY-----" not in data:
        raise ValueError("this PEM holds no private key; a public key or certificate cannot sign")
    try:
        key = load_pem_private_key(data, password=None)
    except TypeError:
        raise ValueError("the private key is encrypted with a passphrase; decrypt it first") from None
    except (ValueError, UnsupportedAlgorithm):
        raise ValueError("the private key cannot be read") from None
    algorithm_of(key)
    return key  # type: ignore[return-value] # algorithm_of has refused every other kind


def load_der(data: bytes) -> PrivateKey:
    """Read what :func:`to_der` wrote.

    Raises:
        ValueError: it is not that.
    """
    # What was sealed was valid then; to prove that again takes a tenth of a second.
    key = load_der_private_key(data, password=None, unsafe_skip_rsa_key_validation=True)
    algorithm_of(key)
    return key  # type: ignore[return-value] # algorithm_of has refused every other kind


def to_der(key: PrivateKey) -> bytes:
    """PKCS #8 (RFC 5958), unencrypted: to be sealed at once."""
    return key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
