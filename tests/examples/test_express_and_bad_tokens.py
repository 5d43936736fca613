"""The verifier of the Node example is no part of the package, so its judgement is tested here."""

import hmac
import json
import time
from pathlib import Path
from typing import Any

import jwt
import pytest

from tests.bad_input.forgery import b64, claims_of, spliced
from tests.examples.conftest import Beside
from tests.examples.test_examples import BOUND, me, reason_of, wait_for
from tests.server.running import ask
from tests.verifier.fake import SigningKey


@pytest.fixture
def service(fake, examples):
    return examples.start("express", Beside(fake.issuer))


class Clocks:
    """Both clocks of a service in Node, moved by hand: seconds that passed, and by which the wall clock was set."""

    _SCRIPT = """
        import { readFileSync } from "node:fs";
        const [wall, steady] = [Date.now, performance.now.bind(performance)];
        const moved = () => JSON.parse(readFileSync(process.env.MOVED, "utf8"));
        Date.now = () => wall() + (moved().passed + moved().wall) * 1000;
        performance.now = () => steady() + moved().passed * 1000;
    """

    def __init__(self, directory: Path) -> None:
        self._moved = directory / "moved.json"
        self._script = directory / "clocks.mjs"
        self._script.write_text(self._SCRIPT)
        self.move()

    @property
    def environment(self) -> dict[str, str]:
        return {"NODE_OPTIONS": f"--import={self._script.as_uri()}", "MOVED": str(self._moved)}

    def move(self, *, passed: float = 0, wall: float = 0) -> None:
        new = self._moved.with_suffix(".new")
        new.write_text(json.dumps({"passed": passed, "wall": wall}))
        new.replace(self._moved)


@pytest.fixture
def clocks(tmp_path) -> Clocks:
    return Clocks(tmp_path)


@pytest.fixture
def timed_service(fake, examples, clocks):
    """The service, with clocks that the test moves."""
    return examples.start("express", Beside(fake.issuer), **clocks.environment)


def eventually(condition) -> None:
    end = time.monotonic() + BOUND
    while not condition():
        assert time.monotonic() < end, "it never came true"
        time.sleep(0.02)


def health(service) -> dict[str, Any]:
    found: dict[str, Any] = ask(service.port, "GET", "/health").json
    return found


@pytest.fixture
def snapshots(fake, monkeypatch) -> list[bool]:
    """For each question to the feed, whether it was one from the beginning."""
    found: list[bool] = []
    page = fake._revocations

    def noticing(request, query, form):
        page(request, query, form)
        found.append("after" not in query)

    monkeypatch.setattr(fake, "_revocations", noticing)
    return found


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


@pytest.mark.parametrize("stale", [False, True], ids=["JWKS fails", "JWKS is a cache's"])
def test_a_revoked_key_is_refused_for_ever(fake, timed_service, clocks, snapshots, stale):
    """A session may be forgotten when its last token has expired, a stolen key never."""
    service, stolen, new = timed_service, fake.keys[0], SigningKey()
    raw = fake.token()
    assert me(service, raw).status == 200
    fake.keys.append(new)
    if not stale:
        fake.faults["jwks"] = 500
    asked = fake.asked["jwks"]
    fake.revoke_key(stolen, still_published=stale)
    fake.revoke(claims_of(raw)["sid"])
    assert reason_of(wait_for(401, service, raw)) == "unknown_key"
    eventually(lambda: health(service)["revoked"] == 2)
    # What is fetched has the key still, or nothing: it is fetched again.
    eventually(lambda: fake.asked["jwks"] >= asked + 2)

    hours = 2 * fake.keep
    clocks.move(passed=hours)
    eventually(lambda: health(service)["revoked"] == 1)
    now = int(time.time()) + hours
    later = fake.token(stolen, iat=now, exp=now + 300)
    assert reason_of(me(service, later)) == "unknown_key"
    fake.forget()
    eventually(lambda: not fake.too_old and snapshots[-1] is False and health(service)["ready"])
    assert reason_of(me(service, later)) == "unknown_key"
    assert later not in fake.introspected

    fake.faults.clear()
    wait_for(200, service, fake.token(new, iat=now, exp=now + 300))


def test_a_clock_that_is_set_and_set_back_makes_nothing_be_forgotten(fake, timed_service, clocks, snapshots):
    service, raw, good = timed_service, fake.token(), fake.token()
    fake.revoke(claims_of(raw)["sid"])
    assert reason_of(wait_for(401, service, raw)) == "session_revoked"
    assert me(service, good).status == 200
    for moved in (3600, 0):
        asked = len(snapshots)
        clocks.move(wall=moved)
        eventually(lambda asked=asked: len(snapshots) > asked + 2)
        assert True in snapshots[asked:]
        # And then on from there.
        eventually(lambda: snapshots[-1] is False)
    eventually(lambda: health(service)["ready"])
    assert reason_of(me(service, raw)) == "session_revoked"
    assert me(service, good).status == 200
    assert raw not in fake.introspected


def test_after_the_clock_was_set_memory_is_not_believed_before_it_was_renewed(fake, timed_service, clocks):
    service, good = timed_service, fake.token(exp=int(time.time()) + 360)
    assert me(service, good).status == 200
    fake.faults["revocations"] = 500
    clocks.move(wall=30)
    eventually(lambda: health(service)["lag"] is None)
    assert not health(service)["ready"]
    assert me(service, good).status == 200
    assert good in fake.introspected
    fake.faults.clear()
    eventually(lambda: health(service)["ready"])


@pytest.mark.parametrize("told", ["Bearer", "access_token", None])
def test_introspection_may_call_the_token_what_it_likes(fake, service, told):
    fake.told_type = told
    fake.faults["revocations"] = 500
    good, revoked = fake.token(), fake.token()
    fake.revoke(claims_of(revoked)["sid"])
    eventually(lambda: not health(service)["ready"])
    assert me(service, good).status == 200
    assert reason_of(me(service, revoked)) == "session_revoked"
    assert good in fake.introspected


def test_made_up_key_names_do_not_hammer_the_keys(fake, service):
    for number in range(30):
        assert reason_of(me(service, fake.token(header={"kid": f"made-up-{number}"}))) == "unknown_key"
    assert fake.asked["jwks"] <= 4
