"""Signatures that libraries of this field accepted and should not have."""

import hmac
import json

import jwt
import pytest
from cryptography.hazmat.primitives import serialization as s
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa

from keyturn import keys
from keyturn.clock import utc_now
from keyturn.errors import Reason, RefusedError
from keyturn.jose import Expectation, Key, KeySet, sign, verify
from tests.bad_input.doors import refusal, unchanged
from tests.bad_input.forgery import b64, claims_of, header_of, signed_by_us, signing_key
from tests.bad_input.presenting import PRESENTATIONS

_CLAIMS = {"exp": 4_000_000_000, "user_id": "1"}


def _pem(key):
    return key.private_bytes(s.Encoding.PEM, s.PrivateFormat.PKCS8, s.NoEncryption()).decode()


def _public(key, encoding=s.Encoding.PEM, form=s.PublicFormat.SubjectPublicKeyInfo):
    return key.public_key().public_bytes(encoding, form)


def _verifier(algorithm, key):
    return KeySet(unnamed=(Key(algorithm, None, _public(key).decode()),))


def _signed(algorithm, key):
    return sign(_CLAIMS, Key(algorithm, _pem(key), None))


def _check(token, key_set):
    return verify(token, key_set, now=0, expect=Expectation())


def _hmac_with(secret, header=None):
    head = f"{b64(json.dumps(header or {'alg': 'HS256', 'typ': 'JWT'}))}.{b64(json.dumps(_CLAIMS))}"
    return f"{head}.{b64(hmac.digest(secret, head.encode(), 'sha256'))}"


def _refused(token, key_set):
    with pytest.raises(RefusedError) as refused:
        _check(token, key_set)
    return refused.value.reason


def test_cve_2015_9235_a_public_key_is_never_taken_for_a_shared_secret():
    """jsonwebtoken (node): the header's ``alg`` chose how the key was used, so HS256 with the public RSA key passed."""
    key = rsa.generate_private_key(65537, 2048)
    verifier = _verifier("RS256", key)
    assert _check(_signed("RS256", key), verifier) == _CLAIMS
    assert _refused(_hmac_with(_public(key)), verifier) is Reason.BAD_SIGNATURE


def test_cve_2017_11424_nor_one_in_the_older_pem_form():
    """PyJWT below 1.5.1 knew public keys by their PEM header and forgot ``BEGIN RSA PUBLIC KEY``."""
    key = rsa.generate_private_key(65537, 2048)
    pem = _public(key, s.Encoding.PEM, s.PublicFormat.PKCS1)
    assert pem.startswith(b"-----BEGIN RSA PUBLIC KEY-----")
    assert _refused(_hmac_with(pem), _verifier("RS256", key)) is Reason.BAD_SIGNATURE


@pytest.mark.parametrize("make", [ed25519.Ed25519PrivateKey.generate, lambda: ec.generate_private_key(ec.SECP256R1())])
def test_cve_2022_29217_nor_one_in_the_form_of_ssh(make):
    """PyJWT below 2.4.0 did not recognise SSH's forms of public keys as such, and took them for HMAC secrets."""
    key = make()
    algorithm = "EdDSA" if isinstance(key, ed25519.Ed25519PrivateKey) else "ES256"
    line = _public(key, s.Encoding.OpenSSH, s.PublicFormat.OpenSSH)
    assert _refused(_hmac_with(line), _verifier(algorithm, key)) is Reason.BAD_SIGNATURE


def test_cve_2024_33663_nor_an_elliptic_one_in_any_other_form():
    """python-jose up to 3.3.0 had the same confusion with OpenSSH ECDSA keys and other key formats."""
    key = ec.generate_private_key(ec.SECP256R1())
    for form in (
        _public(key, s.Encoding.DER),
        _public(key, s.Encoding.OpenSSH, s.PublicFormat.OpenSSH),
        _public(key, s.Encoding.X962, s.PublicFormat.UncompressedPoint),
        _public(key, s.Encoding.X962, s.PublicFormat.CompressedPoint),
    ):
        assert _refused(_hmac_with(form), _verifier("ES256", key)) is Reason.BAD_SIGNATURE


def test_ghsa_xgmm_8j9v_c9wx_nor_one_written_as_a_jwk():
    """PyJWT below 2.13.0 took the JSON text of a JWK for an HMAC secret."""
    key = rsa.generate_private_key(65537, 2048)
    jwk = jwt.get_algorithm_by_name("RS256").to_jwk(key.public_key())
    assert _refused(_hmac_with(str(jwk).encode()), _verifier("RS256", key)) is Reason.BAD_SIGNATURE


def test_cve_2018_0114_a_key_inside_the_token_is_not_looked_at(world):
    """node-jose below 0.11.0 verified a token with the public key that the token itself carried in ``jwk``."""
    key = rsa.generate_private_key(65537, 2048)
    jwk = json.loads(jwt.get_algorithm_by_name("RS256").to_jwk(key.public_key()))
    with unchanged():
        for way in PRESENTATIONS.values():
            forged = jwt.encode(claims_of(way.good(world)), key, algorithm="RS256", headers={"jwk": jwk})
            assert refusal(way.send(world, forged))["reason"] == "malformed"


