"""Introspection (RFC 7662): true at this moment, silent about what is not active, and without any effect."""

import json
from datetime import timedelta

import pytest
from django.contrib.auth import get_user_model

from keyturn.clock import utc_now
from keyturn.sessions.client import Client as Caller
from keyturn.sessions.models import Session
from keyturn.sessions.revocation import RevokeReason, revoke_sessions, revoke_user_sessions
from keyturn.tokens.issuing import issue_pair
from keyturn.tokens.refreshing import refresh
from keyturn.tokens.sliding import issue_sliding
from tests.bad_input.forgery import claims_of, signed_by_us, spliced

INACTIVE = {"active": False}


def _rows():
    return list(Session.objects.order_by("pk").values())


def test_an_access_token_is_told_in_full(service, pair, user):
    said = claims_of(pair.access)
    session = Session.objects.get()

    told = service.introspect(pair.access)

    assert told == {
        "active": True,
        "token_type": "Bearer",
        "sub": str(user.pk),
        "exp": said["exp"],
        "iat": said["iat"],
        "jti": said["jti"],
        "sid": str(session.pk),
        "auth_time": int(session.auth_time.timestamp()),
        "amr": ["pwd"],
        "acr": "1fa",
        "client_id": "keyturn",
        "username": "ada",
    }


def test_a_refresh_token_is_told_in_full(service, pair, user):
    said = claims_of(pair.refresh)
    session = Session.objects.get()

    told = service.introspect(pair.refresh)

    assert told == {
        "active": True,
        "sub": str(user.pk),
        "exp": said["exp"],
        "iat": said["iat"],
        "jti": said["jti"],
        "sid": str(session.pk),
        "auth_time": int(session.auth_time.timestamp()),
        "amr": ["pwd"],
        "acr": "1fa",
        "client_id": "keyturn",
        "username": "ada",
    }


def test_a_sliding_token_counts_as_an_access_token(service, user, settings):
    settings.KEYTURN = {"SLIDING_TOKENS": True}
    token = issue_sliding(user=user, now=utc_now(), client=Caller())

    told = service.introspect(token)

    assert (told["active"], told["token_type"], told["username"]) == (True, "Bearer", "ada")
    assert told["exp"] == claims_of(token)["exp"]


def test_issuer_and_audience_are_told_where_there_are_any(service, user, settings):
    settings.SIMPLE_JWT = {"ISSUER": "https://auth.example", "AUDIENCE": "shop"}
    pair = issue_pair(user=user, now=utc_now(), client=Caller())
    for token in (pair.access, pair.refresh):
        told = service.introspect(token)
        assert (told["iss"], told["aud"]) == ("https://auth.example", "shop")
    settings.SIMPLE_JWT = {"ISSUER": "https://another.example", "AUDIENCE": "shop"}
    for token in (pair.access, pair.refresh):
        assert service.introspect(token) == INACTIVE


@pytest.mark.parametrize(
    "answers_in", [{}, {"HTTP_ACCEPT": "application/json"}, {"HTTP_ACCEPT": "*/*"}, {"HTTP_ACCEPT": "application/*"}]
)
def test_the_answer_is_json_that_nobody_keeps(service, pair, answers_in):
    answer = service.post("/introspect/", {"token": pair.access}, **answers_in)
    assert answer["Content-Type"] == "application/json"
    assert answer["Cache-Control"] == "no-store"


def test_json_forms_and_hints_make_no_difference(service, pair):
    told = service.introspect(pair.access)
    body = {"token": pair.access}
    for hint in ("access_token", "refresh_token", "urn:nonsense", "", "\x00"):
        answer = service.post("/introspect/", {**body, "token_type_hint": hint})
        assert answer.json() == told
    answer = service.post("/introspect/", json.dumps(body), content_type="application/json")
    assert answer.json() == told


def _ended_sessions():
    def revoke(user):
        revoke_user_sessions(user.pk, reason=RevokeReason.LOGOUT_ALL, now=utc_now())

    def deactivate(user):
        user.is_active = False
        user.save()

    def deactivate_silently(user):
        get_user_model()._default_manager.filter(pk=user.pk).update(is_active=False)

    def change_password(user):
        user.set_password("another")
        user.save()

    def end_absolutely(user):
        Session.objects.update(absolute_expires_at=utc_now() - timedelta(seconds=1))

    def revoke_by_sql(user):
        Session.objects.update(revoked_at=utc_now(), revoked_reason="by hand")

    return {
        "revoked": revoke,
        "revoked by SQL": revoke_by_sql,
        "user deactivated": deactivate,
        "user deactivated without a signal": deactivate_silently,
        "password changed": change_password,
        "user deleted": lambda user: user.delete(),
        "session deleted": lambda user: Session.objects.all().delete(),
        "at its absolute end": end_absolutely,
    }


@pytest.mark.parametrize("end", _ended_sessions().values(), ids=_ended_sessions())
def test_tokens_of_a_session_that_ended_are_not_active(service, pair, user, end):
    end(user)
    assert service.introspect(pair.access) == INACTIVE
    assert service.introspect(pair.refresh) == INACTIVE


def test_a_token_is_inactive_in_the_moment_of_the_revocation(service, pair):
    """The row is read, whatever this process has heard of the feed."""
    assert service.introspect(pair.access)["active"]
    revoke_sessions((Session.objects.get().pk,), reason=RevokeReason.LOGOUT, now=utc_now())
    assert service.introspect(pair.access) == INACTIVE


