""" "Trust this device": no second factor is asked for at it for a while, until its user or anything else says so."""

from datetime import timedelta

import pytest
from django.core.management import call_command

from keyturn.accounts.administering import end_sessions, require_reset
from keyturn.clock import stored, utc_now
from keyturn.mfa import trusted
from keyturn.mfa.models import TrustedDevice
from keyturn.sessions.client import Binding, BindingKind, Client
from keyturn.sessions.models import Session
from keyturn.tokens.impersonating import impersonate
from keyturn.trail.models import AuditEvent
from tests.accounts.engine import AuthClient
from tests.contract.caller import CHROME, PASSWORD, Caller, claims
from tests.mfa.door import code_of, enrol, finish, mfa_token
from tests.web.page import Page

pytestmark = pytest.mark.django_db


@pytest.fixture
def secret(ada):
    """Of ada's authenticator app."""
    return enrol(ada)


@pytest.fixture
def page(secret):
    """A browser that ada trusts; she is not signed in in it."""
    found = Page()
    assert finish(found, mfa_token(found), code_of(secret), trust_device=True).status_code == 200
    return found


def access_of(page):
    return page.try_sign_in().json()["access"]


def is_trusted(page):
    return page.try_sign_in().status_code == 200


def test_a_trusted_device_is_asked_for_the_password_alone_and_its_tokens_say_so(page):
    answer = page.try_sign_in()
    assert answer.status_code == 200
    assert claims(answer.json()["access"])["amr"] == ["pwd"]


def test_nobody_is_trusted_who_did_not_ask_for_it(secret):
    page = Page()
    finish(page, mfa_token(page), code_of(secret))
    assert not TrustedDevice.objects.exists()
    assert not is_trusted(page)


def test_another_browser_is_not_trusted(page):
    assert not is_trusted(Page())
    assert Caller().try_log_in().status_code == 401


def test_another_user_at_the_same_browser_is_not(page, django_user_model):
    eve = django_user_model.objects.create_user("eve", "eve@example.com", PASSWORD)
    enrol(eve)
    assert page.try_sign_in("eve").status_code == 401
    assert is_trusted(page)


def test_a_wrong_password_is_wrong_at_a_trusted_device_too(page):
    assert page.try_sign_in(password="wrong").json()["reason"] == "bad_credentials"


def test_what_keeps_no_cookie_cannot_be_trusted(secret):
    caller = Caller()
    assert finish(caller, mfa_token(caller), code_of(secret), trust_device=True).status_code == 200
    assert not TrustedDevice.objects.exists()


def test_a_wrong_code_trusts_nothing(secret):
    page = Page()
    assert finish(page, mfa_token(page), "000000", trust_device=True).status_code == 400
    assert not TrustedDevice.objects.exists()


def test_it_ends_after_thirty_days(page):
    TrustedDevice.objects.update(expires_at=stored(utc_now()))
    assert not is_trusted(page)


@pytest.mark.parametrize("lifetime", [0, 3_600])
def test_the_setting_counts_as_it_is_now(page, settings, lifetime):
    TrustedDevice.objects.update(created_at=stored(utc_now() - timedelta(hours=1, seconds=1)))
    settings.KEYTURN = {"TRUSTED_DEVICE_LIFETIME": lifetime}
    assert not is_trusted(page)


def test_a_lifetime_of_none_trusts_nothing(secret, settings):
    settings.KEYTURN = {"TRUSTED_DEVICE_LIFETIME": 0}
    page = Page()
    assert finish(page, mfa_token(page), code_of(secret), trust_device=True).status_code == 200
    assert not TrustedDevice.objects.exists()


def test_nothing_in_the_table_can_be_presented(page):
    row = TrustedDevice.objects.get()
    device = page.held("device")
    assert device not in str(vars(row))
    thief = Page()
    thief.try_sign_in()
    thief.hold("device", row.device_hash[:43])
    assert not is_trusted(thief)


