"""Public keys as JSON Web Keys (RFC 7517, RFC 7518 section 6, RFC 8037) and their thumbprints (RFC 7638)."""

import hashlib
import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Mapping
from typing import Any, Final

from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.asymmetric.ed448 import Ed448PublicKey
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from keyturn.jose.keys import Key

__all__ = ["PublicKey", "document", "public_half", "public_jwk", "read_jwk", "thumbprint"]

PublicKey = rsa.RSAPublicKey | ec.EllipticCurvePublicKey | Ed25519PublicKey | Ed448PublicKey

_CURVES: Final[Mapping[str, tuple[str, type[ec.EllipticCurve]]]] = {
    "secp256r1": ("P-256", ec.SECP256R1),
    "secp384r1": ("P-384", ec.SECP384R1),
    "secp521r1": ("P-521", ec.SECP521R1),
}
# RFC 7518 section 3.4: an ECDSA algorithm goes with one curve.
_CURVE_OF: Final = {"ES256": "P-256", "ES384": "P-384", "ES512": "P-521"}
# RFC 7638 section 3.2, RFC 8037 section 2: what a thumbprint is made of, in order.
_REQUIRED: Final = {"RSA": ("e", "kty", "n"), "EC": ("crv", "kty", "x", "y"), "OKP": ("crv", "kty", "x")}
# RFC 7518 sections 6.2.2, 6.3.2 and 6.4.1.
_PRIVATE: Final = frozenset({"d", "p", "q", "dp", "dq", "qi", "oth", "k"})
_LEAST_RSA_BITS: Final = 2048
_MOST_RSA_BITS: Final = 16_384


def public_half(key: Any) -> PublicKey:
    """The public key of a private one; a public key itself.

    Raises:
        ValueError: it is neither, or of a kind that signs no JWT.
    """
    public = key.public_key() if hasattr(key, "public_key") else key
    if isinstance(public, PublicKey):
        return public
    raise ValueError("no key of a kind that signs JWTs")


def public_jwk(key: PublicKey, *, algorithm: str) -> dict[str, str]:
    """Write a public key as a JWK with ``alg``, ``use`` and, as ``kid``, its thumbprint.

    Args:
        key: public; nothing of a private key can get into the result.
        algorithm: the one JWS ``alg`` that it is used with.

    Raises:
        ValueError: key and algorithm do not belong together.
    """
    members = _members(key)
    _check_fit(members, algorithm)
    return {**members, "use": "sig", "alg": algorithm, "kid": thumbprint(members)}


def thumbprint(jwk: Mapping[str, Any]) -> str:
    """RFC 7638: SHA-256 of the required members, in base64url.

    Raises:
        ValueError: a required member is missing, or the kind of key is unknown.
    """
    names = _REQUIRED.get(str(jwk.get("kty")))
    if names is None or not all(isinstance(jwk.get(name), str) for name in names):
        raise ValueError("not a public JWK")
    text = json.dumps({name: jwk[name] for name in names}, separators=(",", ":"), ensure_ascii=False)
    return _b64(hashlib.sha256(text.encode()).digest())


def read_jwk(jwk: Mapping[str, Any], *, kid: str | None = None) -> Key:
    """Read a public key from a JWK, bound to its one ``alg`` (RFC 8725 section 3.1).

    Args:
        jwk: as published; it must say ``alg``.
        kid: the name tokens use; None: the JWK's own ``kid``.

    Raises:
        ValueError: not a usable public signature key: secret or private members, a foreign ``use`` or ``key_ops``, an
            unknown or missing ``alg``, a key that does not fit it, RSA of less than 2048 bits, a malformed number.
    """
    if any(name in jwk for name in _PRIVATE):
        raise ValueError("a private or shared key")
    operations = jwk.get("key_ops", ["verify"])
    if jwk.get("use", "sig") != "sig" or not isinstance(operations, list) or "verify" not in operations:
        raise ValueError("not a key for signatures")
    algorithm = str(jwk.get("alg"))
    key = _public_key(jwk)
    _check_fit(_members(key), algorithm)
    name = jwk.get("kid") if kid is None else kid
    if name is not None and not isinstance(name, str):
        raise ValueError("kid is no string")
    return Key(algorithm, None, key, name)


