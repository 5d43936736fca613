"""A passkey as the second step of the admin's login."""

import html
import json
import re

import pytest
from django.contrib.staticfiles import finders
from django.test import Client

from keyturn.clock import utc_now
from keyturn.mfa.enrolling import first_recovery_codes
from keyturn.mfa.models import FactorState
from keyturn.mfa.passkeys_added import creation_options, register
from keyturn.trail.models import AuditEvent
from tests.contract.caller import PASSWORD
from tests.mfa.authenticator import ORIGIN, SoftAuthenticator

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def own_urls(settings):
    settings.ROOT_URLCONF = "tests.signin.urls"
    settings.KEYTURN = {"PUBLIC_URL": ORIGIN}


@pytest.fixture
def root(django_user_model):
    return django_user_model.objects.create_superuser("root", "root@example.com", PASSWORD)


def made(user, **how):
    """An authenticator with a passkey of a user's."""
    found = SoftAuthenticator(**how)
    asked = creation_options(user=user, signs_in_alone=False, now=utc_now())
    register(user=user, name="Key", credential=found.create(asked), now=utc_now())
    return found


@pytest.fixture
def key(root):
    return made(root)


def knock(browser, username="root"):
    return browser.post("/admin/login/", {"username": username, "password": PASSWORD, "next": "/admin/"})


def asked(answer):
    """What the page hands to its script."""
    text = answer.content.decode()
    found = re.search(r'data-options="([^"]+)"', text)
    assert found is not None, text
    return json.loads(html.unescape(found[1]))


def show(browser, credential):
    text = credential if isinstance(credential, str) else json.dumps(credential)
    return browser.post("/admin/login/", {"keyturn_passkey": text, "next": "/admin/"})


def is_in(browser):
    return browser.get("/admin/").status_code == 200


def test_whoever_has_only_a_passkey_comes_in_with_it(root, key):
    browser = Client()
    answer = knock(browser)
    assert answer.status_code == 200
    assert b"keyturn_code" not in answer.content
    assert not is_in(browser)
    answer = show(browser, key.get(asked(answer)))
    assert (answer.status_code, answer["Location"]) == (302, "/admin/")
    assert is_in(browser)
    assert list(AuditEvent.objects.order_by("pk").values_list("event", "details")) == [
        ("factor_asked", {"door": "admin"}),
        ("login", {"door": "admin"}),
    ]


def test_whoever_has_both_is_asked_for_either(root, key):
    codes = first_recovery_codes(user=root, now=utc_now())
    browser = Client()
    answer = knock(browser)
    assert asked(answer)["publicKey"]["rpId"] == "auth.example.com"
    assert b'name="keyturn_code"' in answer.content
    assert browser.post("/admin/login/", {"keyturn_code": codes[0], "next": "/admin/"}).status_code == 302


@pytest.mark.parametrize(
    "wrong",
    [
        {"origin": "https://evil.example"},
        {"rp_id": "evil.example"},
        {"challenge": "AAAA"},
        {"signature": b"none"},
        {"cross_origin": True},
        {"count": 0},
    ],
    ids=str,
)
def test_an_answer_that_lies_lets_nobody_in_and_the_page_asks_again(root, key, wrong):
    FactorState.objects.update(counter=5)
    browser = Client()
    answer = show(browser, key.get(asked(knock(browser)), **{"count": 6, **wrong}))
    assert answer.status_code == 200
    assert b"The passkey was not accepted." in answer.content
    assert not is_in(browser)
    told = AuditEvent.objects.get(event="code_rejected")
    assert (told.user_id, told.reason, told.details["door"]) == (str(root.pk), "webauthn", "admin")
    assert show(browser, key.get(asked(answer), count=7)).status_code == 302


@pytest.mark.parametrize(
    "text", ["", "{", "[]", "null", '{"a": NaN}', '{"a":1,"a":2}', "[" * 70_000, "[" * 30_000, '{"id":"\ud800"}', "7"]
)
def test_what_is_no_answer_lets_nobody_in(root, key, text):
    browser = Client()
    knock(browser)
    answer = show(browser, text.encode("utf-8", "surrogatepass").decode("utf-8", "replace"))
    assert answer.status_code == 200
    assert not is_in(browser)


def test_the_passkey_of_somebody_else_lets_nobody_in(root, key, django_user_model):
    other = made(django_user_model.objects.create_superuser("eve", "eve@example.com", PASSWORD))
    browser = Client()
    answer = show(browser, other.get(asked(knock(browser))))
    assert b"The passkey was not accepted." in answer.content
    assert not is_in(browser)


def test_an_answer_lets_in_once(root, key):
    first, second = Client(), Client()
    credential = key.get(asked(knock(first)))
    knock(second)
    assert show(first, credential).status_code == 302
    assert show(second, credential).status_code == 200
    assert not is_in(second)


def test_without_the_password_before_it_a_passkey_lets_nobody_in(root, key):
    browser = Client()
    credential = key.get(asked(knock(browser)))
    stranger = Client()
    assert show(stranger, credential)["Location"] == "/admin/login/"
    assert not is_in(stranger)


def test_wrong_answers_count_with_the_guesses_at_codes(root, key, settings):
    settings.KEYTURN = {**settings.KEYTURN, "LIMITS": {"code_pair": "3/10m"}}
    browser = Client()
    answer = knock(browser)
    for _ in range(3):
        answer = show(browser, key.get(asked(answer), signature=b"none"))
    assert show(browser, key.get(asked(answer))).status_code == 429
    assert not is_in(browser)


def test_a_form_of_another_site_is_refused(root, key):
    browser = Client(enforce_csrf_checks=True)
    page = browser.get("/admin/login/").content.decode()
    (token,) = re.findall(r'name="csrfmiddlewaretoken" value="([^"]+)"', page)
    answer = browser.post(
        "/admin/login/",
        {"username": "root", "password": PASSWORD, "next": "/admin/", "csrfmiddlewaretoken": token},
    )
    assert show(browser, key.get(asked(answer))).status_code == 403
    assert not is_in(browser)


def test_where_passkeys_have_no_site_the_page_asks_for_a_code(root, key, settings):
    settings.KEYTURN = {}
    answer = knock(Client())
    assert b"data-options" not in answer.content
    assert b'name="keyturn_code"' in answer.content


def test_nothing_on_the_page_is_a_script_but_the_one_in_a_file(root, key):
    text = knock(Client()).content.decode()
    scripts = re.findall(r"<script([^>]*)>(.*?)</script>", text, re.DOTALL)
    ours = [(tag, body) for tag, body in scripts if "keyturn" in tag]
    assert [body for _, body in ours] == [""]
    (path,) = re.findall(r'src="/?static/([^"]+)"', ours[0][0])
    assert finders.find(path) is not None
    assert " on" not in re.sub(r'data-options="[^"]*"', "", text.partition('id="keyturn-passkey"')[2].partition(">")[0])