def test_a_device_that_is_trusted_again_is_trusted_longer_and_once(page, secret):
    TrustedDevice.objects.update(expires_at=stored(utc_now() - timedelta(seconds=1)))
    assert finish(page, mfa_token(page), code_of(secret, later=1), trust_device=True).status_code == 200
    assert TrustedDevice.objects.count() == 1
    assert is_trusted(page)


def changes_password(ada):
    ada.set_password(PASSWORD + "!")
    ada.save()
    ada.set_password(PASSWORD)
    ada.save()


def enrol_another(ada):
    ada.authenticator_set.create(type="webauthn", data={"name": "key"})


@pytest.mark.parametrize(
    "act",
    [
        changes_password,
        enrol_another,
        lambda ada: ada.authenticator_set.filter(type="webauthn").delete(),
        lambda ada: end_sessions(ada.pk, now=utc_now()),
        lambda ada: require_reset(ada.pk, now=utc_now()),
    ],
    ids=["password", "factor added", "factor removed", "sessions ended by an administrator", "reset required"],
)
def test_trust_ends_with_what_it_was_built_on(secret, ada, act):
    enrol_another(ada)
    page = Page()
    finish(page, mfa_token(page), code_of(secret), trust_device=True)
    assert TrustedDevice.objects.exists()
    act(ada)
    assert not TrustedDevice.objects.exists()
    assert not is_trusted(page)


def test_a_code_that_is_used_is_no_change_of_a_factor(page, secret):
    other = Page(user_agent=CHROME)
    assert finish(other, mfa_token(other), code_of(secret, later=1)).status_code == 200
    assert is_trusted(page)


def test_a_user_who_is_gone_takes_the_devices_along(page, ada):
    ada.delete()
    assert not TrustedDevice.objects.exists()


def test_signing_out_everywhere_trusts_nothing_any_longer(page):
    assert page.call("POST", "/logout/all/", access=access_of(page)).status_code == 205
    assert not is_trusted(page)


def test_signing_out_everywhere_else_leaves_this_device_alone(page, secret):
    other = Page(user_agent=CHROME)
    finish(other, mfa_token(other), code_of(secret, later=1), trust_device=True)
    assert page.call("DELETE", "/sessions/", access=access_of(page)).status_code == 204
    assert is_trusted(page)
    assert not is_trusted(other)


def test_its_user_sees_it(page, secret):
    other = Page(user_agent=CHROME)
    finish(other, mfa_token(other), code_of(secret, later=1), trust_device=True)
    answer = page.call("GET", "/me/trusted-devices/", access=access_of(page))
    assert answer.status_code == 200
    first, second = answer.json()
    assert set(first) == {"id", "created_at", "expires_at", "ip", "user_agent", "is_current"}
    assert (first["user_agent"], second["user_agent"]) == ("Chrome on Linux", "Firefox on Windows")
    assert (first["is_current"], second["is_current"]) == (False, True)
    assert first["ip"] == "192.0.2.7"
    assert first["created_at"] < first["expires_at"]
    assert page.held("device") not in answer.content.decode()
    assert TrustedDevice.objects.latest("created_at").device_hash not in answer.content.decode()


def test_its_user_takes_one_back(page, secret):
    other = Page(user_agent=CHROME)
    finish(other, mfa_token(other), code_of(secret, later=1), trust_device=True)
    access = access_of(page)
    first, second = page.call("GET", "/me/trusted-devices/", access=access).json()
    assert page.call("DELETE", f"/me/trusted-devices/{first['id']}/", access=access).status_code == 204
    assert page.call("DELETE", f"/me/trusted-devices/{first['id']}/", access=access).status_code == 404
    assert page.call("GET", "/me/trusted-devices/", access=access).json() == [second]
    assert not is_trusted(other)
    assert is_trusted(page)


