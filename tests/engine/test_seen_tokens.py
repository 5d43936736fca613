"""What is remembered of an access token makes it faster, and never lets one through that would be refused anew."""

from datetime import timedelta

import pytest
from rest_framework_simplejwt.tokens import AccessToken

from keyturn import keys
from keyturn.api.authentication import validated_token
from keyturn.api.errors import TokenNotValid
from keyturn.clock import utc_now
from keyturn.errors import Reason, RefusedError
from keyturn.jose import CheckedTokens, Key, KeySet, RecentlyUsed, sign, verify_token
from keyturn.jose.tokens import Expectation
from keyturn.sessions.client import Client
from keyturn.sessions.revocation import revoke_sessions
from keyturn.tokens import seen, verifying
from tests.engine.tokens import claims_of, login

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def fresh_feed(monkeypatch):
    """A feed that has told of nothing."""

    class Feed:
        def __init__(self):
            self.revoked: set[object] = set()

        def ensure_started(self):
            """Nothing to start."""

        def is_fresh(self):
            return True

        def is_revoked_key(self, kid):
            return kid in self.revoked

        def clears(self, sid, kid=None):
            return sid not in self.revoked

    feed = Feed()
    for room in ("tokens.authenticating", "keys.ring"):
        monkeypatch.setattr(f"keyturn.{room}.watcher", lambda: feed)
    return feed


@pytest.fixture
def raw(user):
    return login(user, now=utc_now()).access.encode()


def is_recalled(raw):
    return seen.recall(raw, now=utc_now()) is not None


def reason(raw):
    with pytest.raises(TokenNotValid) as refused:
        validated_token(raw)
    return refused.value.body["reason"]


def test_a_token_that_was_accepted_is_recalled_with_the_same_claims(raw, count_statements):
    first = validated_token(raw)
    assert is_recalled(raw)
    with count_statements(exactly=0):
        again = validated_token(raw)
    assert type(again) is AccessToken
    assert (again.payload, again.token) == (first.payload, first.token)
    assert again.keyturn_claims == first.keyturn_claims
    assert str(again["sid"]) == claims_of(raw.decode())["sid"]


def test_what_a_caller_does_to_a_token_is_the_callers_own(raw):
    validated_token(raw)
    token = validated_token(raw)
    token["user_id"] = "-7"
    token["amr"].append("made up")
    token.keyturn_claims.payload["sub"] = "-7"
    again = validated_token(raw)
    assert again["user_id"] != "-7"
    assert again["amr"] == ["pwd"]
    assert again.keyturn_claims.user_id != "-7"
    assert again.keyturn_claims.payload["sub"] != "-7"


def test_nothing_is_recalled_that_was_not_accepted(raw):
    assert not is_recalled(raw)
    tampered = raw[:-8] + b"AAAAAAAA"
    assert reason(tampered) == "bad_signature"
    assert not is_recalled(tampered)
    validated_token(raw)
    assert reason(tampered) == "bad_signature"


def test_an_expired_token_is_refused_as_ever(raw, monkeypatch):
    validated_token(raw)
    later = utc_now() + timedelta(minutes=5)
    assert seen.recall(raw, now=later - timedelta(seconds=2)) is not None
    assert seen.recall(raw, now=later + timedelta(seconds=1)) is None


def test_leeway_counts(raw, settings):
    settings.SIMPLE_JWT = {"LEEWAY": 60}
    validated_token(raw)
    later = utc_now() + timedelta(minutes=5)
    assert seen.recall(raw, now=later + timedelta(seconds=50)) is not None
    assert seen.recall(raw, now=later + timedelta(seconds=61)) is None


def test_a_session_that_has_ended_is_looked_up(raw, fresh_feed):
    sid = validated_token(raw).keyturn_claims.sid
    revoke_sessions((sid,), reason="logout", now=utc_now())
    fresh_feed.revoked.add(sid)
    assert reason(raw) == "session_revoked"


def test_a_key_that_was_revoked_is_refused(raw):
    validated_token(raw)
    kid = keys.access_signing_key(now=utc_now(), lifetime=timedelta(minutes=5)).kid
    from keyturn.keys.models import SigningKey

    SigningKey.objects.filter(kid=kid).update(revoked_at=utc_now(), revoked_reason="leaked")
    keys.refresh()
    assert not is_recalled(raw)
    assert reason(raw) == "unknown_key"


def test_other_settings_judge_anew(raw, settings):
    validated_token(raw)
    settings.SIMPLE_JWT = {"AUDIENCE": "somebody else"}
    assert not is_recalled(raw)
    assert reason(raw) == "wrong_audience"


def test_a_project_that_compares_passwords_is_asked_each_time(raw, settings):
    validated_token(raw)
    settings.SIMPLE_JWT = {"CHECK_REVOKE_TOKEN": True}
    assert not is_recalled(raw)


