"""The pages behind the links in mails: /auth/verify-email/ and /auth/reset-password/.

It is one long file, since nearly every test is asked of both pages in turn.
"""

import re
from collections import Counter
from datetime import timedelta
from html.parser import HTMLParser
from typing import Any
from urllib.parse import urlencode

import pytest
from allauth.account.models import EmailAddress
from django.test import Client

from keyturn.accounts.link_keys import LinkKind, write_key
from keyturn.clock import utc_now
from keyturn.sessions.models import Session
from keyturn.trail.models import AuditEvent
from tests.accounts.engine import NEW_PASSWORD, PASSWORD, AuthClient, last_letter
from tests.accounts.racing import at_once
from tests.contract.caller import FIREFOX, Caller

pytestmark = pytest.mark.django_db

PAGES = {"verify_email": "/auth/verify-email/", "reset_password": "/auth/reset-password/"}


@pytest.fixture(autouse=True)
def public_url(settings):
    settings.KEYTURN = {"PUBLIC_URL": "https://auth.example.com"}


@pytest.fixture
def browser() -> Client:
    return Client(
        REMOTE_ADDR="192.0.2.9", HTTP_USER_AGENT=FIREFOX, HTTP_ACCEPT="text/html,*/*;q=0.8", enforce_csrf_checks=True
    )


@pytest.fixture
def ada(django_user_model: Any) -> Any:
    user = django_user_model.objects.create_user("ada", "ada@example.com", PASSWORD)
    EmailAddress.objects.create(user=user, email="ada@example.com", verified=False, primary=True)
    return user


def key_for(user: Any, kind: str, **age: float) -> str:
    return write_key(LinkKind(kind), user=user, email=user.email, now=utc_now() - timedelta(**age))


def fields(kind: str, key: str, **more: str) -> dict[str, str]:
    chosen = {"password": NEW_PASSWORD, "repeated": NEW_PASSWORD} if kind == "reset_password" else {}
    return {"key": key, **chosen, **more}


def assert_page(answer: Any, status: int = 200) -> str:
    assert answer.status_code == status, (answer.status_code, answer.content[:400])
    assert answer["Content-Type"] == "text/html; charset=utf-8"
    assert answer["Cache-Control"] == "no-store"
    assert answer["Referrer-Policy"] == "no-referrer"
    assert answer["X-Frame-Options"] == "DENY"
    assert not answer.cookies
    text = str(answer.content.decode())
    nonce = re.search(r"style-src 'nonce-([\w-]+)'", answer["Content-Security-Policy"])
    assert nonce is not None
    assert f'<style nonce="{nonce[1]}">' in text
    assert "default-src 'none'" in answer["Content-Security-Policy"]
    assert "<script" not in text
    assert "src=" not in text
    return text


def reason_on(text: str) -> str | None:
    found = re.search(r'data-reason="(\w+)"', text)
    return found[1] if found else None


def done(user: Any, kind: str) -> bool:
    user.refresh_from_db()
    if kind == "reset_password":
        return bool(user.check_password(NEW_PASSWORD))
    return EmailAddress.objects.filter(user=user, verified=True).exists()


@pytest.mark.parametrize("kind", PAGES)
def test_opening_a_page_shows_a_form_and_changes_nothing(ada, browser, kind):
    key = key_for(ada, kind)

    path = f"{PAGES[kind]}?{urlencode({'key': key})}"
    assert browser.head(path).status_code == 200
    for _ in range(2):
        assert f'value="{key}"' in assert_page(browser.get(path))

    assert not done(ada, kind)


@pytest.mark.parametrize("kind", PAGES)
def test_its_button_does_what_the_link_is_for_once(ada, browser, kind):
    key = key_for(ada, kind)

    text = assert_page(browser.post(PAGES[kind], fields(kind, key)))

    assert 'role="status"' in text
    assert done(ada, kind)
    for answer in (browser.post(PAGES[kind], fields(kind, key)), browser.get(PAGES[kind], {"key": key})):
        assert reason_on(assert_page(answer, 400)) == "link_used"


def test_the_link_of_a_sign_up_mail_leads_there(browser):
    AuthClient().sign_up("new@example.com", username="newcomer")
    link = last_letter("new@example.com").link
    assert link.startswith("https://auth.example.com/auth/verify-email/?key=")
    path = link.removeprefix("https://auth.example.com")

    assert "new@example.com" in assert_page(browser.get(path))
    assert_page(browser.post("/auth/verify-email/", {"key": last_letter("new@example.com").key}))

    assert Caller().try_log_in("newcomer").status_code == 200


