"""Every way to sign out takes a web client's refresh cookie back, unless the cookie is another session's by now."""

import base64

import pytest

from keyturn.sessions.models import Session
from tests.contract.caller import PASSWORD, Caller, assert_refused, claims, session_of
from tests.web.page import Page

pytestmark = pytest.mark.django_db


def log_out(page, access, body=None):
    return page.call("POST", "/logout/", {} if body is None else body, access=access)


def log_out_everywhere(page, access):
    return page.call("POST", "/logout/all/", access=access)


def end_this_session(page, access):
    return page.call("DELETE", f"/sessions/{claims(access)['sid']}/", access=access)


def delete_account(page, access):
    return page.call("DELETE", "/me/", {"password": PASSWORD}, access=access)


WAYS = pytest.mark.parametrize(
    ("way", "status"),
    [(log_out, 205), (log_out_everywhere, 205), (end_this_session, 204), (delete_account, 204)],
)


@WAYS
def test_signing_out_takes_the_refresh_cookie_back_and_leaves_the_device(page, ada, way, status):
    access = page.sign_in()
    assert way(page, access).status_code == status
    assert page.cookie("refresh") is None
    assert page.cookie("device") is not None
    assert not Session.objects.filter(pk=claims(access)["sid"], revoked_at=None).exists()


@WAYS
def test_signing_out_as_a_bearer_client_touches_no_cookie(page, ada, way, status):
    access = page.sign_in()
    page.headers["HTTP_X_KEYTURN_CLIENT"] = None
    body = {"refresh_token": page.held("refresh")}
    answer = log_out(page, access, body) if way is log_out else way(page, access)
    assert answer.status_code == status
    assert not answer.cookies


@WAYS
def test_a_cookie_that_nobody_can_read_to_its_end_does_not_keep_anybody_signed_in(page, ada, way, status):
    access = page.sign_in()
    deep = base64.urlsafe_b64encode(b"[" * 3_000).decode()
    page.hold("refresh", f"x.{deep}.x")
    assert way(page, access).status_code == status
    assert page.cookie("refresh") is None
    assert not Session.objects.filter(pk=claims(access)["sid"], revoked_at=None).exists()


def test_logging_out_looks_at_the_cookie_and_not_at_the_body(page, ada):
    access = page.sign_in()
    other = Caller().log_in("ada")
    assert log_out(page, access, {"refresh_token": other.refresh}).status_code == 205
    assert session_of(access).is_revoked
    assert not session_of(other.refresh).is_revoked


@pytest.mark.parametrize("raw", [None, "garbage", "e30.e30.e30"])
def test_logging_out_without_a_cookie_of_ours_ends_the_session_of_the_access_token(page, ada, raw):
    access = page.sign_in()
    page.lose("refresh") if raw is None else page.hold("refresh", raw)
    assert log_out(page, access).status_code == 205
    assert page.cookie("refresh") is None
    assert session_of(access).revoked_reason == "logout"


def test_logging_out_twice_is_no_error(page, ada):
    access = page.sign_in()
    assert log_out(page, access).status_code == 205
    assert log_out(page, access).status_code == 205


def test_logging_out_needs_the_access_token_still(page, ada):
    page.sign_in()
    answer = log_out(page, None)
    assert (answer.status_code, answer.json()["code"]) == (401, "not_authenticated")
    assert not answer.cookies


def test_a_tab_that_is_behind_does_not_sign_out_who_signed_in_meanwhile(page, ada, eve):
    behind = page.sign_in("ada")
    ahead = page.sign_in("eve")
    assert_refused(log_out(page, behind), "user_mismatch", status=400)
    assert page.cookie("refresh") is not None
    assert not session_of(ahead).is_revoked


@pytest.mark.parametrize("way", [log_out_everywhere, end_this_session])
def test_a_tab_whose_session_was_replaced_is_told_so_and_does_not_take_the_cookie(page, ada, eve, way):
    behind = page.sign_in("ada")
    page.sign_in("eve")
    answer = way(page, behind)
    assert_refused(answer, "session_revoked")
    assert not answer.cookies
    page.refresh()


@pytest.mark.parametrize("way", [log_out_everywhere, end_this_session])
def test_a_tab_that_is_behind_does_not_take_the_cookie_of_a_newer_session(page, ada, eve, way):
    behind = page.sign_in("ada")
    # Over the cookie the sign-in would end the session before.
    page.lose("refresh")
    page.sign_in("eve")
    assert way(page, behind).status_code < 300
    assert claims(page.held("refresh"))["user_id"] == str(eve.pk)
    page.refresh()


def test_ending_another_session_leaves_the_cookie(page, ada):
    access = page.sign_in()
    other = Caller().log_in("ada")
    answer = page.call("DELETE", f"/sessions/{claims(other.access)['sid']}/", access=access)
    assert answer.status_code == 204
    assert not answer.cookies
    assert page.call("DELETE", "/sessions/", access=access).status_code == 204
    page.refresh()


def test_a_refused_deletion_of_the_account_leaves_the_cookie(page, ada):
    access = page.sign_in()
    answer = page.call("DELETE", "/me/", {"password": "wrong"}, access=access)
    assert answer.status_code == 400
    assert not answer.cookies
    page.refresh()


def test_an_outage_leaves_the_cookie(page, ada, monkeypatch):
    from django.db import OperationalError

    def down(*_: object, **__: object) -> None:
        raise OperationalError("no connection")

    page.sign_in()
    monkeypatch.setattr("keyturn.sessions.attempt.Attempt.compare_and_set", down)
    monkeypatch.setattr("keyturn.tokens.ending.revoke_sessions", down)
    for path in ("/token/refresh/", "/token/blacklist/"):
        answer = page.call("POST", path, {})
        assert (answer.status_code, answer.json()["code"]) == (503, "unavailable")
        assert not answer.cookies


def test_a_page_that_was_signed_out_elsewhere_signs_in_again(page, ada):
    page.sign_in()
    Session.objects.update(revoked_at="2030-01-01T00:00:00Z", revoked_reason="revoked_by_user")
    assert_refused(page.try_refresh(), "session_revoked")
    assert_refused(page.try_refresh(), "refresh_missing")
    page.sign_in()
    assert Page().try_refresh().status_code == 401
    page.refresh()
