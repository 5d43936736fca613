"""SIMPLE_JWT: who signs, who may verify, and for whom a token is."""

import hashlib
import hmac
import json
import threading
import uuid
from base64 import urlsafe_b64encode
from collections.abc import Iterator
from decimal import Decimal
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat
from django.conf import settings as django_settings

from keyturn import keys
from keyturn.clock import utc_now
from tests.contract.caller import Caller, assert_refused, claims

SECRET = "a secret of its own, and long enough for each of the HMAC algorithms there are"


def pem(private: Any) -> tuple[str, str]:
    """A key pair as ``SIGNING_KEY`` and ``VERIFYING_KEY`` take it."""
    return (
        private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode(),
        private.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode(),
    )


RSA = rsa.generate_private_key(65537, 2048)
KEYS: dict[str, tuple[Any, Any]] = {
    "HS256": (SECRET, ""),
    "HS384": (SECRET, ""),
    "HS512": (SECRET, ""),
    "RS256": pem(RSA),
    "RS512": pem(RSA),
    "PS256": pem(RSA),
    "ES256": pem(ec.generate_private_key(ec.SECP256R1())),
    "ES384": pem(ec.generate_private_key(ec.SECP384R1())),
    "ES512": pem(ec.generate_private_key(ec.SECP521R1())),
    "EdDSA": pem(ed25519.Ed25519PrivateKey.generate()),
}


def simple_jwt(algorithm: str) -> dict[str, Any]:
    signing, verifying = KEYS[algorithm]
    return {"ALGORITHM": algorithm, "SIGNING_KEY": signing, "VERIFYING_KEY": verifying}


@pytest.mark.parametrize("algorithm", KEYS)
def test_an_algorithm_with_its_keys_signs_access_tokens_that_others_verify(settings, ada, caller, algorithm):
    settings.SIMPLE_JWT = simple_jwt(algorithm)
    tokens = caller.log_in()

    signing, verifying = KEYS[algorithm]
    read = jwt.decode(tokens.access, verifying or signing, algorithms=[algorithm])
    assert read["user_id"] == str(ada.pk)
    assert caller.home(tokens.access).status_code == 200
    for token in (tokens.access, tokens.refresh):
        assert caller.verify(token).status_code == 200
    assert caller.log_out(tokens.refresh, tokens.access).status_code == 205


@pytest.mark.parametrize("algorithm", KEYS)
def test_whatever_the_algorithm_a_retry_gets_the_very_same_successor(settings, ada, caller, algorithm):
    """Also where two signatures of the same content differ, as those of ES and PS do."""
    settings.SIMPLE_JWT = simple_jwt(algorithm)
    tokens = caller.log_in()

    successor = caller.refresh(tokens.refresh).refresh

    assert caller.refresh(tokens.refresh).refresh == successor
    assert caller.try_refresh(successor).status_code == 200


@pytest.mark.parametrize("algorithm", KEYS)
def test_a_refresh_token_that_stock_signed_with_these_keys_is_adopted(settings, ada, caller, algorithm):
    settings.SIMPLE_JWT = simple_jwt(algorithm)
    now = int(utc_now().timestamp())
    payload = {"token_type": "refresh", "exp": now + 600, "iat": now - 60, "jti": uuid.uuid4().hex, "user_id": ada.pk}
    stock = jwt.encode(payload, KEYS[algorithm][0], algorithm=algorithm)

    assert caller.verify(stock).status_code == 200
    tokens = caller.refresh(stock)
    assert caller.try_refresh(tokens.refresh).status_code == 200


def test_tokens_of_another_algorithm_or_key_are_refused(settings, ada, caller):
    settings.SIMPLE_JWT = simple_jwt("RS256")
    tokens = caller.log_in()
    public = KEYS["RS256"][1].encode()
    payload = claims(tokens.access)

    # The classic confusion: the public key taken for an HMAC secret.
    head = urlsafe_b64encode(b'{"alg":"HS256","typ":"JWT"}').rstrip(b"=")
    body = head + b"." + urlsafe_b64encode(json.dumps(payload).encode()).rstrip(b"=")
    forged = body + b"." + urlsafe_b64encode(hmac.digest(public, body, hashlib.sha256)).rstrip(b"=")
    assert_refused(caller.home(forged.decode()), "bad_signature")
    assert_refused(caller.home(jwt.encode(payload, SECRET, algorithm="HS256")), "bad_signature")
    assert_refused(caller.home(jwt.encode(payload, RSA, algorithm="RS512")), "bad_signature")
    assert_refused(caller.home(jwt.encode(payload, "", algorithm="none")), "bad_signature")


