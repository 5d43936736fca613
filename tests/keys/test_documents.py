"""The JWK Set: RFC 7517, and nothing private in it."""

import json
from datetime import timedelta

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat
from django.core.checks import run_checks

from keyturn import keys
from keyturn.jose import Expectation, Key, sign, thumbprint, verify
from tests.keys.telling import LEAD, NOW, is_accepted, kids, token

pytestmark = pytest.mark.django_db

PRIVATE_MEMBERS = {"d", "p", "q", "dp", "dq", "qi", "oth", "k"}


def pair(private):
    return (
        private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode(),
        private.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode(),
    )


RSA = pair(rsa.generate_private_key(65537, 2048))
P256 = pair(ec.generate_private_key(ec.SECP256R1()))


def published(now=NOW):
    return json.loads(keys.jwks(now=now).body)["keys"]


@pytest.mark.parametrize("algorithm", ["ES256", "RS256", "EdDSA"])
def test_every_published_key_says_what_it_is_for(settings, algorithm):
    settings.KEYTURN = {"SIGNING_ALGORITHM": algorithm}
    raw = token(NOW)
    [jwk] = published()
    assert (jwk["use"], jwk["alg"], jwk["kid"]) == ("sig", algorithm, thumbprint(jwk))
    assert jwk["kty"] == {"ES256": "EC", "RS256": "RSA", "EdDSA": "OKP"}[algorithm]
    assert not PRIVATE_MEMBERS & set(jwk)
    for member in jwk.values():
        assert isinstance(member, str)
        assert "=" not in member
    # What another library makes of it.
    [key] = jwt.PyJWKSet.from_dict({"keys": [jwk]}).keys
    assert jwt.decode(raw, key, algorithms=[algorithm], options={"verify_exp": False})


def test_the_document_is_the_same_until_the_ring_changes(settings):
    token(NOW)
    first = keys.jwks(now=NOW)
    assert keys.jwks(now=NOW) == first
    assert first.etag.startswith('"')
    assert first.max_age == 300
    assert json.loads(first.body).keys() == {"keys"}

    settings.KEYTURN = {"JWKS_MAX_AGE": 60}
    keys.tend(now=NOW + timedelta(days=30))
    second = keys.jwks(now=NOW + timedelta(days=30))
    assert second.max_age == 60
    assert second.etag != first.etag
    assert [jwk["kid"] for jwk in published(NOW + timedelta(days=30))] == kids()[::-1], "the newest first"


@pytest.mark.parametrize(("algorithm", "own"), [("RS256", RSA), ("PS256", RSA), ("ES256", P256)])
def test_a_projects_own_key_pair_is_published(settings, algorithm, own):
    settings.SIMPLE_JWT = {"ALGORITHM": algorithm, "SIGNING_KEY": own[0], "VERIFYING_KEY": own[1]}
    [jwk] = published()
    assert (jwk["alg"], jwk["kid"], jwk["use"]) == (algorithm, thumbprint(jwk), "sig")
    assert not PRIVATE_MEMBERS & set(jwk)
    raw = token(NOW)
    assert jwt.decode(raw, jwt.PyJWK(jwk), algorithms=[algorithm], options={"verify_exp": False})
    assert kids() == [], "the ring is not used"


def test_a_shared_secret_and_keys_at_a_url_are_not(settings):
    for simple_jwt in (
        {"ALGORITHM": "HS256"},
        {"SIGNING_KEY": "k" * 64, "ALGORITHM": "HS512"},
        {"ALGORITHM": "RS256", "JWK_URL": "https://id.example.com/jwks.json"},
        {"ALGORITHM": "RS256", "SIGNING_KEY": "broken", "VERIFYING_KEY": "broken"},
    ):
        settings.SIMPLE_JWT = simple_jwt
        assert keys.jwks(now=NOW).body == b'{"keys":[]}'


