"""A project that signs with a key pair: its public key is public and opens nothing (RFC 8725 section 2.1)."""

import hmac
import json
from collections.abc import Callable
from functools import cache
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives import serialization as s
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa

from keyturn.clock import utc_now
from keyturn.sessions.client import Client
from keyturn.tokens.issuing import issue_pair
from tests.bad_input.doors import PASSWORD, World, refusal, unchanged
from tests.bad_input.forgery import b64, claims_of, header_of
from tests.bad_input.presenting import PRESENTATIONS

_WAYS = {name: way for name, way in PRESENTATIONS.items() if way.kind != "sliding"}

_MAKERS: dict[str, Callable[[], Any]] = {
    "RS256": lambda: rsa.generate_private_key(65537, 2048),
    "PS256": lambda: rsa.generate_private_key(65537, 2048),
    "ES256": lambda: ec.generate_private_key(ec.SECP256R1()),
    "EdDSA": ed25519.Ed25519PrivateKey.generate,
}


@cache
def _key(algorithm):
    """The project's private key: made once, at the first need, since RSA takes a while."""
    return _MAKERS[algorithm]()


def _private_pem(key):
    return key.private_bytes(s.Encoding.PEM, s.PrivateFormat.PKCS8, s.NoEncryption()).decode()


def _public(key, encoding=s.Encoding.PEM, form=s.PublicFormat.SubjectPublicKeyInfo):
    return key.public_key().public_bytes(encoding, form)


def _spellings_of_public(key):
    """Everything that somebody might take for the secret."""
    pem = _public(key)
    yield from (pem, pem.strip(), pem.replace(b"\n", b"\r\n"), pem.replace(b"\n", b""), pem + b"\n", b" " + pem)
    yield _public(key, s.Encoding.DER)
    if not isinstance(key, ec.EllipticCurvePrivateKey | ed25519.Ed25519PrivateKey):
        yield _public(key, s.Encoding.PEM, s.PublicFormat.PKCS1)
        yield _public(key, s.Encoding.DER, s.PublicFormat.PKCS1)
    if not isinstance(key, ed25519.Ed25519PrivateKey):
        yield _public(key, s.Encoding.OpenSSH, s.PublicFormat.OpenSSH)
    yield b"".join(pem.split(b"\n")[1:-2])
    yield b""


def _hmac_token(header, claims, secret, digest):
    signing_input = f"{b64(json.dumps(header))}.{b64(json.dumps(claims))}"
    return f"{signing_input}.{b64(hmac.digest(secret, signing_input.encode(), digest))}"


@pytest.fixture(params=_MAKERS)
def algorithm(request):
    return request.param


@pytest.fixture
def pair_world(db, settings, django_user_model, algorithm) -> World:
    """A project whose tokens are signed by a private key of this algorithm."""
    key = _key(algorithm)
    settings.SIMPLE_JWT = {
        "ALGORITHM": algorithm,
        "SIGNING_KEY": _private_pem(key),
        "VERIFYING_KEY": _public(key).decode(),
    }
    ada = django_user_model.objects.create_user("ada", password=PASSWORD)
    pair = issue_pair(user=ada, now=utc_now(), client=Client())
    session = claims_of(pair.access)["sid"]
    return World(values={"refresh": str(pair.refresh)}, access=pair.access, session=session, others=session)


def test_the_projects_own_key_signs_access_tokens_and_they_open(pair_world, algorithm):
    assert header_of(pair_world.access)["alg"] == algorithm
    assert PRESENTATIONS["list sessions with"].send(pair_world, pair_world.access).status_code == 200
    assert PRESENTATIONS["refresh"].send(pair_world, pair_world.values["refresh"]).status_code == 200


def test_the_public_key_is_no_secret(pair_world, algorithm):
    with unchanged():
        for way in _WAYS.values():
            claims = claims_of(way.good(pair_world))
            for secret in _spellings_of_public(_key(algorithm)):
                for alg, digest in (("HS256", "sha256"), ("HS384", "sha384"), ("HS512", "sha512")):
                    forged = _hmac_token({"alg": alg, "typ": "JWT"}, claims, secret, digest)
                    assert refusal(way.send(pair_world, forged))["reason"] == "bad_signature"


def test_the_secret_key_of_django_signs_nothing_there(pair_world, settings):
    with unchanged():
        for way in _WAYS.values():
            forged = jwt.encode(claims_of(way.good(pair_world)), settings.SECRET_KEY, algorithm="HS256")
            assert refusal(way.send(pair_world, forged))["reason"] == "bad_signature"


def test_another_algorithm_of_the_same_key_is_refused(pair_world, algorithm):
    others = {"RS256": ("PS256", "RS512"), "PS256": ("RS256", "PS512")}.get(algorithm, ())
    with unchanged():
        for way in _WAYS.values():
            for other in others:
                forged = jwt.encode(claims_of(way.good(pair_world)), _key(algorithm), algorithm=other)
                assert refusal(way.send(pair_world, forged))["reason"] == "bad_signature"


def test_a_key_of_the_same_kind_and_somebody_elses_is_refused(pair_world, algorithm):
    stranger = _MAKERS[algorithm]()
    with unchanged():
        for way in _WAYS.values():
            forged = jwt.encode(claims_of(way.good(pair_world)), stranger, algorithm=algorithm)
            assert refusal(way.send(pair_world, forged))["reason"] == "bad_signature"


def test_a_signature_that_means_nothing_is_refused(pair_world, algorithm):
    """All zeros (what r = s = 0 is for ECDSA), all ones, too short, too long, empty."""
    size = {"RS256": 256, "PS256": 256, "ES256": 64, "EdDSA": 64}[algorithm]
    order = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551  # of P-256, FIPS 186-5
    signatures = [
        b"\x00" * size,
        b"\xff" * size,
        b"\x00" * (size - 1) + b"\x01",
        order.to_bytes(32) * 2,
        b"\x00" * (size * 4),
        b"\x30\x06\x02\x01\x00\x02\x01\x00",
        b"",
    ]
    with unchanged():
        for way in _WAYS.values():
            header, claims = {"alg": algorithm, "typ": "JWT"}, claims_of(way.good(pair_world))
            head = f"{b64(json.dumps(header))}.{b64(json.dumps(claims))}"
            for signature in signatures:
                refused = refusal(way.send(pair_world, f"{head}.{b64(signature)}"))
                assert refused["reason"] in {"bad_signature", "malformed"}