def test_a_change_of_address_is_confirmed_there_and_the_old_address_is_told(ada, browser):
    EmailAddress.objects.update(verified=True)
    client = AuthClient()
    client.log_in()
    client.call("POST", "auth/reauthenticate", {"password": PASSWORD})
    client.call("POST", "account/email", {"email": "new@example.com"})

    assert_page(browser.post(PAGES["verify_email"], {"key": last_letter("new@example.com").key}))

    ada.refresh_from_db()
    assert ada.email == "new@example.com"
    assert last_letter("ada@example.com").kind.endswith("email_changed")
    assert AuditEvent.objects.filter(event="email_changed", user_id=str(ada.pk), ip="192.0.2.9").count() == 1


def test_a_reset_there_ends_all_sessions_and_opens_none(ada, browser):
    tokens = Caller().log_in()

    browser.post(PAGES["reset_password"], fields("reset_password", key_for(ada, "reset_password")))

    assert Caller().home(tokens.access).status_code == 401
    assert not Session.objects.filter(revoked_at__isnull=True).exists()
    assert Caller(ip="198.51.100.7").try_log_in("ada", NEW_PASSWORD).status_code == 200


@pytest.mark.parametrize("kind", PAGES)
@pytest.mark.parametrize(
    "key",
    ["", "x", "a.b", ".", "\x00", "\ud800".encode("utf-16", "surrogatepass").hex(), "ä.ö", "." * 5_000, "<script>.x"],
    ids=ascii,
)
def test_a_bad_key_is_a_page_with_status_400_and_a_sentence(ada, browser, kind, key):
    for answer in (browser.get(PAGES[kind], {"key": key}), browser.post(PAGES[kind], fields(kind, key))):
        text = assert_page(answer, 400)
        assert reason_on(text) == "link_invalid"
        assert "<script" not in text
    assert not done(ada, kind)


@pytest.mark.parametrize("kind", PAGES)
def test_an_expired_key_a_foreign_key_and_a_changed_one_are_refused(ada, browser, kind):
    key = key_for(ada, kind)
    other = next(name for name in PAGES if name != kind)
    wrong = {
        "link_expired": key_for(ada, kind, days=2),
        "link_invalid": key_for(ada, other),
    }
    for reason, each in wrong.items():
        assert reason_on(assert_page(browser.post(PAGES[kind], fields(kind, each)), 400)) == reason
    forged = key[:-1] + ("B" if key.endswith("A") else "A")
    assert reason_on(assert_page(browser.post(PAGES[kind], fields(kind, forged)), 400)) == "link_invalid"
    type(ada).objects.update(email="elsewhere@example.com")
    assert reason_on(assert_page(browser.post(PAGES[kind], fields(kind, key)), 400)) == "link_outdated"
    assert not done(ada, kind)


@pytest.mark.parametrize(
    "onward",
    [
        "https://evil.example/",
        "//evil.example/",
        "///evil.example/",
        "https:evil.example",
        "https:///evil.example",
        "/\\evil.example",
        "\\\\evil.example",
        "/\t/evil.example",
        "\thttps://evil.example",
        " https://evil.example",
        "javascript:alert(1)",
        "data:text/html,x",
        "https://auth.example.com@evil.example/",
        "https://auth.example.com.evil.example/",
        "https://auth.example.com:8443/",
        "http://auth.example.com/",
        "https://\u0430uth.example.com/",
        "https://auth.example.com\u3002evil.example/",
        "https://[::1",
        "https://auth.example.com:99999999/",
        "evil",
        "?x",
    ],
    ids=ascii,
)
@pytest.mark.parametrize("kind", PAGES)
def test_next_to_a_foreign_site_is_a_400_and_nothing_is_changed(ada, browser, kind, onward):
    key = key_for(ada, kind)

    for answer in (
        browser.get(PAGES[kind], {"key": key, "next": onward}),
        browser.post(PAGES[kind], fields(kind, key, next=onward)),
    ):
        text = assert_page(answer, 400)
        assert reason_on(text) == "bad_next"
        assert "href=" not in text
    assert not done(ada, kind)


@pytest.mark.parametrize(
    "onward",
    [
        "/welcome",
        "/",
        "https://auth.example.com/x?y=z#f",
        "https://AUTH.example.com:443/",
        "https://app.example.com/in",
        "https://other.example.com:8443/",
    ],
)
@pytest.mark.parametrize("kind", PAGES)
def test_next_to_a_place_of_ours_is_offered_and_nobody_is_sent_there_unasked(ada, browser, kind, onward, settings):
    settings.KEYTURN = {
        **settings.KEYTURN,
        "FRONTEND_URLS": {"sign_in": "https://app.example.com/"},
        "REDIRECT_ORIGINS": ["https://other.example.com:8443"],
    }
    key = key_for(ada, kind)
    from django.utils.html import escape

    assert f'name="next" value="{escape(onward)}"' in assert_page(
        browser.get(PAGES[kind], {"key": key, "next": onward})
    )

    text = assert_page(browser.post(PAGES[kind], fields(kind, key, next=onward)))
    assert f'href="{escape(onward)}"' in text
    assert done(ada, kind)


