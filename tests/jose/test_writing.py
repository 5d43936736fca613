"""A token is written as PyJWT writes it, to the byte, and at a fraction of the cost."""

import json
import warnings
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from functools import cache

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed448, ed25519, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from hypothesis import given
from hypothesis import strategies as st
from jwt.warnings import InsecureKeyLengthWarning

from keyturn.jose import Expectation, Key, KeySet, public_half, sign, verify

SECRETS = {"HS256": b"s" * 32, "HS384": b"s" * 48, "HS512": "s" * 64}
PAIRS = {
    "RS256": lambda: rsa.generate_private_key(65537, 2048),
    "RS512": lambda: rsa.generate_private_key(65537, 2048),
    "PS256": lambda: rsa.generate_private_key(65537, 2048),
    "ES256": lambda: ec.generate_private_key(ec.SECP256R1()),
    "ES384": lambda: ec.generate_private_key(ec.SECP384R1()),
    "ES512": lambda: ec.generate_private_key(ec.SECP521R1()),
    "EdDSA": ed25519.Ed25519PrivateKey.generate,
}
SAME_EACH_TIME = (*SECRETS, "RS256", "RS512", "EdDSA")

CLAIMS = {
    "token_type": "access",
    "exp": 4_000_000_000,
    "iat": 1_700_000_000,
    "jti": "0" * 32,
    "user_id": "J\u00fcrgen \U0001f511",
    "amr": ["pwd", "otp"],
    "cnf": {"jkt": "x" * 43},
    "n": 1.5,
    "none": None,
    "aud": ["app", "web"],
    "iss": "https://auth.example.com",
}


@cache
def key_of(algorithm):
    if algorithm in SECRETS:
        return Key(algorithm, SECRETS[algorithm], SECRETS[algorithm], "a kid")
    private = PAIRS[algorithm]()
    return Key(algorithm, private, public_half(private), "a kid")


def by_pyjwt(claims, key, *, typ="JWT", encoder=None):
    headers = {"typ": typ} | ({} if key.kid is None else {"kid": key.kid})
    return jwt.encode(claims, key.signing, algorithm=key.algorithm, headers=headers, json_encoder=encoder)


@pytest.mark.parametrize("typ", ["JWT", "at+jwt"])
@pytest.mark.parametrize("algorithm", SAME_EACH_TIME)
def test_a_token_is_the_same_bytes_as_pyjwt_makes(algorithm, typ):
    key = key_of(algorithm)
    assert sign(CLAIMS, key, typ=typ) == by_pyjwt(CLAIMS, key, typ=typ)


@pytest.mark.parametrize("algorithm", PAIRS)
def test_pyjwt_takes_a_token_and_its_head_and_body_are_the_same_bytes(algorithm):
    key = key_of(algorithm)
    token = sign(CLAIMS, key)
    assert token.split(".")[:2] == by_pyjwt(CLAIMS, key).split(".")[:2]
    assert jwt.decode(token, key.verifying, algorithms=[algorithm], audience="app") == CLAIMS
    assert verify(token, KeySet(named={"a kid": key}), now=0, expect=Expectation()) == CLAIMS


def test_ed448_and_a_key_in_pem_sign_too():
    private = ed448.Ed448PrivateKey.generate()
    pem = private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
    key = Key("EdDSA", pem, None)
    assert sign(CLAIMS, key) == by_pyjwt(CLAIMS, Key("EdDSA", private, None))


@pytest.mark.parametrize("curve", [ec.SECP256R1(), ec.SECP384R1(), ec.SECP521R1()], ids=lambda curve: curve.name)
def test_both_halves_of_a_signature_have_the_curves_length_however_small_they_are(curve):
    algorithm = {256: "ES256", 384: "ES384", 521: "ES512"}[curve.key_size]
    width = (curve.key_size + 7) // 8
    private = ec.generate_private_key(curve)
    key = Key(algorithm, private, private.public_key())
    # One half in 256 begins with a zero byte, on the longest curve every other one.
    for number in range(20_000):
        message = str(number).encode()
        signature = key.sign(message)
        assert len(signature) == 2 * width
        if signature[0] == 0 or signature[width] == 0:
            break
    else:
        pytest.fail("no half of a signature was small")
    assert key.verifies(message, signature)
    assert jwt.get_algorithm_by_name(algorithm).verify(message, key.verifying, signature)


@given(st.dictionaries(st.text(), st.none() | st.booleans() | st.integers() | st.text() | st.floats()))
def test_whatever_claims_a_token_is_the_same_bytes(claims):
    claims = {name: value for name, value in claims.items() if name not in {"exp", "iat", "nbf", "iss"}}
    key = key_of("HS256")
    assert sign(claims, key) == by_pyjwt(claims, key)


def test_instants_are_written_as_seconds_in_whatever_zone():
    key = key_of("HS256")
    there = datetime(2030, 1, 2, 3, 4, 5, 999_999, tzinfo=timezone(timedelta(hours=5, minutes=30)))
    claims = {"exp": there, "iat": datetime(2030, 1, 1, tzinfo=UTC), "nbf": datetime(2030, 1, 1)}  # noqa: DTZ001
    before = dict(claims)
    assert sign(claims, key) == by_pyjwt(claims, key)
    assert claims == before


@pytest.mark.parametrize("issuer", [1, None, ["us"], b"us"], ids=repr)
def test_an_issuer_that_is_no_text_is_an_error(issuer):
    with pytest.raises(TypeError):
        sign({"iss": issuer}, key_of("HS256"))


def test_what_json_cannot_hold_is_an_error():
    with pytest.raises(TypeError):
        sign({"a": object()}, key_of("HS256"))


class Decimals(json.JSONEncoder):
    """A project's own encoder."""

    def default(self, value):
        return str(value) if isinstance(value, Decimal) else super().default(value)


class Spaced(json.JSONEncoder):
    """One with a taste of its own, for headers too."""

    def __init__(self, **options):
        super().__init__(**options | {"separators": (", ", ": ")})


@pytest.mark.parametrize("encoder", [Decimals, Spaced])
def test_a_projects_own_encoder_writes_head_and_body(encoder):
    key = key_of("HS256")
    claims = {"price": Decimal("1.10")} if encoder is Decimals else {"a": 1, "b": [1, 2]}
    for _ in range(2):
        assert sign(claims, key, json_encoder=encoder) == by_pyjwt(claims, key, encoder=encoder)
    assert sign({"a": 1}, key) == by_pyjwt({"a": 1}, key)


def test_a_key_without_a_name_names_none():
    key = Key("HS256", b"s" * 32, b"s" * 32)
    assert sign(CLAIMS, key) == by_pyjwt(CLAIMS, key)


def test_a_secret_that_is_too_short_is_warned_of_once_for_each_key():
    for secret in (b"short", b"shorter"):
        key = Key("HS256", secret, secret)
        with pytest.warns(InsecureKeyLengthWarning):
            first = sign(CLAIMS, key)
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            assert sign(CLAIMS, key) == first


@pytest.mark.parametrize(
    "secret",
    ["", "-----BEGIN PUBLIC KEY-----\nMFkw\n-----END PUBLIC KEY-----", "ssh-rsa AAAA", '{"kty":"RSA"}'],
    ids=["nothing", "PEM", "SSH", "JWK"],
)
def test_what_is_no_secret_signs_nothing(secret):
    """PyJWT's guard against a public key that is taken for a secret, which stands before the first signature."""
    key = Key("HS256", secret, secret)
    for _ in range(2):
        with pytest.raises(jwt.InvalidKeyError):
            sign(CLAIMS, key)
    assert not key.verifies(b"anything", b"x" * 32)