def test_cve_2022_21449_a_signature_of_zeros_signs_nothing():
    """Java 15 to 18 accepted r = s = 0 as an ECDSA signature of anything ("psychic signatures")."""
    key = ec.generate_private_key(ec.SECP256R1())
    head = f"{b64(json.dumps({'alg': 'ES256', 'typ': 'JWT'}))}.{b64(json.dumps(_CLAIMS))}"
    for signature in (b"\x00" * 64, b"\x00" * 132, b"\x30\x06\x02\x01\x00\x02\x01\x00"):
        assert _refused(f"{head}.{b64(signature)}", _verifier("ES256", key)) is Reason.BAD_SIGNATURE


@pytest.mark.parametrize("crit", [["x-unknown"], ["b64"], ["exp"], []])
def test_cve_2026_32597_and_cve_2025_59420_a_critical_extension_is_refused(world, crit):
    """PyJWT below 2.12.0 and Authlib below 1.6.4 passed over ``crit``, which RFC 7515 section 4.1.11 forbids."""
    for way in PRESENTATIONS.values():
        key = signing_key(way.key)
        header = {"alg": key.algorithm, "kid": key.kid, "crit": crit, "x-unknown": 1, "exp": 1}
        head = f"{b64(json.dumps(header))}.{b64(json.dumps(claims_of(way.good(world))))}"
        signature = jwt.get_algorithm_by_name(key.algorithm).sign(head.encode(), key.prepared_signing)
        token = f"{head}.{b64(signature)}"
        with unchanged():
            assert refusal(way.send(world, token))["reason"] == "malformed"


def test_ghsa_w7vc_732c_9m39_a_detached_payload_is_refused_before_it_is_decoded(world):
    """PyJWT below 2.13.0 decoded a payload of any size that ``b64: false`` made useless, before any signature check."""
    header = {**header_of(world.access), "b64": False, "crit": ["b64"]}
    token = f"{b64(json.dumps(header))}.{'A' * 12_000}.{'A' * 43}"
    with unchanged():
        assert refusal(PRESENTATIONS["list sessions with"].send(world, token))["reason"] == "malformed"


@pytest.mark.parametrize("added", ["!!!!", "=", "==", "====", "\n", " ", ".", "%", "é"])
def test_cve_2026_102269_ghsa_hxm8_2xgr_2p9m_a_token_has_one_spelling(world, added):
    """PyJWT below 2.14.0 ignored characters outside the alphabet in a signature, so that a token that had been logged
    out by its text came back in another spelling. Here sessions end by their id, and there is one spelling anyway."""
    for way in PRESENTATIONS.values():
        good = way.good(world)
        with unchanged():
            assert "reason" in refusal(way.send(world, f"{good[:-4]}{added}{good[-4:]}"))


@pytest.mark.parametrize("added", ["!!!!", "=", "A"])
def test_the_other_half_of_it_a_session_that_ended_stays_so_in_any_spelling(world, added):
    """GHSA-hxm8-2xgr-2p9m, once more: what is looked up is the session, never the token's text."""
    way = PRESENTATIONS["refresh"]
    assert PRESENTATIONS["blacklist"].send(world, way.good(world)).status_code == 200
    again = signed_by_us("refresh", {**claims_of(way.good(world)), "spelled": added})
    for token in (way.good(world), way.good(world) + added, again):
        assert refusal(way.send(world, token))["reason"] in {"session_revoked", "malformed", "bad_signature"}


@pytest.mark.django_db
def test_cve_2025_45768_keys_of_our_own_are_as_long_as_their_hash():
    """PyJWT 2.10.1 and earlier sign HS256 with keys of any length (disputed: the application chooses the key)."""
    shared = [key for key in keys.access_keys(now=utc_now()).named.values() if key.algorithm == "HS256"]
    assert shared
    for key in (keys.refresh_signing_key(), *shared):
        assert len(key.prepared_verifying) * 8 >= 256
    assert keys.refresh_signing_key().signing not in {key.verifying for key in shared}


@pytest.mark.parametrize(("algorithm", "least"), [("HS256", 32), ("HS384", 48), ("HS512", 64)])
def test_cve_2025_45768_and_a_project_that_chose_a_shorter_one_is_warned(settings, algorithm, least):
    """The same advisory: RFC 7518 section 3.2 wants a key at least as long as the hash, and a deployment is told so."""
    from keyturn.checks import check_key_length

    settings.SIMPLE_JWT = {"ALGORITHM": algorithm, "SIGNING_KEY": "x" * (least - 1)}
    assert [message.id for message in check_key_length()] == ["keyturn.W004"]
    settings.SIMPLE_JWT = {"ALGORITHM": algorithm, "SIGNING_KEY": "x" * least}
    assert list(check_key_length()) == []