def test_a_signing_key_of_its_own_replaces_secret_key(settings, ada, caller):
    settings.SIMPLE_JWT = {"SIGNING_KEY": SECRET}
    tokens = caller.log_in()

    for token in (tokens.access, tokens.refresh):
        assert jwt.decode(token, SECRET, algorithms=["HS256"])["user_id"] == str(ada.pk)
    settings.SIMPLE_JWT = {"SIGNING_KEY": SECRET[::-1]}
    assert_refused(caller.home(tokens.access), "bad_signature")
    assert_refused(caller.try_refresh(tokens.refresh), "bad_signature")


def test_the_tutorials_algorithm_and_key_keep_signing_with_secret_key(settings, ada, caller):
    settings.SIMPLE_JWT = {"ALGORITHM": "HS256", "SIGNING_KEY": django_settings.SECRET_KEY, "VERIFYING_KEY": ""}
    tokens = caller.log_in()

    read = jwt.decode(tokens.access, django_settings.SECRET_KEY, algorithms=["HS256"])
    assert read["user_id"] == str(ada.pk)
    assert jwt.get_unverified_header(tokens.access) == {"alg": "HS256", "typ": "JWT"}


def test_without_a_key_of_the_project_none_but_keyturn_can_sign(ada, caller):
    """Not even who knows that stock signs with SECRET_KEY: a token with a session must come from us."""
    tokens = caller.log_in()
    for token in (tokens.access, tokens.refresh):
        with pytest.raises((jwt.InvalidSignatureError, jwt.InvalidAlgorithmError)):
            jwt.decode(token, django_settings.SECRET_KEY, algorithms=["HS256"])
        assert "kid" in jwt.get_unverified_header(token)


def test_after_secret_key_was_rotated_its_predecessor_still_verifies(settings, ada, caller):
    tokens = caller.log_in()
    old = django_settings.SECRET_KEY

    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = "another secret key, long enough to be one", [old]
    assert caller.home(tokens.access).status_code == 200
    fresh = caller.refresh(tokens.refresh)
    keys.tend(now=utc_now())

    settings.SECRET_KEY_FALLBACKS = []
    assert caller.home(fresh.access).status_code == 200
    assert caller.home(tokens.access).status_code == 200, "the ring's keys do not depend on the secret"
    assert caller.try_refresh(fresh.refresh).status_code == 200
    assert_refused(caller.try_refresh(tokens.refresh), "unknown_key")


@pytest.mark.parametrize("audience", ["web", ["web", "mobile"]], ids=["one", "several"])
def test_audience_is_written_into_every_token_and_asked_of_every_token(settings, ada, caller, audience):
    before = caller.log_in()
    settings.SIMPLE_JWT = {"AUDIENCE": audience}
    tokens = caller.log_in()
    for token in (tokens.access, tokens.refresh, caller.refresh(tokens.refresh).access):
        assert claims(token)["aud"] == audience
        assert caller.verify(token).status_code == 200
    assert caller.home(tokens.access).status_code == 200

    for other in ("desktop", ["desktop"]):
        settings.SIMPLE_JWT = {"AUDIENCE": other}
        assert_refused(caller.home(tokens.access), "wrong_audience")
        assert_refused(caller.try_refresh(tokens.refresh), "wrong_audience")
        assert_refused(caller.verify(tokens.refresh), "wrong_audience")
        assert_refused(caller.home(before.access), "wrong_audience")


def test_a_token_for_one_of_several_audiences_is_taken(settings, ada, caller):
    settings.SIMPLE_JWT = {"AUDIENCE": ["web", "mobile"]}
    tokens = caller.log_in()

    settings.SIMPLE_JWT = {"AUDIENCE": "mobile"}
    assert caller.home(tokens.access).status_code == 200


def test_issuer_is_written_into_every_token_and_asked_of_every_token(settings, ada, caller):
    settings.SIMPLE_JWT = {"ISSUER": "https://id.example.com"}
    tokens = caller.log_in()
    for token in (tokens.access, tokens.refresh, caller.refresh(tokens.refresh).refresh):
        assert claims(token)["iss"] == "https://id.example.com"
        assert caller.verify(token).status_code == 200

    settings.SIMPLE_JWT = {"ISSUER": "https://id.example.org"}
    assert_refused(caller.home(tokens.access), "wrong_issuer")
    assert_refused(caller.try_refresh(tokens.refresh), "wrong_issuer")


