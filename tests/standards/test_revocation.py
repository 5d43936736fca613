"""Revocation (RFC 7009): the session of a token ends; whatever else was presented is no error."""

import json
from datetime import timedelta
from typing import Any

import pytest

from keyturn.clock import utc_now
from keyturn.sessions.client import Client as Caller
from keyturn.sessions.models import Session
from keyturn.tokens.issuing import issue_pair
from keyturn.tokens.refreshing import refresh
from keyturn.tokens.sliding import issue_sliding
from tests.bad_input.catalogue.bodies import UNREADABLE, WRONG_VALUES
from tests.bad_input.forgery import claims_of, signed_by_us, spliced
from tests.engine.stock_tokens import stock_token
from tests.standards.conftest import oauth_error
from tests.standards.test_introspection_of_garbage import garbage

INACTIVE = {"active": False}


def _is_live(token):
    return Session.objects.get(pk=claims_of(token)["sid"]).revoked_at is None


@pytest.mark.parametrize("kind", ["access", "refresh"])
@pytest.mark.parametrize("hint", [None, "access_token", "refresh_token", "urn:nonsense", ""])
def test_either_token_ends_its_session_whatever_the_hint(service, pair, user, kind, hint):
    other = issue_pair(user=user, now=utc_now(), client=Caller())
    body = {"token": getattr(pair, kind)} | ({} if hint is None else {"token_type_hint": hint})

    answer = service.post("/revoke/", body)

    assert (answer.status_code, answer.json()) == (200, {})
    assert answer["Cache-Control"] == "no-store"
    assert not _is_live(pair.access)
    assert Session.objects.get(pk=claims_of(pair.access)["sid"]).revoked_reason == "logout"
    assert _is_live(other.access)
    for token in (pair.access, pair.refresh):
        assert service.introspect(token) == INACTIVE
    assert service.introspect(other.access)["active"] is True


def test_a_repeat_changes_nothing(service, pair):
    service.revoke(pair.refresh)
    row = Session.objects.values().get()
    for token in (pair.refresh, pair.access):
        service.revoke(token)
    assert Session.objects.values().get() == row


def test_an_older_generation_ends_the_session_too(service, pair):
    newer = refresh(pair.refresh, now=utc_now(), client=Caller())
    service.revoke(pair.refresh)
    assert not _is_live(newer.access)


def test_a_sliding_token_ends_its_session(service, user, settings):
    settings.KEYTURN = {"SLIDING_TOKENS": True}
    token = issue_sliding(user=user, now=utc_now(), client=Caller())
    service.revoke(token)
    assert not _is_live(token)


@pytest.mark.django_db(transaction=True)
def test_the_revocation_is_in_the_feed(service, pair):
    before = service.get("/revocations/").json()["cursor"]
    service.revoke(pair.access)
    told = service.get(f"/revocations/?after={before}").json()
    assert [one["sid"] for one in told["sessions"]] == [claims_of(pair.access)["sid"]]
    assert told["sessions"][0]["reason"] == "logout"


def test_garbage_is_no_error_and_ends_nothing(service, pair):
    for name, token in garbage(pair).items():
        answer = service.post("/revoke/", json.dumps({"token": token}), content_type="application/json")
        assert (answer.status_code, answer.content) == (200, b"{}"), name
    assert _is_live(pair.access)


def test_expired_tokens_end_nothing(service, user):
    old = issue_pair(user=user, now=utc_now() - timedelta(minutes=10), client=Caller())
    service.revoke(old.access)
    assert _is_live(old.refresh)
    service.revoke(old.refresh)
    assert not _is_live(old.refresh)


def test_a_signed_token_of_another_type_or_user_ends_nothing(service, pair, django_user_model):
    bob = django_user_model.objects.create_user("bob", password="x")
    wrong: list[dict[str, Any]] = [
        {"token_type": "email_confirmation"},
        {"token_type": ""},
        {"user_id": str(bob.pk)},
        {"user_id": "x"},
        {"user_id": "9" * 100},
        {"user_id": []},
        {"sid": "x"},
    ]
    for claims in wrong:
        service.revoke(signed_by_us("access", {**claims_of(pair.access), **claims}))
    assert _is_live(pair.access)


def test_a_stock_refresh_token_is_revoked_before_it_was_ever_shown(service, user, client):
    token = stock_token(user, issued_at=utc_now())
    service.revoke(token)
    assert service.introspect(token) == INACTIVE
    assert client.post("/token/refresh/", {"refresh": token}).status_code == 401


def test_what_cannot_be_revoked_is_said(service, user):
    """RFC 7009 section 2.2.1. Stock's access tokens have no session, and are not looked up anywhere."""
    token = stock_token(user, issued_at=utc_now(), lifetime=timedelta(minutes=5), token_type="access")
    answer = service.post("/revoke/", {"token": token})
    oauth_error(answer, 400, "unsupported_token_type")
    assert not Session.objects.exists()
    assert service.introspect(token)["active"] is True


@pytest.mark.parametrize("body", UNREADABLE.values(), ids=UNREADABLE)
def test_a_body_that_cannot_be_read_is_refused(service, body):
    answer = service.post("/revoke/", body, content_type="application/json")
    oauth_error(answer, 400, "invalid_request", "parse_error")


def test_no_value_upsets_it(service, pair):
    for name, value in WRONG_VALUES.items():
        body = '{"token": ' + value.replace("%s", f'"{pair.access}"') + "}"
        answer = service.post("/revoke/", body.encode(), content_type="application/json")
        assert answer.status_code in {200, 400}, name
    assert _is_live(pair.access)


def test_no_token_is_refused(service):
    for body in ({}, {"token": ""}, {"refresh": "x"}):
        assert "token" in oauth_error(service.post("/revoke/", body), 400, "invalid_request", "invalid")


def test_ten_megabytes_are_refused_before_they_are_read(service):
    answer = service.post("/revoke/", json.dumps({"token": "x" * 10_000_000}), content_type="application/json")
    oauth_error(answer, 413, "invalid_request", "payload_too_large")


@pytest.mark.django_db(transaction=True)
def test_it_holds_whatever_the_projects_transactions_do(service, pair, settings):
    from django.db import connection

    settings.DATABASES["default"]["ATOMIC_REQUESTS"] = True
    connection.settings_dict["ATOMIC_REQUESTS"] = True
    try:
        service.revoke(pair.refresh)
    finally:
        connection.settings_dict["ATOMIC_REQUESTS"] = False
        settings.DATABASES["default"]["ATOMIC_REQUESTS"] = False
    assert not _is_live(pair.access)


def test_it_takes_few_statements(service, pair, own_statements, db_vendor):
    # The client, the session, the feed and the trail; PostgreSQL does the last three in one.
    with own_statements(2 if db_vendor == "postgres" else 4):
        service.revoke(pair.access)
    with own_statements(2):
        service.revoke(pair.access)
    with own_statements(1):
        service.revoke("garbage")


def test_no_token_is_in_the_log(service, pair, whole_log):
    for token in (spliced(pair.access, signature=b"x"), pair.refresh, pair.access):
        service.revoke(token)
        assert token not in whole_log.text
