"""Tokens that nobody signed, or somebody else, or that were changed afterwards."""

import json
import socket
from datetime import UTC, datetime, timedelta

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from keyturn import keys
from keyturn.errors import RefusedError
from keyturn.jose import Expectation, verify
from tests.bad_input.catalogue.tokens import FORGED, longer
from tests.bad_input.doors import refusal, unchanged
from tests.bad_input.forgery import b64, claims_of, header_of, signed_by_us, signing_key, spliced
from tests.bad_input.presenting import PRESENTATIONS


@pytest.mark.parametrize("make", FORGED.values(), ids=FORGED)
def test_a_forged_token_is_refused_wherever_it_is_presented(world, make):
    with unchanged():
        for way in PRESENTATIONS.values():
            response = way.send(world, make(way.good(world)))
            refused = refusal(response)
            assert refused["code"] in {"token_not_valid", "bad_authorization_header"}
            assert refused["reason"] in {"malformed", "bad_signature", "unknown_key"}
            assert response.status_code == way.status


@pytest.mark.parametrize("way", PRESENTATIONS.values(), ids=PRESENTATIONS)
def test_the_signature_of_another_token_does_not_fit(world, way):
    token = way.good(world)
    other = signed_by_us(way.key, longer(token))
    for forged in (
        spliced(other, signature=b"").rpartition(".")[0] + "." + token.rpartition(".")[2],
        spliced(token, signature=b"").rpartition(".")[0] + "." + other.rpartition(".")[2],
    ):
        with unchanged():
            assert refusal(way.send(world, forged))["reason"] == "bad_signature"


# Any type may be verified.
_OF_ONE_TYPE = {name: way for name, way in PRESENTATIONS.items() if name != "verify a refresh token"}


@pytest.mark.parametrize("way", _OF_ONE_TYPE.values(), ids=_OF_ONE_TYPE)
def test_a_token_of_another_type_is_refused(world, way):
    tokens = {"access": world.access, "refresh": world.values["refresh"], "sliding": world.values["sliding"]}
    for kind, token in tokens.items():
        if kind != way.kind:
            with unchanged():
                response = way.send(world, token)
                assert refusal(response)["reason"] == "wrong_type"
            assert response.status_code == way.status


@pytest.mark.parametrize("way", PRESENTATIONS.values(), ids=PRESENTATIONS)
def test_the_key_of_the_other_kind_does_not_open(world, way):
    other = "access" if way.key == "refresh" else "refresh"
    with unchanged():
        response = way.send(world, signed_by_us(other, claims_of(way.good(world))))
        assert refusal(response)["reason"] == "wrong_type"