class OwnToken(AccessToken):  # type: ignore[misc] # simplejwt ships no usable types
    """A project's own class."""


def test_a_class_of_the_projects_own_is_made_by_the_project_each_time(raw, settings):
    settings.SIMPLE_JWT = {"AUTH_TOKEN_CLASSES": (OwnToken,)}
    assert type(validated_token(raw)) is OwnToken
    assert type(validated_token(raw)) is OwnToken


def test_a_token_that_begins_later_is_not_remembered(raw):
    claims = claims_of(raw.decode())
    key = keys.access_signing_key(now=utc_now(), lifetime=timedelta(minutes=5))
    waiting = sign({**claims, "nbf": claims["iat"]}, key, typ="at+jwt").encode()
    validated_token(waiting)
    assert not is_recalled(waiting)


def test_no_token_is_kept_only_its_hash(raw):
    validated_token(raw)
    kept = repr(vars(seen._recent))
    assert raw.decode() not in kept
    assert raw.decode().rsplit(".", 1)[1] not in kept


def test_memory_has_an_end():
    memory: RecentlyUsed[int] = RecentlyUsed(10)
    for number in range(1000):
        memory.put(number.to_bytes(4), number)
        memory.put(b"often", -1)
        assert memory.get(b"often") == -1
        assert len(memory) <= 12
    assert memory.get((0).to_bytes(4)) is None
    assert memory.get((999).to_bytes(4)) == 999


def test_a_signature_is_recalled_under_the_very_key_only():
    one, other = Key("HS256", b"1" * 32, b"1" * 32, "k"), Key("HS256", b"2" * 32, b"2" * 32, "k")
    memory = CheckedTokens()
    raw = sign({"exp": 10}, one)
    expect = Expectation()
    verify_token(raw, KeySet(named={"k": one}), now=0, expect=expect, memory=memory)
    assert memory.recall(raw, KeySet(named={"k": one})) is not None
    for keys_now in (KeySet(named={"k": other}), KeySet(), KeySet(unnamed=(one,))):
        assert memory.recall(raw, keys_now) is None


def asked(raw, *, now=None):
    """What ``/token/verify/`` is asked: None where the token is good, else why not."""
    try:
        verifying.verify_token(raw, now=now or utc_now(), client=Client())
    except RefusedError as error:
        return error.reason
    return None


@pytest.fixture(params=["by a request", "by being asked about"])
def known(request, raw):
    """A token that was found good, as text."""
    if request.param == "by a request":
        validated_token(raw)
    else:
        assert asked(raw.decode()) is None
    assert is_recalled(raw)
    return raw.decode()


def test_whoever_asks_about_a_known_token_is_told_without_a_look(known, count_statements):
    with count_statements(exactly=0):
        assert asked(known) is None


def test_what_is_known_to_one_who_asked_is_what_a_request_would_find(known):
    token = validated_token(known.encode())
    assert type(token) is AccessToken
    assert token.payload == claims_of(known)
    assert token.keyturn_claims.payload == token.payload


def test_whoever_asks_is_told_of_its_end(known, fresh_feed):
    assert asked(known, now=utc_now() + timedelta(minutes=6)) is Reason.EXPIRED
    sid = validated_token(known.encode()).keyturn_claims.sid
    revoke_sessions((sid,), reason="logout", now=utc_now())
    fresh_feed.revoked.add(sid)
    assert asked(known) is Reason.SESSION_REVOKED


def test_whoever_asks_is_told_of_other_settings(known, settings):
    settings.SIMPLE_JWT = {"AUDIENCE": "somebody else"}
    assert asked(known) is Reason.WRONG_AUDIENCE


def test_whoever_asks_is_told_of_another_secret(known, settings):
    settings.SIMPLE_JWT = {"ALGORITHM": "HS256", "SIGNING_KEY": "k" * 64}
    assert asked(known) is not None


def test_other_spellings_of_a_known_token_are_none(known):
    assert asked(known.encode()) is None
    for other in (known + "=", known + "\udc80", known.replace(".", "?", 1), known.upper(), known[:-1], " " + known):
        assert asked(other) is not None


def test_a_refresh_token_is_never_remembered(user):
    pair = login(user, now=utc_now())
    assert asked(pair.refresh) is None
    assert not is_recalled(pair.refresh)
    revoke_sessions((claims_of(pair.refresh)["sid"],), reason="logout", now=utc_now())
    assert asked(pair.refresh) is Reason.SESSION_REVOKED


def test_what_says_that_it_is_both_is_neither(raw):
    """Signed as an access token, of the type of one, and with a generation all the same."""
    key = keys.access_signing_key(now=utc_now(), lifetime=timedelta(minutes=5))
    both = sign({**claims_of(raw.decode()), "gen": 0}, key, typ="at+jwt")
    assert asked(both) is Reason.WRONG_TYPE
    assert reason(both.encode()) == "wrong_type"
    assert not is_recalled(both)
