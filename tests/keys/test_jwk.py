"""Public keys as JWKs: RFC 7517, 7518, 7638, 8037."""

import base64
import json

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed448, ed25519, rsa

from keyturn.errors import Reason, RefusedError
from keyturn.jose import Expectation, Key, KeySet, public_half, public_jwk, read_jwk, sign, thumbprint, verify

PRIVATE = {
    "RS256": rsa.generate_private_key(65537, 2048),
    "PS512": rsa.generate_private_key(65537, 2048),
    "ES256": ec.generate_private_key(ec.SECP256R1()),
    "ES384": ec.generate_private_key(ec.SECP384R1()),
    "ES512": ec.generate_private_key(ec.SECP521R1()),
    "EdDSA": ed25519.Ed25519PrivateKey.generate(),
}
CLAIMS = {"exp": 4_000_000_000}


def jwk_of(algorithm):
    return public_jwk(public_half(PRIVATE[algorithm]), algorithm=algorithm)


def test_the_thumbprint_of_rfc_7638_section_3_1():
    jwk = {
        "kty": "RSA",
        "n": ""
        "0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPebWKRXjBZCiFV4n3"
        "oknjhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu6q"
        "MQvRL5hajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8awapJzK"
        "nqDKgw",
        "e": "AQAB",
        "alg": "RS256",
        "kid": "2011-04-29",
    }
    assert thumbprint(jwk) == "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs"


def test_the_thumbprint_of_rfc_8037_appendix_a_3():
    jwk = {"kty": "OKP", "crv": "Ed25519", "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}
    assert thumbprint(jwk) == "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k"


@pytest.mark.parametrize("algorithm", PRIVATE)
def test_what_is_written_is_what_pyjwt_reads_and_verifies_by(algorithm):
    jwk = jwk_of(algorithm)
    assert (jwk["alg"], jwk["use"], jwk["kid"]) == (algorithm, "sig", thumbprint(jwk))
    assert not {"d", "p", "q", "dp", "dq", "qi", "k", "oth"} & set(jwk)

    raw = sign(CLAIMS, Key(algorithm, PRIVATE[algorithm], None, jwk["kid"]))
    assert jwt.decode(raw, jwt.PyJWK(jwk), algorithms=[algorithm]) == CLAIMS


@pytest.mark.parametrize("algorithm", PRIVATE)
def test_what_is_read_verifies_what_the_private_half_signed(algorithm):
    key = read_jwk(jwk_of(algorithm))
    raw = sign(CLAIMS, Key(algorithm, PRIVATE[algorithm], None, key.kid))
    assert verify(raw, KeySet(named={str(key.kid): key}), now=0, expect=Expectation()) == CLAIMS


@pytest.mark.parametrize(
    ("algorithm", "change"),
    [
        ("ES256", {"d": "AAAA"}),
        ("RS256", {"p": "AAAA"}),
        ("ES256", {"use": "enc"}),
        ("ES256", {"key_ops": ["sign"]}),
        ("ES256", {"key_ops": "verify"}),
        ("ES256", {"alg": "ES384"}),
        ("ES256", {"alg": "RS256"}),
        ("ES256", {"alg": "HS256"}),
        ("ES256", {"alg": "none"}),
        ("ES256", {"alg": None}),
        ("ES256", {"crv": "P-384"}),
        ("ES256", {"crv": "secp256k1"}),
        ("ES256", {"x": "AAAA"}),
        ("ES256", {"x": None}),
        ("ES256", {"x": "é"}),
        ("ES256", {"x": "A" * 5000}),
        ("ES256", {"kid": 7}),
        ("RS256", {"n": "AQAB"}),
        ("RS256", {"e": "AQ"}),
        ("EdDSA", {"x": "AAAA"}),
        ("EdDSA", {"crv": "X25519"}),
        ("ES256", {"kty": "oct", "k": "AAAA"}),
        ("ES256", {"kty": None}),
    ],
)
def test_a_jwk_that_is_no_public_key_for_its_algorithm_is_refused(algorithm, change):
    with pytest.raises(ValueError, match=r"."):
        read_jwk({**jwk_of(algorithm), **change})


def test_a_key_that_does_not_fit_its_algorithm_is_not_written():
    for algorithm, private in (("RS256", PRIVATE["ES256"]), ("ES256", PRIVATE["ES384"]), ("ES256", PRIVATE["RS256"])):
        with pytest.raises(ValueError, match="does not go with"):
            public_jwk(public_half(private), algorithm=algorithm)
    with pytest.raises(ValueError, match="signs no JWT"):
        public_jwk(public_half(ec.generate_private_key(ec.SECP256K1())), algorithm="ES256")
    assert public_jwk(ed448.Ed448PrivateKey.generate().public_key(), algorithm="EdDSA")["crv"] == "Ed448"


def test_coordinates_keep_their_leading_zeros():
    """RFC 7518 section 6.2.1.2: the octet string has the full size of a coordinate."""
    for _ in range(300):
        jwk = public_jwk(ec.generate_private_key(ec.SECP256R1()).public_key(), algorithm="ES256")
        assert all(len(base64.urlsafe_b64decode(jwk[name] + "=")) == 32 for name in "xy")


@pytest.mark.parametrize("given", ["at+jwt", "AT+JWT", "application/at+jwt", "Application/At+Jwt"])
@pytest.mark.parametrize("wanted", ["at+jwt", "application/AT+JWT"])
def test_the_type_in_the_header_is_compared_as_media_types_are(given, wanted):
    key = Key("HS256", b"s" * 32, b"s" * 32, "one")
    raw = sign(CLAIMS, key, typ=given)
    assert jwt.get_unverified_header(raw) == {"alg": "HS256", "kid": "one", "typ": given}
    verify(raw, KeySet(named={"one": key}), now=0, expect=Expectation(types=(wanted,)))


@pytest.mark.parametrize("given", ["JWT", "jwt", "", "at+jwt2", "application/application/at+jwt", "text/at+jwt"])
def test_another_type_is_refused_once_the_signature_is_good(given):
    key = Key("HS256", b"s" * 32, b"s" * 32, "one")
    with pytest.raises(RefusedError) as refused:
        verify(
            sign(CLAIMS, key, typ=given),
            KeySet(named={"one": key}),
            now=0,
            expect=Expectation(types=("at+jwt", "logout+jwt")),
        )
    assert refused.value.reason is Reason.WRONG_TYPE


@pytest.mark.parametrize("typ", [None, 7, ["at+jwt"]])
def test_a_type_that_is_no_text_is_never_a_crash(typ):
    key = Key("HS256", b"s" * 32, b"s" * 32, "one")
    raw = jwt.PyJWS().encode(json.dumps(CLAIMS).encode(), b"s" * 32, "HS256", headers={"kid": "one", "typ": typ})
    with pytest.raises(RefusedError) as refused:
        verify(raw, KeySet(named={"one": key}), now=0, expect=Expectation(types=("at+jwt",)))
    assert refused.value.reason in {Reason.WRONG_TYPE, Reason.MALFORMED}
