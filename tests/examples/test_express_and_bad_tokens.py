"""The verifier of the Node example is no part of the package, so its judgement is tested here."""

import hmac
import json
import time
from collections.abc import Iterator
from dataclasses import dataclass

import jwt
import pytest

from tests.bad_input.forgery import b64, claims_of, spliced
from tests.examples.test_examples import me, reason_of, wait_for
from tests.verifier.fake import CLIENT, FakeKeyturn, SigningKey


@dataclass
class Beside:
    """As much of a Keyturn as starting an example asks for."""

    issuer: str
    client_id: str = CLIENT[0]
    client_secret: str = CLIENT[1]


@pytest.fixture
def fake() -> Iterator[FakeKeyturn]:
    keyturn = FakeKeyturn()
    keyturn.metadata = {"keyturn_revocations_endpoint": f"{keyturn.issuer}/revocations/"}
    yield keyturn
    keyturn.close()


@pytest.fixture
def service(fake, examples):
    return examples.start("express", Beside(fake.issuer))


def signed(header, claims, key) -> str:
    text = f"{b64(json.dumps(header))}.{b64(json.dumps(claims))}"
    return f"{text}.{b64(jwt.get_algorithm_by_name(key.algorithm).sign(text.encode(), key.private))}"


def test_bad_tokens_are_refused_with_a_reason(fake, service):
    key, stranger = fake.keys[0], SigningKey()
    claims = claims_of(fake.token())
    header = {"alg": "ES256", "typ": "at+jwt", "kid": key.kid}
    assert me(service, fake.token()).status == 200

    text = f"{b64(json.dumps({**header, 'alg': 'HS256'}))}.{b64(json.dumps(claims))}"
    as_secret = f"{text}.{b64(hmac.digest(json.dumps(key.jwk).encode(), text.encode(), 'sha256'))}"
    expected = {
        "expired": [fake.token(exp=1)],
        "not_yet_valid": [fake.token(nbf=4_000_000_000)],
        "wrong_issuer": [fake.token(iss="https://evil.example.com")],
        "wrong_audience": [fake.token(aud="mail")],
        "wrong_type": [fake.token(token_type="refresh"), signed({**header, "typ": "JWT"}, claims, key)],
        "missing_claim": [fake.token(without=("sid",)), fake.token(without=("sub",))],
        "unknown_key": [
            *(
                signed({**header, "kid": kid}, claims, key)
                for kid in ("made-up", "../../etc/passwd", "k" * 3000, None, 7)
            ),
            signed({"alg": "ES256", "typ": "at+jwt"}, claims, key),
        ],
        "bad_signature": [
            signed(header, claims, stranger),
            spliced(fake.token(), claims={**claims, "sub": "1"}),
            spliced(fake.token(), header={**header, "alg": "none"}, signature=b""),
            as_secret,
        ],
        "malformed": [
            *("a", "a.b", "a.b.c.d", "...", f"{fake.token()}.x"),
            *(
                signed({**header, **more}, claims, signer)
                for more in (
                    {"jwk": stranger.jwk},
                    {"jku": "https://evil.example.com/"},
                    {"x5u": "https://evil.example.com/"},
                    {"crit": ["exp"]},
                    {"b64": False, "crit": ["b64"]},
                )
                for signer in (key, stranger)
            ),
        ],
    }
    found = {reason: {reason_of(me(service, raw)) for raw in tokens} for reason, tokens in expected.items()}
    assert found == {reason: {reason} for reason in expected}


def test_the_feed_is_followed_over_faults(fake, service):
    good, revoked, later = fake.token(), fake.token(), fake.token()
    fake.revoke(claims_of(revoked)["sid"])
    assert reason_of(wait_for(401, service, revoked)) == "session_revoked"

    # Past the bound each token is introspected.
    fake.faults["revocations"] = 500
    fake.revoke(claims_of(later)["sid"])
    assert reason_of(wait_for(401, service, later)) == "session_revoked"
    assert later in fake.introspected
    fake.faults["introspect"] = "garbage"
    wait_for(503, service, good)
    fake.faults.clear()
    wait_for(200, service, good)

    # A cursor that is too old begins anew.
    fake.too_old = True
    end = time.monotonic() + 20
    while fake.too_old:
        assert time.monotonic() < end
        time.sleep(0.05)
    wait_for(200, service, good)
    assert reason_of(me(service, later)) == "session_revoked"

    # A token that outlives what Keyturn remembers is introspected.
    long = fake.token(exp=int(time.time()) + 3000)
    assert me(service, long).status == 200
    assert long in fake.introspected


def test_a_key_revoked_in_an_emergency_is_refused(fake, service):
    old, new = fake.keys[0], SigningKey()
    raw = fake.token()
    assert me(service, raw).status == 200
    fake.keys.append(new)
    fake.revoke_key(old)
    assert reason_of(wait_for(401, service, raw)) == "unknown_key"
    wait_for(200, service, fake.token(new))


def test_made_up_key_names_do_not_hammer_the_keys(fake, service):
    for number in range(30):
        assert reason_of(me(service, fake.token(header={"kid": f"made-up-{number}"}))) == "unknown_key"
    assert fake.asked["jwks"] <= 4
