"""What signs, made once for each key: PyJWT prepares and judges the key anew with every token it writes (ADR 0044)."""

import warnings
from collections.abc import Callable
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ec import ECDSA, EllipticCurvePrivateKey
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from jwt.algorithms import Algorithm, ECAlgorithm
from jwt.warnings import InsecureKeyLengthWarning

__all__ = ["signer"]


def signer(method: Algorithm, key: Any) -> Callable[[bytes], bytes]:
    """Give what signs bytes with a key.

    Args:
        method: PyJWT's for the one algorithm of the key.
        key: as ``method.prepare_key`` gave it.
    """
    weakness = method.check_key_length(key)
    if weakness:
        warnings.warn(weakness, InsecureKeyLengthWarning, stacklevel=2)
    if isinstance(method, ECAlgorithm) and isinstance(key, EllipticCurvePrivateKey):
        return _ecdsa(key, ECDSA(method.hash_alg()))

    def sign(message: bytes) -> bytes:
        return bytes(method.sign(message, key))

    return sign


def _ecdsa(key: EllipticCurvePrivateKey, method: ECDSA) -> Callable[[bytes], bytes]:
    """RFC 7518 section 3.4: R and S, each as long as the curve's order, big-endian."""
    width = (key.curve.key_size + 7) // 8

    def sign(message: bytes) -> bytes:
        r, s = decode_dss_signature(key.sign(message, method))
        return r.to_bytes(width, "big") + s.to_bytes(width, "big")

    return sign