def test_expired_tokens_are_not_active(service, user):
    old = issue_pair(user=user, now=utc_now() - timedelta(days=3), client=Caller())
    assert service.introspect(old.access) == INACTIVE
    assert service.introspect(old.refresh) == INACTIVE


def test_an_access_token_outlives_the_idle_end_of_its_session_as_at_every_door(service, pair):
    Session.objects.update(idle_expires_at=utc_now() - timedelta(seconds=1))
    assert service.introspect(pair.access)["active"] is True
    assert service.introspect(pair.refresh) == INACTIVE


def test_a_refresh_token_is_active_exactly_when_verify_accepts_it(service, pair, client, settings):
    """ADR 0013: who merely asks learns of a rotation late, and never ends a session."""

    def verifies(token):
        return client.post("/token/verify/", {"token": token}).status_code == 200

    generations = [pair.refresh]
    now = utc_now()
    for _ in range(3):
        pair = refresh(generations[-1], now=now, client=Caller(user_agent="Mozilla/5.0 (X11; Linux)"))
        generations.append(pair.refresh)
    seen = set()
    for ago in (0, 5, 60, 3600):
        Session.objects.update(rotated_at=utc_now() - timedelta(seconds=ago))
        before = _rows()
        for token in generations:
            assert service.introspect(token)["active"] is verifies(token)
            seen.add(service.introspect(token)["active"])
        assert _rows() == before
    assert seen == {True, False}
    assert Session.objects.get().revoked_at is None


def test_it_takes_one_statement_beside_the_clients_own(service, pair, own_statements):
    for token in (pair.access, pair.refresh):
        with own_statements(2):
            assert service.introspect(token)["active"]
    with own_statements(1):
        assert not service.introspect("garbage")["active"]


def test_no_token_is_in_the_log(service, pair, whole_log):
    for token in (pair.access, pair.refresh, spliced(pair.access, signature=b"x")):
        service.introspect(token)
        assert token not in whole_log.text
        assert token.rpartition(".")[2] not in whole_log.text


def test_a_stock_token_is_told_by_its_claims(service, user):
    """Of a refresh token that stock simplejwt issued and nobody has shown to Keyturn yet; asking does not adopt it."""
    from tests.engine.stock_tokens import stock_token

    token = stock_token(user, issued_at=utc_now())

    told = service.introspect(token)

    assert "token_type" not in told
    assert (told["active"], told["sub"], told["username"]) == (
        True,
        str(user.pk),
        "ada",
    )
    assert "sid" not in told
    assert not Session.objects.exists()
    user.is_active = False
    user.save()
    assert service.introspect(token) == INACTIVE


def test_a_token_of_a_revoked_key_is_not_active(service, pair):
    from keyturn.keys import changing
    from tests.bad_input.forgery import header_of

    assert service.introspect(pair.access)["active"] is True
    changing.revoke(header_of(pair.access)["kid"], now=utc_now(), emergency=True)
    assert service.introspect(pair.access) == INACTIVE
    assert service.introspect(pair.refresh)["active"] is True  # signed by another key, and read by Keyturn alone


@pytest.mark.parametrize("claim", ["TOKEN_TYPE_CLAIM", "JTI_CLAIM"])
def test_a_claim_that_the_project_switched_off_is_not_missed(service, user, settings, claim):
    settings.SIMPLE_JWT = {claim: None}
    pair = issue_pair(user=user, now=utc_now(), client=Caller())
    assert service.introspect(pair.access)["token_type"] == "Bearer"
    assert "token_type" not in service.introspect(pair.refresh)
    assert ("jti" in service.introspect(pair.access)) is (claim != "JTI_CLAIM")


def test_a_type_that_the_projects_own_class_takes_is_active(service, pair, settings):
    token = signed_by_us("access", {**claims_of(pair.access), "token_type": "of our own"})
    assert service.introspect(token) == INACTIVE
    settings.SIMPLE_JWT = {"AUTH_TOKEN_CLASSES": ("rest_framework_simplejwt.tokens.UntypedToken",)}
    assert service.introspect(token)["active"] is True


@pytest.mark.parametrize("algorithm", ["RS256", "HS256"])
def test_a_key_of_the_projects_own_makes_no_difference(service, user, settings, algorithm):
    from tests.bad_input.test_key_confusion import _key, _private_pem, _public

    if algorithm == "HS256":
        settings.SIMPLE_JWT = {"ALGORITHM": "HS256", "SIGNING_KEY": "a secret of the project's own, long enough"}
    else:
        key = _key(algorithm)
        settings.SIMPLE_JWT = {
            "ALGORITHM": algorithm,
            "SIGNING_KEY": _private_pem(key),
            "VERIFYING_KEY": _public(key).decode(),
        }
    pair = issue_pair(user=user, now=utc_now(), client=Caller())
    assert service.introspect(pair.access)["active"] is True
    service.revoke(pair.access)
    assert service.introspect(pair.access) == INACTIVE
    assert service.introspect(pair.refresh) == INACTIVE


def test_while_the_feed_is_followed_the_row_is_read_all_the_same(service, pair, monkeypatch):
    from keyturn.feed.watcher import watcher

    monkeypatch.setattr(type(watcher()), "is_fresh", lambda self: True)
    monkeypatch.setattr(type(watcher()), "is_revoked", lambda self, sid: False)
    Session.objects.update(revoked_at=utc_now(), revoked_reason="by hand")
    assert service.introspect(pair.access) == INACTIVE
