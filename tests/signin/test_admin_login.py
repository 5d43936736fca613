"""The admin's login form: counted like every other door, and otherwise what the project made of it."""

import html

import pytest
from django.contrib.auth.hashers import MD5PasswordHasher
from django.test import Client

from keyturn.clock import utc_now
from keyturn.signin.models import AccountState
from keyturn.trail.models import AuditEvent
from tests.contract.caller import PASSWORD, Caller

pytestmark = pytest.mark.django_db

SITES = ["/admin/", "/house/"]


@pytest.fixture(autouse=True)
def own_urls(settings):
    settings.ROOT_URLCONF = "tests.signin.urls"


@pytest.fixture
def root(django_user_model):
    return django_user_model.objects.create_superuser("root", "root@example.com", PASSWORD)


@pytest.fixture
def browser():
    return Client(REMOTE_ADDR="192.0.2.7")


def knock(browser, site="/admin/", name="root", password=PASSWORD, **more):
    fields = {"username": name, "password": password, "next": site, **more}
    return browser.post(f"{site}login/", fields)


def events():
    return list(AuditEvent.objects.order_by("id").values_list("event", "user_id", "reason", "details", "ip"))


@pytest.mark.parametrize("site", SITES)
def test_after_five_wrong_passwords_the_right_one_is_not_looked_at(root, browser, site):
    for _ in range(5):
        assert knock(browser, site, password="wrong").status_code == 200
    answer = knock(browser, site)
    assert answer.status_code == 429
    assert 1 <= int(answer["Retry-After"]) <= 300
    assert answer["Content-Type"].startswith("text/html")
    assert "no-store" in answer["Cache-Control"]
    text = html.unescape(answer.content.decode())
    assert "Too many attempts. Try again later." in text
    assert "Wait 5 minutes, then try once more." in text
    assert PASSWORD not in text
    assert browser.get(site).status_code == 302
    assert knock(Client(REMOTE_ADDR="203.0.113.9"), site).status_code == 302


@pytest.mark.parametrize("site", SITES)
def test_an_unknown_user_is_blocked_like_a_known_one(root, browser, site):
    for _ in range(5):
        assert knock(browser, site, name="nobody").status_code == 200
    assert knock(browser, site, name="nobody").status_code == 429
    assert knock(browser, site).status_code == 302


def test_guesses_at_the_admin_and_at_the_api_count_together(root, browser):
    caller = Caller(ip="192.0.2.7")
    for number in range(5):
        if number % 2:
            knock(browser, password="wrong")
        else:
            caller.try_log_in("root", "wrong")
    assert knock(browser).status_code == 429
    assert caller.try_log_in("root", PASSWORD).status_code == 429


def test_who_knows_the_password_is_never_blocked(root):
    for _ in range(8):
        assert knock(Client(REMOTE_ADDR="192.0.2.7"))["Location"] == "/admin/"


def test_looking_at_the_form_counts_for_nothing(root, browser):
    for _ in range(120):
        assert browser.get("/admin/login/").status_code == 200
    assert knock(browser).status_code == 302


def test_a_site_and_a_form_of_the_projects_own_stay_what_they_are(root, browser):
    answer = knock(browser, "/house/", password="wrong")
    assert "The house says no." in answer.content.decode()
    assert knock(browser, "/house/")["Location"] == "/house/"
    assert answer["X-House"] == "yes"
    for _ in range(5):
        answer = knock(browser, "/house/", password="wrong")
    assert answer.status_code == 429
    assert "The house" in answer.content.decode()


def test_somebody_signed_in_without_rights_who_guesses_at_another_account_gains_nothing(root, django_user_model):
    django_user_model.objects.create_user("ada", password=PASSWORD)
    browser = Client(REMOTE_ADDR="192.0.2.7")
    browser.login(username="ada", password=PASSWORD)
    for _ in range(5):
        assert knock(browser, password="wrong").status_code == 200
    assert knock(browser).status_code == 429


def test_who_is_no_member_of_staff_is_refused_and_counted(root, browser, django_user_model):
    django_user_model.objects.create_user("ada", password=PASSWORD)
    for _ in range(5):
        assert knock(browser, name="ada").status_code == 200
    assert knock(browser, name="ada").status_code == 429


def test_a_password_that_must_be_reset_lets_nobody_in(root, browser):
    AccountState.objects.create(user=root, reset_required_at=utc_now())
    assert knock(browser, password="wrong").status_code == 200
    answer = knock(browser)
    assert answer.status_code == 403
    assert "Reset your password first." in answer.content.decode()
    assert browser.get("/admin/").status_code == 302


def test_who_signed_up_and_never_verified_an_address_is_not_let_in(root, browser):
    AccountState.objects.create(user=root, signed_up_at=utc_now())
    answer = knock(browser)
    assert answer.status_code == 403
    assert "Verify your e-mail address first." in answer.content.decode()
    assert browser.get("/admin/").status_code == 302
    AccountState.objects.update(verified_at=utc_now())
    assert knock(browser).status_code == 302
    assert browser.get("/admin/").status_code == 200


def test_the_trail_tells_of_the_admins_door(root, browser):
    for _ in range(7):
        knock(browser, password="a wrong secret")
    knock(Client(REMOTE_ADDR="203.0.113.9"))
    user, door = str(root.pk), {"door": "admin"}
    assert events() == [
        *[("login_failed", user, "bad_credentials", door, "192.0.2.7")] * 5,
        ("login_blocked", user, "login_pair", {}, "192.0.2.7"),
        ("login", user, "", door, "203.0.113.9"),
    ]


@pytest.mark.parametrize("name", ["a\0b", "\ud800".encode("utf-8", "surrogatepass"), "x" * 50_000, ""])
def test_no_name_makes_the_form_fail(root, browser, name):
    assert knock(browser, name=name).status_code == 200


@pytest.mark.parametrize("site", SITES)
def test_a_form_without_its_csrf_token_is_refused(root, site):
    browser = Client(enforce_csrf_checks=True)
    assert knock(browser, site).status_code == 403


@pytest.mark.parametrize("password", ["x" * 4_097, "\u00e9" * 2_049, "x" * 200_000])
def test_no_hash_is_computed_of_a_password_too_long(root, browser, monkeypatch, password):
    def hashed(*_):
        raise AssertionError("a hash was computed")

    monkeypatch.setattr(MD5PasswordHasher, "encode", hashed)
    answer = knock(browser, password=password)
    assert answer.status_code == 200
    assert "This field is required." in html.unescape(answer.content.decode())


@pytest.mark.parametrize("kept", ["Zo\u00eb's pass phrase", "Zoe\u0308's pass phrase"], ids=["NFC", "verbatim"])
def test_a_password_is_right_in_the_form_in_which_it_is_kept_and_as_it_was_hashed_before(root, browser, kept):
    root.set_password(kept)
    root.save()
    for _ in range(7):
        assert knock(Client(REMOTE_ADDR="192.0.2.7"), password="Zoe\u0308's pass phrase").status_code == 302