@pytest.mark.parametrize(
    ("algorithm", "signing", "verifying"), [("RS256", *RSA), ("ES256", *P256), ("HS256", "s" * 40, "s" * 40)]
)
def test_from_a_key_of_ones_own_to_the_ring_logs_nobody_out(settings, algorithm, signing, verifying):
    settings.SIMPLE_JWT = {"ALGORITHM": algorithm, "SIGNING_KEY": signing, "VERIFYING_KEY": verifying}
    raw = token(NOW)
    refresh = sign({"exp": 4_000_000_000}, keys.refresh_signing_key())

    settings.SIMPLE_JWT = {}
    settings.KEYTURN = {"FORMER_KEYS": [{"ALGORITHM": algorithm, "KEY": verifying}]}
    assert is_accepted(raw, NOW)
    assert verify(refresh, keys.refresh_keys(), now=0, expect=Expectation())
    assert jwt.get_unverified_header(token(NOW))["alg"] == "ES256"
    expected = 1 if algorithm == "HS256" else 2
    assert len(published()) == expected, "and whoever verifies by the document finds the former key there"

    settings.KEYTURN = {}
    assert not is_accepted(raw, NOW)


def test_a_former_public_key_is_no_shared_secret(settings):
    settings.KEYTURN = {"FORMER_KEYS": [{"ALGORITHM": "RS256", "KEY": RSA[1]}]}
    for algorithm in ("HS256", "HS512"):
        key = Key(algorithm, RSA[1].encode(), None)
        import hashlib
        import hmac

        from tests.bad_input.forgery import b64

        head = f"{b64(json.dumps({'alg': algorithm, 'typ': 'JWT'}))}.{b64(json.dumps({'exp': 4_000_000_000}))}"
        digest = hashlib.sha256 if algorithm == "HS256" else hashlib.sha512
        assert not is_accepted(f"{head}.{b64(hmac.new(key.signing, head.encode(), digest).digest())}", NOW)


@pytest.mark.parametrize(
    ("algorithm", "key"), [("RS256", "no key"), ("RS256", P256[1]), ("ES256", RSA[1]), ("ES384", P256[1])]
)
def test_a_former_key_that_can_verify_nothing_stops_the_start(settings, algorithm, key):
    settings.KEYTURN = {"FORMER_KEYS": [{"ALGORITHM": "HS256", "KEY": "k" * 32}, {"ALGORITHM": algorithm, "KEY": key}]}
    found = {message.id: message for message in run_checks()}
    assert found["keyturn.E006"].msg == f"KEYTURN['FORMER_KEYS'], number 2, is no key that verifies {algorithm!r}."
    assert keys.jwks(now=NOW).body == b'{"keys":[]}'


def test_the_next_key_is_in_the_document_before_it_signs():
    token(NOW)
    keys.tend(now=NOW + timedelta(days=30))
    second = kids()[1]
    assert second in {jwk["kid"] for jwk in published(NOW + timedelta(days=30))}
    now = NOW + timedelta(days=30) + LEAD
    assert jwt.get_unverified_header(token(now))["kid"] == second


def test_access_tokens_say_their_type_and_sliding_ones_do_not(settings, django_user_model):
    from keyturn.sessions.client import Client
    from keyturn.tokens.issuing import issue_pair
    from keyturn.tokens.sliding import issue_sliding

    user = django_user_model.objects.create_user("ada", password="x")
    pair_of_tokens = issue_pair(user=user, now=NOW, client=Client())
    kid = kids()[0]
    assert jwt.get_unverified_header(pair_of_tokens.access) == {"alg": "ES256", "typ": "at+jwt", "kid": kid}
    assert jwt.get_unverified_header(pair_of_tokens.refresh or "")["typ"] == "JWT"
    sliding = issue_sliding(user=user, now=NOW, client=Client())
    assert jwt.get_unverified_header(sliding) == {"alg": "ES256", "typ": "JWT", "kid": kid}
