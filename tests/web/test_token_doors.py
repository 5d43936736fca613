"""``/token/``, ``/token/refresh/`` and ``/token/blacklist/`` for web clients: the token is in the cookie alone."""

from datetime import timedelta

import pytest

from keyturn.sessions.models import Session
from tests.contract.caller import PASSWORD, Caller, assert_refused, claims, session_of, turn_back
from tests.web.page import Page

pytestmark = pytest.mark.django_db


def test_signing_in_puts_the_refresh_token_into_the_cookie_and_into_no_body(page, ada):
    answer = page.try_sign_in()
    assert answer.status_code == 200
    assert set(answer.json()) == {"access"}
    refresh = page.held("refresh")
    assert refresh.encode() not in answer.content
    assert claims(refresh)["sid"] == claims(answer.json()["access"])["sid"]
    assert answer["Cache-Control"] == "no-store"


@pytest.mark.parametrize("what", ["refresh", "device"])
@pytest.mark.parametrize("secure", [False, True])
def test_the_cookies_are_for_this_server_alone_and_for_no_script(ada, what, secure):
    page = Page(secure=secure)
    page.sign_in()
    cookie = page.cookie(what)
    assert cookie.key.startswith(f"__Host-keyturn_{what}_" if secure else f"keyturn_{what}_")
    assert cookie["httponly"] is True
    assert cookie["samesite"] == "Strict"
    assert cookie["path"] == "/"
    assert bool(cookie["secure"]) is secure
    assert cookie["domain"] == ""


def test_the_refresh_cookie_lives_as_long_as_its_token_and_the_device_400_days(page, ada, settings):
    settings.SIMPLE_JWT = {"REFRESH_TOKEN_LIFETIME": timedelta(hours=3)}
    page.sign_in()
    assert 3 * 3600 - 5 <= page.cookie("refresh")["max-age"] <= 3 * 3600
    assert page.cookie("device")["max-age"] == 400 * 86_400


def test_a_refresh_cookie_never_outlives_the_sessions_absolute_end(page, ada, settings):
    page.sign_in()
    turn_back(page.held("refresh"), days=89)
    Session.objects.update(idle_expires_at=session_of(page.held("refresh")).absolute_expires_at)
    page.refresh()
    assert 86_400 - 60 <= page.cookie("refresh")["max-age"] <= 86_400


def test_a_refresh_rotates_the_cookie_and_the_device_stays(page, ada):
    first = page.sign_in()
    before, device = page.held("refresh"), page.held("device")
    second = page.refresh()
    assert claims(second)["sid"] == claims(first)["sid"]
    assert page.held("refresh") != before
    assert page.held("device") == device
    assert page.cookie("device")["max-age"] == 400 * 86_400


def test_what_a_web_clients_body_says_of_a_refresh_token_is_not_looked_at(page, ada, eve):
    page.sign_in()
    other = Caller().log_in("eve").refresh
    answer = page.try_refresh({"refresh": other})
    assert answer.status_code == 200
    assert claims(answer.json()["access"])["user_id"] == str(ada.pk)
    assert session_of(other).generation == 0


def test_what_a_bearer_clients_cookie_says_is_not_looked_at(page, ada):
    page.sign_in()
    answer = page.call("POST", "/token/refresh/", {}, HTTP_X_KEYTURN_CLIENT=None)
    assert answer.status_code == 400
    assert answer.json()["refresh"] == ["This field is required."]
    assert session_of(page.held("refresh")).generation == 0


@pytest.mark.parametrize("kind", [None, "bearer"])
def test_a_bearer_client_gets_the_pair_in_the_body_and_no_cookie(page, ada, kind):
    answer = page.try_sign_in(HTTP_X_KEYTURN_CLIENT=kind)
    assert set(answer.json()) == {"access", "refresh"}
    assert not answer.cookies
    again = page.call("POST", "/token/refresh/", {"refresh": answer.json()["refresh"]}, HTTP_X_KEYTURN_CLIENT=kind)
    assert set(again.json()) == {"access", "refresh"}
    assert not again.cookies
    assert session_of(answer.json()["refresh"]).binding_kind == ""


@pytest.mark.parametrize("word", ["Web", "WEB", "web, web", "true", "1", "cookie", "web\x00"])
def test_another_word_in_the_header_is_refused_and_not_guessed(page, ada, word):
    answer = page.try_sign_in(HTTP_X_KEYTURN_CLIENT=word)
    assert (answer.status_code, answer.json()["code"]) == (400, "unknown_client")
    assert not answer.cookies
    assert not Session.objects.exists()


def test_without_rotation_the_cookie_stays_and_is_not_sent_again(page, ada, settings):
    settings.SIMPLE_JWT = {"ROTATE_REFRESH_TOKENS": False}
    page.sign_in()
    before = page.held("refresh")
    answer = page.try_refresh()
    assert set(answer.json()) == {"access"}
    assert [name for name in answer.cookies if "refresh" in name] == []
    assert page.held("refresh") == before
    (device,) = answer.cookies.values()
    assert device["max-age"] == 400 * 86_400