@pytest.mark.parametrize("way", PRESENTATIONS.values(), ids=PRESENTATIONS)
def test_one_bit_flipped_anywhere_is_refused(world, way):
    """Every bit of the token against the verifier, and some of them through the whole endpoint."""
    token = way.good(world).encode()
    now = datetime.now(UTC).timestamp()
    for position in range(len(token) * 8):
        flipped = bytearray(token)
        flipped[position // 8] ^= 1 << position % 8
        with pytest.raises(RefusedError):
            verify(bytes(flipped), way.key_set(), now=now, expect=Expectation())
        if position % 97 == 0:
            with unchanged():
                assert "reason" in refusal(way.send(world, flipped.decode("latin-1")))


@pytest.mark.parametrize("way", PRESENTATIONS.values(), ids=PRESENTATIONS)
def test_a_token_has_one_spelling(world, way):
    """Base64's last letter has bits that mean nothing (RFC 4648 section 3.5): only zeros are right there."""
    token = way.good(world)
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    for letter in set(alphabet) - {token[-1]}:
        with unchanged():
            assert refusal(way.send(world, token[:-1] + letter))["reason"] in {"bad_signature", "malformed"}


@pytest.mark.parametrize("way", PRESENTATIONS.values(), ids=PRESENTATIONS)
@pytest.mark.parametrize("moved", [timedelta(seconds=1), timedelta(days=3_650)], ids=["a second", "ten years"])
def test_an_expired_token_is_refused_and_is_no_reuse(world, way, moved):
    claims = claims_of(way.good(world))
    ended = int((datetime.now(UTC) - moved).timestamp())
    token = signed_by_us(way.key, {**claims, "exp": ended})
    if way is PRESENTATIONS["log out with"]:
        assert way.send(world, token).status_code == 205  # log-out traps nobody
        return
    with unchanged():
        response = way.send(world, token)
        assert refusal(response)["reason"] == "expired"
    assert response.status_code == way.status


def _attackers_keys():
    elliptic = ec.generate_private_key(ec.SECP256R1())
    return {"RS256": rsa.generate_private_key(65537, 2048), "ES256": elliptic, "HS256": b"x" * 32}


def _brought(url):
    """Header fields with a key of the attacker's, or that say where to fetch one, for each kind of key."""
    at_url = {"jku": url, "x5u": url, "x5c": [b64("certificate")], "x5t": "t", "x5t#S256": "t"}
    for algorithm, key in _attackers_keys().items():
        public = key if isinstance(key, bytes) else key.public_key()
        yield algorithm, key, {**at_url, "jwk": json.loads(jwt.get_algorithm_by_name(algorithm).to_jwk(public))}


def test_a_key_that_the_token_brings_along_is_never_used_and_no_url_in_it_is_asked(world, free_port):
    with socket.create_server(("127.0.0.1", free_port)) as listener:
        listener.setblocking(False)
        url = f"http://127.0.0.1:{free_port}/keys.json"
        for algorithm, key, brought in _brought(url):
            for way in PRESENTATIONS.values():
                token = way.good(world)
                for kid in ({}, {"kid": "attacker"}, {"kid": header_of(token)["kid"]}, {"kid": url}):
                    forged = jwt.encode(claims_of(token), key, algorithm=algorithm, headers={**brought, **kid})
                    with unchanged():
                        assert refusal(way.send(world, forged))["reason"] in {"malformed", "unknown_key"}
            # Even signed by us: nothing of ours has such a header.
            ours = signed_by_us("access", claims_of(world.access), more=brought)
            assert refusal(PRESENTATIONS["list sessions with"].send(world, ours))["reason"] == "malformed"
        with pytest.raises(BlockingIOError):
            listener.accept()


@pytest.mark.parametrize("more", [{"crit": ["exp"]}, {"crit": []}, {"crit": "exp"}, {"crit": None}, {"b64": True}])
@pytest.mark.parametrize("way", PRESENTATIONS.values(), ids=PRESENTATIONS)
def test_a_critical_extension_is_refused_even_in_a_token_of_ours(world, way, more):
    """RFC 7515 section 4.1.11."""
    key = signing_key(way.key)
    claims = json.dumps(claims_of(way.good(world)))
    header = json.dumps({"alg": key.algorithm, "typ": "JWT", "kid": key.kid, **more})
    signing_input = f"{b64(header)}.{b64(claims)}"
    algorithm = jwt.get_algorithm_by_name(key.algorithm)
    token = f"{signing_input}.{b64(algorithm.sign(signing_input.encode(), key.prepared_signing))}"
    with unchanged():
        assert refusal(way.send(world, token))["reason"] == "malformed"


def test_a_token_signed_with_an_old_secret_that_is_no_fallback_is_refused(world, settings):
    settings.SECRET_KEY = "another secret, which has taken the place of the first"
    with unchanged():
        for way in PRESENTATIONS.values():
            assert refusal(way.send(world, way.good(world)))["reason"] == "unknown_key"
    assert keys.refresh_signing_key().kid


@pytest.mark.parametrize("twice", ["header", "claims"])
def test_a_name_that_stands_twice_is_refused_whoever_signed_it(world, twice):
    """RFC 7519 section 4: readers differ in which of the two they take."""
    for way in PRESENTATIONS.values():
        key = signing_key(way.key)
        header = json.dumps({"alg": key.algorithm, "typ": "JWT", "kid": key.kid})
        claims = json.dumps(claims_of(way.good(world)))
        if twice == "header":
            header = header[:-1] + f', "kid": "{key.kid}"}}'
        else:
            claims = claims[:-1] + ', "user_id": "1"}'
        head = f"{b64(header)}.{b64(claims)}"
        signature = jwt.get_algorithm_by_name(key.algorithm).sign(head.encode(), key.prepared_signing)
        with unchanged():
            assert refusal(way.send(world, f"{head}.{b64(signature)}"))["reason"] == "malformed"


@pytest.mark.parametrize("form", ["{0}.{1}.{2}.{2}", "{0}.{1}.{2}{2}", '{{"payload":"{1}","signatures":[]}}'])
def test_two_signatures_are_none(world, form):
    for way in PRESENTATIONS.values():
        with unchanged():
            answer = way.send(world, form.format(*way.good(world).split(".")))
            assert refusal(answer)["reason"] in {"malformed", "bad_signature", "unknown_key"}