def test_without_next_the_front_end_s_sign_in_is_offered(ada, browser, settings):
    settings.KEYTURN = {**settings.KEYTURN, "FRONTEND_URLS": {"sign_in": "https://app.example.com/in"}}

    text = assert_page(browser.post(PAGES["verify_email"], {"key": key_for(ada, "verify_email")}))

    assert 'href="https://app.example.com/in"' in text


@pytest.mark.parametrize(
    ("password", "repeated"),
    [("Qx7!pK", "Qx7!pK"), ("qwertyuiop", "qwertyuiop"), (NEW_PASSWORD, "other"), ("", ""), ("x" * 4_097, "x" * 4_097)],
    ids=["short", "common", "not the same", "none", "long"],
)
def test_a_bad_password_is_said_on_the_page_and_the_link_stays_good(ada, browser, password, repeated):
    key = key_for(ada, "reset_password")

    text = assert_page(
        browser.post(PAGES["reset_password"], {"key": key, "password": password, "repeated": repeated}), 400
    )

    assert 'role="alert"' in text
    assert not password or password not in text
    assert f'value="{key}"' in text
    assert ada.check_password(PASSWORD)
    assert_page(browser.post(PAGES["reset_password"], fields("reset_password", key)))
    assert done(ada, "reset_password")


@pytest.mark.parametrize("kind", PAGES)
@pytest.mark.parametrize("method", ["put", "patch", "delete", "options", "trace"])
def test_other_methods_are_a_405(ada, browser, kind, method):
    answer = getattr(browser, method)(PAGES[kind])

    assert answer.status_code == 405
    assert answer["Allow"] == "GET, HEAD, POST"


BODIES = {
    "too long": (b"key=" + b"x" * 70_000, "application/x-www-form-urlencoded", 413),
    "in a codec that is no charset": (b"key=x", "application/x-www-form-urlencoded; charset=rot13", 415),
    "in a charset of long ago": (b"key=x", "application/x-www-form-urlencoded; charset=utf-7", 415),
    "of too many fields": (b"&".join(b"a=1" for _ in range(2_000)), "application/x-www-form-urlencoded", 400),
    "without boundary": (b"key=x", "multipart/form-data", 400),
    "with a bad boundary": (b"key=x", "multipart/form-data; boundary=\xc3\xa4", 400),
    "no form": (b'{"key": "x"}', "application/json", 400),
    "not in UTF-8": (b"key=\xff\xfe&password=\xff", "application/x-www-form-urlencoded", 400),
    "empty": (b"", "application/x-www-form-urlencoded", 400),
}


@pytest.mark.parametrize("kind", PAGES)
@pytest.mark.parametrize("what", BODIES)
def test_a_body_that_is_no_form_of_ours_is_refused_on_a_page(ada, browser, kind, what):
    body, content_type, status = BODIES[what]
    assert_page(browser.generic("POST", PAGES[kind], body, content_type), status)
    told = Client().generic("POST", PAGES[kind], body, content_type)

    assert (told.status_code, told["Content-Type"]) == (status, "application/json")
    assert {"detail", "code"} <= set(told.json())
    assert not done(ada, kind)


@pytest.mark.parametrize("kind", PAGES)
def test_trying_keys_is_limited(ada, browser, kind, settings):
    settings.KEYTURN = {**settings.KEYTURN, "LIMITS": {"link_address": "3/10m"}}
    for _ in range(3):
        browser.get(PAGES[kind], {"key": "a.b"})

    answer = browser.post(PAGES[kind], fields(kind, key_for(ada, kind)))

    assert_page(answer, 429)
    assert int(answer["Retry-After"]) > 0
    assert not done(ada, kind)


def test_what_stands_in_an_account_cannot_become_markup(django_user_model, browser):
    user = django_user_model.objects.create_user('<b>"x', '"<i>"@example.com', PASSWORD)

    for kind, page in PAGES.items():
        text = browser.get(page, {"key": key_for(user, kind)}).content.decode()
        assert "<b>" not in text
        assert "<i>" not in text


