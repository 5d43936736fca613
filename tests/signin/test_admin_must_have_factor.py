"""Staff who must have a second factor set one up at the admin's login; until then the password opens nothing."""

import html
import re

import pytest
from allauth.mfa.models import Authenticator
from django.test import Client

from keyturn.clock import utc_now
from keyturn.mfa import totp
from keyturn.trail.models import AuditEvent
from tests.contract.caller import PASSWORD
from tests.mfa.door import enrol, give_codes

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def rule(settings):
    settings.KEYTURN = {"FACTOR_REQUIRED_OF": "staff"}
    settings.ROOT_URLCONF = "tests.signin.urls"


@pytest.fixture
def root(django_user_model):
    return django_user_model.objects.create_superuser("root", "root@example.com", PASSWORD)


@pytest.fixture
def browser():
    return Client(REMOTE_ADDR="192.0.2.7")


def knock(browser, site="/admin/", next_="/admin/"):
    return browser.post(f"{site}login/", {"username": "root", "password": PASSWORD, "next": next_})


def show(browser, typed, site="/admin/", next_="/admin/"):
    return browser.post(f"{site}login/", {"keyturn_setup_code": typed, "next": next_})


def secret_in(answer):
    found = re.search(r'<code class="keyturn-secret">([A-Z2-7 ]+)</code>', answer.content.decode())
    assert found is not None, answer.content
    return found[1].replace(" ", "")


def code_of(secret):
    return totp.code_at(secret, totp.step_at(utc_now()))


def is_in(browser, site="/admin/"):
    return browser.get(site).status_code == 200


@pytest.mark.parametrize("site", ["/admin/", "/house/"])
def test_the_password_shows_what_an_app_needs_and_its_code_lets_in(root, browser, site):
    answer = knock(browser, site, site)
    assert answer.status_code == 200
    assert 'src="data:image/svg+xml;base64,' in answer.content.decode()
    assert "no-store" in answer["Cache-Control"]
    assert not is_in(browser, site)
    secret = secret_in(answer)
    done = show(browser, code_of(secret), site, f"{site}?from=here")
    assert done.status_code == 200
    text = html.unescape(done.content.decode())
    assert len(re.findall(r"<li><code>[0-9A-Z-]{19}</code></li>", text)) == 10
    assert f'href="{site}?from=here"' in text
    assert "no-store" in done["Cache-Control"]
    assert is_in(browser, site)
    assert list(Authenticator.objects.order_by("type").values_list("type", flat=True)) == ["recovery_codes", "totp"]
    events = list(AuditEvent.objects.order_by("pk").values_list("event", "reason"))
    assert events == [
        ("factor_asked", "factor_setup_required"),
        ("factor_added", "totp"),
        ("factor_added", "recovery_codes"),
        ("login", ""),
    ]


def test_the_next_login_asks_for_the_code_and_that_of_the_set_up_is_used(root, browser):
    secret = secret_in(knock(browser))
    code = code_of(secret)
    show(browser, code)
    other = Client(REMOTE_ADDR="192.0.2.7")
    answer = knock(other)
    assert b'name="keyturn_code"' in answer.content
    assert b"keyturn-secret" not in answer.content
    other.post("/admin/login/", {"keyturn_code": code})
    assert not is_in(other)


def test_a_wrong_code_lets_nobody_in_and_the_key_stays_the_same(root, browser):
    secret = secret_in(knock(browser))
    for typed in ("000000", "", "x" * 5_000, "a\0b", "\u0661\u0662\u0663\u0664\u0665\u0666"):
        answer = show(browser, typed)
        assert answer.status_code == 200
        assert "The code is wrong, or has been used." in html.unescape(answer.content.decode())
        assert secret_in(answer) == secret
    assert not is_in(browser)
    assert not Authenticator.objects.exists()
    show(browser, code_of(secret))
    assert is_in(browser)


def test_guesses_are_counted(root, browser, settings):
    settings.KEYTURN = {"FACTOR_REQUIRED_OF": "staff", "LIMITS": {"code_pair": "2/10m"}}
    secret = secret_in(knock(browser))
    assert [show(browser, "000000").status_code for _ in range(3)] == [200, 200, 429]
    assert show(browser, code_of(secret)).status_code == 429
    assert not is_in(browser)


def test_the_key_lies_in_no_session_to_be_read(root, browser):
    secret = secret_in(knock(browser))
    assert secret not in str(dict(browser.session))


def test_a_code_without_a_password_before_it_shows_the_form(root, browser):
    assert show(browser, "123456").status_code == 302
    assert not is_in(browser)


def test_a_login_that_took_too_long_begins_anew(root, browser):
    secret = secret_in(knock(browser))
    session = browser.session
    session["keyturn_admin_factor"] = {**session["keyturn_admin_factor"], "at": 0}
    session.save()
    assert show(browser, code_of(secret)).status_code == 302
    assert not is_in(browser)
    assert not Authenticator.objects.exists()


def test_a_password_changed_meanwhile_ends_it(root, browser):
    secret = secret_in(knock(browser))
    root.set_password("another long sentence altogether")
    root.save()
    assert show(browser, code_of(secret)).status_code == 302
    assert not Authenticator.objects.exists()


def test_a_factor_set_up_meanwhile_is_asked_for(root, browser):
    secret = secret_in(knock(browser))
    enrol(root)
    assert show(browser, code_of(secret)).status_code == 302
    assert not is_in(browser)
    assert Authenticator.objects.filter(type="totp").count() == 1


def test_a_recovery_code_that_was_kept_is_no_factor(root, browser):
    codes = give_codes(root)
    knock(browser)
    assert browser.post("/admin/login/", {"keyturn_code": codes[0]}).status_code == 302
    assert not is_in(browser)
    secret = secret_in(knock(browser))
    show(browser, code_of(secret))
    assert is_in(browser)


def test_nobody_is_led_to_a_foreign_place(root, browser):
    secret = secret_in(knock(browser))
    answer = show(browser, code_of(secret), next_="https://evil.example/")
    assert b"evil.example" not in answer.content


def test_a_form_of_another_site_sets_nothing_up(root):
    browser = Client(REMOTE_ADDR="192.0.2.7", enforce_csrf_checks=True)
    browser.get("/admin/login/")
    token = browser.cookies["csrftoken"].value
    body = {"username": "root", "password": PASSWORD, "csrfmiddlewaretoken": token}
    secret = secret_in(browser.post("/admin/login/", body))
    assert browser.post("/admin/login/", {"keyturn_setup_code": code_of(secret)}).status_code == 403
    assert not Authenticator.objects.exists()


@pytest.mark.parametrize("rule", ["nobody", "tests.signin.test_admin_must_have_factor.is_not_root"], indirect=False)
def test_who_need_not_have_one_is_let_in(root, browser, settings, rule):
    settings.KEYTURN = {"FACTOR_REQUIRED_OF": rule}
    assert knock(browser).status_code == 302
    assert is_in(browser)


def is_not_root(user):
    """A rule of a project's own."""
    return user.username != "root"