def test_its_user_takes_all_back(page):
    access = access_of(page)
    assert page.call("DELETE", "/me/trusted-devices/", access=access).status_code == 204
    assert page.call("GET", "/me/trusted-devices/", access=access).json() == []
    assert not is_trusted(page)


def test_nobody_touches_another_s(page, django_user_model):
    django_user_model.objects.create_user("eve", "eve@example.com", PASSWORD)
    eve = Caller().log_in("eve").access
    mine = TrustedDevice.objects.get().pk
    assert Caller().call("DELETE", f"/me/trusted-devices/{mine}/", access=eve).status_code == 404
    assert Caller().call("DELETE", "/me/trusted-devices/", access=eve).status_code == 204
    assert Caller().call("GET", "/me/trusted-devices/", access=eve).json() == []
    assert is_trusted(page)


@pytest.mark.parametrize("word", ["1", "x", "%00", "é", "00000000-0000-0000-0000-00000000000g", "a" * 2_000, "{}"])
def test_what_is_no_id_is_not_found(page, word):
    answer = page.call("DELETE", f"/me/trusted-devices/{word}/", access=access_of(page))
    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")


@pytest.mark.parametrize(
    ("method", "path"), [("GET", ""), ("DELETE", ""), ("DELETE", "01234567-89ab-cdef-0123-456789abcdef/")]
)
def test_who_is_not_signed_in_sees_and_changes_nothing(page, method, path):
    assert Page().call(method, f"/me/trusted-devices/{path}").status_code == 401
    assert TrustedDevice.objects.count() == 1


def test_who_acts_as_the_user_takes_nothing_back(page, ada, django_user_model):
    root = django_user_model.objects.create_superuser("root", "root@example.com", PASSWORD)
    token = impersonate(actor=root, user=ada, reason="to help", now=utc_now()).access
    mine = TrustedDevice.objects.get().pk
    for path in ("/me/trusted-devices/", f"/me/trusted-devices/{mine}/"):
        assert Caller().call("DELETE", path, access=token).json()["code"] == "impersonated"
    assert is_trusted(page)


def test_the_trail_tells_of_it(page):
    page.call("DELETE", "/me/trusted-devices/", access=access_of(page))
    events = list(AuditEvent.objects.order_by("pk").values_list("event", flat=True))
    assert events == ["factor_asked", "login", "device_trusted", "login", "session_revoked", "device_forgotten"]


def test_old_ones_are_pruned(page, ada):
    trusted.trust(user=ada, client=Client(bindings=(Binding.to(BindingKind.COOKIE, "x"),)), now=utc_now())
    TrustedDevice.objects.filter(ip=None).update(expires_at=stored(utc_now() - timedelta(days=1)))
    call_command("prune_sessions", verbosity=0)
    assert TrustedDevice.objects.count() == 1
    assert is_trusted(page)


def test_the_door_of_auth_trusts_the_same_devices(page, secret):
    flow = AuthClient("browser")
    flow.http = page.browser
    answer = flow.call("POST", "auth/login", {"username": "ada", "password": PASSWORD}, **_headers(page))
    assert answer.status_code == 200, answer.content
    assert Session.objects.latest("created_at").amr == "pwd"
    stranger = AuthClient()
    assert stranger.log_in().json()["reason"] == "mfa_required"


def _headers(page):
    return {name.removeprefix("HTTP_"): value for name, value in page.headers.items()}


def test_the_door_of_auth_trusts_a_device_once_its_session_is_open(secret):
    page = Page()
    flow = AuthClient("browser")
    flow.http = page.browser
    headers = _headers(page)
    answer = flow.call("POST", "auth/login", {"username": "ada", "password": PASSWORD}, **headers)
    assert answer.json()["reason"] == "mfa_required"
    body = {"code": code_of(secret), "trust_device": True}
    assert flow.call("POST", "auth/2fa/authenticate", body, **headers).status_code == 200
    assert is_trusted(page)
