"""Users with a second factor at the admin's login: the password alone opens nothing."""

import html

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP
from django.test import Client

from keyturn.accounts.administering import require_reset
from keyturn.clock import utc_now
from keyturn.mfa import totp
from keyturn.trail.models import AuditEvent
from tests.contract.caller import PASSWORD

pytestmark = pytest.mark.django_db

SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"


@pytest.fixture(autouse=True)
def own_urls(settings):
    settings.ROOT_URLCONF = "tests.signin.urls"


@pytest.fixture
def root(django_user_model):
    user = django_user_model.objects.create_superuser("root", "root@example.com", PASSWORD)
    TOTP.activate(user, SECRET)
    return user


@pytest.fixture
def browser():
    return Client(REMOTE_ADDR="192.0.2.7")


def code():
    return totp.code_at(SECRET, totp.step_at(utc_now()))


def knock(browser, site="/admin/", next_="/admin/"):
    return browser.post(f"{site}login/", {"username": "root", "password": PASSWORD, "next": next_})


def show(browser, typed, site="/admin/", next_="/admin/"):
    return browser.post(f"{site}login/", {"keyturn_code": typed, "next": next_})


def is_in(browser, site="/admin/"):
    return browser.get(site).status_code == 200


@pytest.mark.parametrize("site", ["/admin/", "/house/"])
def test_the_password_asks_for_the_code_and_the_code_lets_in(root, browser, site):
    answer = knock(browser, site, site)
    assert answer.status_code == 200
    text = html.unescape(answer.content.decode())
    assert "Code of your authenticator app, or a recovery code:" in text
    assert PASSWORD not in text
    assert "no-store" in answer["Cache-Control"]
    assert not is_in(browser, site)
    answer = show(browser, code(), site, f"{site}auth/user/" if site == "/admin/" else site)
    assert answer.status_code == 302
    assert is_in(browser, site)
    assert list(AuditEvent.objects.order_by("pk").values_list("event", "user_id", "details")) == [
        ("factor_asked", str(root.pk), {"door": "admin"}),
        ("login", str(root.pk), {"door": "admin"}),
    ]


def test_a_recovery_code_lets_in_once(root, browser):
    codes = RecoveryCodes.activate(root).generate_codes()
    knock(browser)
    assert show(browser, codes[0])["Location"] == "/admin/"
    assert is_in(browser)
    other = Client(REMOTE_ADDR="192.0.2.7")
    knock(other)
    assert show(other, codes[0]).status_code == 200
    assert not is_in(other)


@pytest.mark.parametrize(
    "typed", ["", "000000", "x" * 5_000, "12 34 56", "\u0661\u0662\u0663\u0664\u0665\u0666", "a\0b"]
)
def test_a_wrong_code_lets_nobody_in_and_may_be_corrected(root, browser, typed):
    knock(browser)
    answer = show(browser, typed)
    assert answer.status_code == 200
    assert "The code is wrong, or has been used." in html.unescape(answer.content.decode())
    assert not is_in(browser)
    assert AuditEvent.objects.exclude(event="factor_asked").get().event == "code_rejected"
    assert show(browser, code()).status_code == 302
    assert is_in(browser)


def test_a_code_is_good_once(root, browser):
    right = code()
    knock(browser)
    assert show(browser, right).status_code == 302
    other = Client(REMOTE_ADDR="192.0.2.7")
    knock(other)
    assert show(other, right).status_code == 200
    assert not is_in(other)


def test_codes_are_guessed_ten_times_and_no_more(root, browser):
    for _ in range(10):
        knock(browser)
        assert show(browser, "000000").status_code == 200
    answer = show(browser, code())
    assert answer.status_code == 429
    assert 1 <= int(answer["Retry-After"]) <= 600
    assert not is_in(browser)


def test_a_code_without_the_password_is_nothing(root, browser):
    answer = show(browser, code())
    assert answer.status_code == 302
    assert answer["Location"] == "/admin/login/"
    assert not is_in(browser)


def test_the_second_step_ends_after_five_minutes_with_a_new_password_or_without_the_user(root, browser, monkeypatch):
    def half_way():
        knock(browser)

    half_way()
    session = browser.session
    state = session["keyturn_admin_factor"]
    session["keyturn_admin_factor"] = {**state, "at": state["at"] - 301}
    session.save()
    assert show(browser, code())["Location"] == "/admin/login/"

    half_way()
    root.is_active = False
    root.save()
    assert show(browser, code())["Location"] == "/admin/login/"
    root.is_active = True
    root.save()

    half_way()
    root.set_password("violet kettle 47")
    root.save()
    assert show(browser, code())["Location"] == "/admin/login/"
    assert not is_in(browser)


def test_a_reset_demanded_between_the_steps_is_met_before_the_second(root, browser):
    knock(browser)
    require_reset(root.pk, now=utc_now())
    assert show(browser, code())["Location"] == "/admin/login/"
    assert not is_in(browser)


@pytest.mark.parametrize(
    "next_", ["https://evil.example/", "//evil.example", "javascript:alert(1)", "/\t/evil.example"]
)
def test_nobody_is_sent_to_a_foreign_place(root, browser, next_):
    knock(browser, next_=next_)
    assert show(browser, code(), next_=next_)["Location"] == "/admin/"


def test_the_second_step_asks_for_its_csrf_token(root):
    browser = Client(enforce_csrf_checks=True)
    assert show(browser, code()).status_code == 403


def test_what_is_kept_between_the_steps_holds_no_password_and_signs_nobody_in(root, browser):
    knock(browser)
    kept = dict(browser.session)
    assert set(kept) == {"keyturn_admin_factor"}
    assert PASSWORD not in str(kept)
    assert root.password not in str(kept)


def test_a_wrong_password_says_nothing_of_the_factor(root, browser):
    answer = browser.post("/admin/login/", {"username": "root", "password": "wrong", "next": "/admin/"})
    assert "recovery code" not in answer.content.decode()
    assert Authenticator.objects.filter(user=root).exists()