def test_a_wrong_password_sets_no_cookie(page, ada):
    answer = page.try_sign_in(password="wrong")
    assert_refused(answer, "bad_credentials", code="no_active_account")
    assert not answer.cookies


def test_a_browser_without_the_cookie_is_told_so(page, ada):
    answer = page.try_refresh()
    assert_refused(answer, "refresh_missing")
    assert not answer.cookies


def test_a_page_that_merely_asks_whether_somebody_is_signed_in_gets_no_error(page, ada):
    answer = page.try_refresh({"optional": True})
    assert (answer.status_code, answer.content) == (204, b"")
    assert not answer.cookies
    page.sign_in()
    assert page.try_refresh({"optional": True}).status_code == 200
    assert_refused(Page().try_refresh({"optional": False}), "refresh_missing")


@pytest.mark.parametrize("value", ["true", 1, None, [], {}, "yes", 0])
def test_optional_is_true_or_false(page, ada, value):
    answer = page.try_refresh({"optional": value})
    assert answer.status_code == 400
    assert answer.json()["optional"] == ["Must be a valid boolean."]
    assert answer.json()["code"] == "invalid"


def test_signing_out_takes_the_cookie_back_and_leaves_the_device(page, ada):
    access = page.sign_in()
    device = page.held("device")
    answer = page.call("POST", "/token/blacklist/", {})
    assert (answer.status_code, answer.json()) == (200, {})
    assert page.cookie("refresh") is None
    assert page.held("device") == device
    assert session_of(access).revoked_reason == "logout"


def test_signing_out_needs_no_body_at_all(page, ada):
    access = page.sign_in()
    assert page.call("POST", "/token/blacklist/").status_code == 200
    assert session_of(access).is_revoked


def test_signing_out_twice_or_without_a_cookie_is_no_error(page, ada):
    assert page.call("POST", "/token/blacklist/", {}).status_code == 200
    page.sign_in()
    for _ in range(2):
        answer = page.call("POST", "/token/blacklist/", {})
        assert (answer.status_code, answer.json()) == (200, {})


@pytest.mark.parametrize("raw", ["garbage", "a.b.c", "x" * 4000, "\xff\xfe", '"', "e30.e30.e30"])
def test_signing_out_with_a_cookie_that_is_no_token_takes_it_back(page, ada, raw):
    access = page.sign_in()
    page.hold("refresh", raw)
    answer = page.call("POST", "/token/blacklist/", {})
    assert (answer.status_code, answer.json()) == (200, {})
    assert page.cookie("refresh") is None
    assert not session_of(access).is_revoked


def test_the_device_of_a_browser_is_the_same_at_its_next_sign_in(page, ada):
    page.sign_in()
    device = page.held("device")
    page.call("POST", "/token/blacklist/", {})
    page.sign_in()
    assert page.held("device") == device
    hashes = set(Session.objects.values_list("binding_hash", flat=True))
    assert len(hashes) == 1


@pytest.mark.parametrize("device", ["", "x", "x" * 42, "x" * 44, "\xe9" * 43, "a b" + "x" * 40, "x" * 100_000])
def test_a_device_that_we_did_not_make_is_replaced_at_the_sign_in(page, ada, device):
    page.sign_in()
    page.hold("device", device)
    page.sign_in()
    assert page.held("device") != device
    assert len(page.held("device")) == 43
    page.refresh()


def test_devices_are_random(ada):
    found = set()
    for _ in range(20):
        page = Page()
        page.sign_in()
        found.add(page.held("device"))
    assert len(found) == 20


@pytest.mark.parametrize("reason", ["session_revoked", "user_inactive", "user_not_found", "expired"])
def test_a_final_refusal_takes_the_cookie_back(page, ada, reason, settings):
    access = page.sign_in()
    if reason == "session_revoked":
        Caller().call("POST", "/logout/all/", access=access)
    elif reason == "user_inactive":
        type(ada).objects.filter(pk=ada.pk).update(is_active=False)
    elif reason == "user_not_found":
        reason = "session_revoked"
        ada.delete()
    else:
        settings.SIMPLE_JWT = {"REFRESH_TOKEN_LIFETIME": timedelta(hours=1)}
        page.sign_in()
        settings.SIMPLE_JWT = {"LEEWAY": 0}
        turn_back(page.held("refresh"), hours=2)
        reason = "session_expired"
    answer = page.try_refresh()
    assert answer.status_code == 401
    assert answer.json()["reason"] == reason
    assert page.cookie("refresh") is None
    assert page.cookie("device") is not None


@pytest.mark.parametrize("raw", ["garbage", "a.b.c", "e30.e30.e30", "x" * 4000])
def test_what_may_be_our_own_mistake_leaves_the_cookie(page, ada, raw):
    page.sign_in()
    page.hold("refresh", raw)
    answer = page.try_refresh()
    assert answer.status_code == 401
    assert not answer.cookies
    assert page.held("refresh") == raw


def test_a_password_verbatim_and_a_form_are_for_web_clients_too(page, ada):
    answer = page.call(
        "POST",
        "/token/",
        f"username=ada&password={PASSWORD.replace(' ', '+')}",
        content_type="application/x-www-form-urlencoded",
    )
    assert set(answer.json()) == {"access"}
    page.refresh()