class _Outline(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.labelled: set[str | None] = set()
        self.inputs: list[dict[str, str | None]] = []
        self.tags: Counter[str] = Counter()
        self.language: str | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = dict(attrs)
        self.tags[tag] += 1
        if tag == "label":
            self.labelled.add(found.get("for"))
        if tag == "input" and found.get("type") != "hidden":
            self.inputs.append(found)
        if tag == "html":
            self.language = found.get("lang")


@pytest.mark.parametrize("kind", PAGES)
def test_the_pages_can_be_used_by_everybody(ada, browser, kind):
    outline = _Outline()
    outline.feed(browser.get(PAGES[kind], {"key": key_for(ada, kind)}).content.decode())

    assert outline.language
    assert (outline.tags["h1"], outline.tags["main"], outline.tags["title"], outline.tags["button"]) == (1, 1, 1, 1)
    assert all(one["id"] in outline.labelled for one in outline.inputs)
    assert all(one["autocomplete"] == "new-password" for one in outline.inputs)
    assert len(outline.inputs) == (2 if kind == "reset_password" else 0)


@pytest.mark.parametrize("kind", PAGES)
@pytest.mark.parametrize("accept", [None, "*/*", "application/json"])
def test_a_program_is_told_in_json_what_is_wrong(ada, kind, accept):
    program = Client() if accept is None else Client(HTTP_ACCEPT=accept)

    for fault, code, reason in (
        ({"key": "a.b"}, "link_not_valid", "link_invalid"),
        ({"key": key_for(ada, kind), "next": "//evil.example"}, "bad_next", "bad_next"),
    ):
        for answer in (program.get(PAGES[kind], fault), program.post(PAGES[kind], {**fields(kind, ""), **fault})):
            assert (answer.status_code, answer["Content-Type"]) == (400, "application/json")
            assert (answer.json()["code"], answer.json()["reason"]) == (code, reason)
            assert answer.json()["detail"]
            assert answer["Cache-Control"] == "no-store"
    assert program.put(PAGES[kind]).json()["code"] == "method_not_allowed"
    assert not done(ada, kind)


def test_a_deactivated_user_s_link_is_refused(ada, browser):
    key = key_for(ada, "reset_password")
    type(ada).objects.update(is_active=False)

    assert reason_on(assert_page(browser.post(PAGES["reset_password"], fields("reset_password", key)), 400))
    assert not done(ada, "reset_password")


def test_a_user_who_is_gone_is_a_400(ada, browser):
    keys = {kind: key_for(ada, kind) for kind in PAGES}
    ada.delete()

    for kind, key in keys.items():
        for answer in (browser.get(PAGES[kind], {"key": key}), browser.post(PAGES[kind], fields(kind, key))):
            assert reason_on(assert_page(answer, 400)) == "link_invalid"


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("kind", PAGES)
def test_of_twenty_uses_at_once_exactly_one_wins(ada, kind):
    key = key_for(ada, kind)

    def using(number):
        browser = Client(REMOTE_ADDR=f"192.0.2.{number}")
        return lambda: browser.post(PAGES[kind], fields(kind, key)).status_code

    answers = at_once([using(number) for number in range(20)])

    assert Counter(answers) == {200: 1, 400: 19}
    assert done(ada, kind)


GERMAN = {
    "verify_email": ("Bestätigen Sie Ihre E-Mail-Adresse", "Ja, bestätigen"),
    "reset_password": ("Neues Passwort wählen", "Passwort setzen"),
}


@pytest.mark.parametrize("kind", PAGES)
def test_a_reader_of_german_is_answered_in_german(ada, browser, kind):
    text = assert_page(browser.get(PAGES[kind], {"key": key_for(ada, kind)}, headers={"accept-language": "de-AT,de"}))

    assert '<html lang="de"' in text
    for words in GERMAN[kind]:
        assert words in text
    wrong = assert_page(browser.get(PAGES[kind], {"key": "a.b"}, headers={"accept-language": "de"}), 400)
    assert "Dieser Link gilt nicht." in wrong


def test_every_sentence_of_the_pages_is_translated():
    from pathlib import Path

    import keyturn

    root = Path(keyturn.__file__).parent
    catalogue = (root / "locale/de/LC_MESSAGES/django.po").read_text(encoding="utf-8")
    known = set(re.findall(r'^msgid "(.+)"$', catalogue, re.MULTILINE))
    source = (root / "api/account_pages.py").read_text(encoding="utf-8")
    said = set(re.findall(r'_\("(.+?)"\)', source))
    for template in (root / "templates/keyturn/account").glob("*.html"):
        text = template.read_text(encoding="utf-8")
        said |= set(re.findall(r'{% translate "(.+?)" %}', text))
        told = re.findall(r"{% blocktranslate %}(.+?){% endblocktranslate %}", text, re.DOTALL)
        said |= {re.sub(r"{{ (\w+) }}", r"%(\1)s", one) for one in told}

    assert len(said) > 20
    assert said - known == set()