def document(jwks: list[dict[str, str]]) -> bytes:
    """A JWK Set (RFC 7517 section 5), the same bytes for the same keys."""
    return json.dumps({"keys": jwks}, separators=(",", ":"), sort_keys=True).encode()


def _members(key: PublicKey) -> dict[str, str]:
    if isinstance(key, rsa.RSAPublicKey):
        rsa_numbers = key.public_numbers()
        return {"kty": "RSA", "n": _b64_number(rsa_numbers.n), "e": _b64_number(rsa_numbers.e)}
    if isinstance(key, ec.EllipticCurvePublicKey):
        if key.curve.name not in _CURVES:
            raise ValueError(f"curve {key.curve.name} signs no JWT")
        size = (key.curve.key_size + 7) // 8
        numbers = key.public_numbers()
        x, y = (_b64(number.to_bytes(size, "big")) for number in (numbers.x, numbers.y))
        return {"kty": "EC", "crv": _CURVES[key.curve.name][0], "x": x, "y": y}
    curve = "Ed25519" if isinstance(key, Ed25519PublicKey) else "Ed448"
    return {"kty": "OKP", "crv": curve, "x": _b64(key.public_bytes(Encoding.Raw, PublicFormat.Raw))}


def _check_fit(members: Mapping[str, str], algorithm: str) -> None:
    """Check that a key is of the kind its algorithm uses (RFC 7518 section 3.1, RFC 8037 section 3.1)."""
    kind = members["kty"]
    if algorithm in {f"{family}{bits}" for family in ("RS", "PS") for bits in (256, 384, 512)}:
        fits = kind == "RSA"
    elif algorithm in _CURVE_OF:
        fits = kind == "EC" and members["crv"] == _CURVE_OF[algorithm]
    else:
        fits = algorithm == "EdDSA" and kind == "OKP"
    if not fits:
        raise ValueError(f"a key of kind {kind} does not go with {algorithm}")


def _public_key(jwk: Mapping[str, Any]) -> PublicKey:
    kind = jwk.get("kty")
    if kind == "RSA":
        modulus, exponent = _number(jwk, "n"), _number(jwk, "e")
        if not _LEAST_RSA_BITS <= modulus.bit_length() <= _MOST_RSA_BITS or not 3 <= exponent < 2**64:
            raise ValueError(f"RSA of less than {_LEAST_RSA_BITS} bits, or of none that anybody uses")
        return rsa.RSAPublicNumbers(exponent, modulus).public_key()
    if kind == "EC":
        for name, curve in _CURVES.values():
            if name == jwk.get("crv"):
                return ec.EllipticCurvePublicNumbers(_number(jwk, "x"), _number(jwk, "y"), curve()).public_key()
        raise ValueError("unknown curve")
    if kind == "OKP":
        classes: dict[Any, type[Ed25519PublicKey | Ed448PublicKey]]
        classes = {"Ed25519": Ed25519PublicKey, "Ed448": Ed448PublicKey}
        cls = classes.get(str(jwk.get("crv")))
        if cls is None:
            raise ValueError("unknown curve")
        return cls.from_public_bytes(_bytes(jwk, "x"))
    raise ValueError("unknown kind of key")


def _bytes(jwk: Mapping[str, Any], name: str) -> bytes:
    text = jwk.get(name)
    if not isinstance(text, str) or not text.isascii() or "=" in text or len(text) > 4096:
        raise ValueError(f"{name} is not base64url")
    return urlsafe_b64decode(text + "=" * (-len(text) % 4))


def _number(jwk: Mapping[str, Any], name: str) -> int:
    return int.from_bytes(_bytes(jwk, name), "big")


def _b64(data: bytes) -> str:
    return urlsafe_b64encode(data).rstrip(b"=").decode()


def _b64_number(number: int) -> str:
    return _b64(number.to_bytes((number.bit_length() + 7) // 8, "big"))