def test_token_issuer_is_written_into_every_token_and_may_change(settings, ada, caller):
    settings.KEYTURN = {"TOKEN_ISSUER": "https://id.example.com"}
    tokens = caller.log_in()
    for token in (tokens.access, tokens.refresh):
        assert claims(token)["iss"] == "https://id.example.com"

    settings.KEYTURN = {"TOKEN_ISSUER": "https://id.example.org"}
    assert caller.home(tokens.access).status_code == 200
    assert claims(caller.refresh(tokens.refresh).refresh)["iss"] == "https://id.example.org"


class Encoder(json.JSONEncoder):
    """A project's own."""

    def default(self, o: Any) -> Any:
        return f"decimal {o}" if isinstance(o, Decimal) else super().default(o)


@pytest.mark.parametrize("encoder", ["tests.compat.test_keys.Encoder", Encoder], ids=["path", "class"])
def test_json_encoder_writes_claims_that_json_does_not_know(settings, ada, caller, encoder):
    settings.SIMPLE_JWT = {
        "JSON_ENCODER": encoder,
        "TOKEN_OBTAIN_SERIALIZER": "tests.compat.own_serializers.DecimalClaim",
    }
    tokens = caller.log_in()

    for token in (tokens.access, tokens.refresh, caller.refresh(tokens.refresh).refresh):
        assert claims(token)["limit"] == "decimal 12.50"


@pytest.fixture
def jwks() -> Iterator[str]:
    """The address of a little server that publishes the public half of ``RSA`` under the name ``idp-1``."""
    document = json.loads(jwt.algorithms.RSAAlgorithm.to_jwk(RSA.public_key()))
    published = json.dumps({"keys": [{**document, "kid": "idp-1", "use": "sig", "alg": "RS256"}]}).encode()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(published)))
            self.end_headers()
            self.wfile.write(published)

        def log_message(self, *_: Any) -> None:
            """Print nothing."""

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}/jwks.json"
        server.shutdown()
        thread.join()


def of_the_provider(user: Any, *, kid: str = "idp-1", key: Any = RSA) -> str:
    """An access token that another service signed."""
    now = int(utc_now().timestamp())
    payload = {"token_type": "access", "exp": now + 60, "iat": now, "jti": uuid.uuid4().hex, "user_id": str(user.pk)}
    return jwt.encode(payload, key, algorithm="RS256", headers={"kid": kid})


def test_jwk_url_verifies_tokens_by_the_keys_published_there(settings, ada, caller, jwks):
    settings.SIMPLE_JWT = {"ALGORITHM": "RS256", "JWK_URL": jwks}

    assert caller.home(of_the_provider(ada)).json() == {"message": "Welcome, ada."}
    assert caller.verify(of_the_provider(ada)).status_code == 200
    assert_refused(caller.home(of_the_provider(ada, kid="idp-2")), "unknown_key")
    stranger = rsa.generate_private_key(65537, 2048)
    assert_refused(caller.home(of_the_provider(ada, key=stranger)), "bad_signature")


@pytest.mark.parametrize("more", [{}, simple_jwt("RS256")], ids=["verifying only", "signing too"])
def test_with_jwk_url_our_own_logins_work_as_well(settings, ada, caller, jwks, more):
    settings.SIMPLE_JWT = {"ALGORITHM": "RS256", "JWK_URL": jwks, **more}
    tokens = caller.log_in()

    assert caller.home(tokens.access).status_code == 200
    tokens = caller.refresh(tokens.refresh)
    assert caller.home(tokens.access).status_code == 200
    assert caller.verify(tokens.refresh).status_code == 200
    assert caller.log_out(tokens.refresh, tokens.access).status_code == 205


def test_a_jwk_url_that_does_not_answer_is_503_and_says_when_to_retry(settings, ada, free_port):
    settings.SIMPLE_JWT = {"ALGORITHM": "RS256", "JWK_URL": f"http://127.0.0.1:{free_port}/jwks.json"}
    caller = Caller()
    token = of_the_provider(ada)

    for answer in (caller.verify(token), caller.home(token), caller.log_out("x", token), caller.try_refresh(token)):
        assert answer.status_code == 503
        assert int(answer["Retry-After"]) >= 1
        assert answer.json()["code"] == "unavailable"
    assert caller.home(caller.log_in().access).status_code == 200, "our own keys need nobody"
