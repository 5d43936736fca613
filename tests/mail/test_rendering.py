"""What a reader gets to see."""

import re
from pathlib import Path

import pytest
from django.template import TemplateDoesNotExist
from django.template.loader import get_template
from django.utils import translation

import keyturn
from keyturn.mail.allauth_names import _NAMES, our_mail
from keyturn.mail.rendering import BadAddressError, render
from keyturn.trail.calling import Caller, calling

TEMPLATES = Path(keyturn.__file__).parent / "templates" / "keyturn" / "mail"
NAMES = sorted(path.name.removesuffix(".subject.txt") for path in TEMPLATES.glob("*.subject.txt"))
FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
# Everything that any of them can say.
EVERYTHING = {
    "code": "ABC-DEF",
    "link": "https://auth.example.com/verify?key=a&next=b",
    "signup": True,
    "sign_in_url": "https://app.example.com/sign-in",
    "sign_up_url": "https://app.example.com/sign-up",
    "reset_url": "https://app.example.com/reset",
    "old_email": "old@example.com",
    "new_email": "new@example.com",
    "removed_email": "removed@example.com",
    "provider": "Example ID",
    "codes_left": "9",
}


@pytest.fixture(autouse=True)
def at_example(settings):
    settings.KEYTURN = {"PUBLIC_URL": "https://auth.example.com", "SITE_NAME": "Example"}


@pytest.fixture
def called_from_linux():
    with calling(Caller(ip="192.0.2.7", user_agent=FIREFOX)):
        yield


def html_of(message):
    ((content, mimetype),) = [tuple(part) for part in message.alternatives]
    assert mimetype == "text/html"
    return content


def test_there_are_mails():
    assert len(NAMES) == 22


@pytest.mark.parametrize("context", [EVERYTHING, {}], ids=["with everything", "with nothing"])
@pytest.mark.parametrize("name", NAMES)
def test_every_mail_has_a_subject_of_one_line_and_two_bodies(name, context, called_from_linux):
    message = render(name, to="reader@example.com", context=context)

    assert message.subject
    assert message.subject.isprintable()
    for body in (message.body, html_of(message)):
        assert "Example" in body
        assert "{{" not in body
        assert "{%" not in body
        assert "None" not in body


@pytest.mark.parametrize("name", NAMES)
def test_both_bodies_say_the_same(name, called_from_linux):
    message = render(name, to="reader@example.com", context=EVERYTHING)
    words = re.compile(r"[a-z0-9]{3,}")
    visible = re.sub(r"<head>.*</head>|<[^>]*>", " ", html_of(message), flags=re.DOTALL).replace("&amp;", "&")

    missing = set(words.findall(message.body.lower())) - set(words.findall(visible.lower()))
    assert missing <= {"https", "auth", "example", "com"}


@pytest.mark.parametrize("name", NAMES)
def test_no_mail_loads_anything_from_anywhere(name, called_from_linux):
    html = html_of(render(name, to="reader@example.com", context=EVERYTHING))

    assert not re.search(r"<(img|script|iframe|link|form|object|embed|video|audio|base)\b|url\(|@import|\bon\w+=", html)
    given = {value for value in EVERYTHING.values() if isinstance(value, str) and value.startswith("https")}
    shown = {found.replace("&amp;", "&") for found in re.findall(r'href="([^"]*)"', html)}
    assert shown <= given | {"https://auth.example.com"}


@pytest.mark.parametrize("name", NAMES)
def test_every_mail_is_readable_in_the_dark(name):
    html = html_of(render(name, to="reader@example.com", context=EVERYTHING))

    assert "prefers-color-scheme: dark" in html
    assert '<meta name="color-scheme" content="light dark">' in html


@pytest.mark.parametrize("name", NAMES)
def test_html_escapes_and_text_does_not(name):
    context = {key: f"{value}<b>&" if isinstance(value, str) else value for key, value in EVERYTHING.items()}
    message = render(name, to="reader@example.com", context=context)

    assert "<b>" not in html_of(message)
    assert "&lt;" not in message.body
    assert "&amp;" not in message.body


def test_a_notice_says_when_from_where_and_with_what(called_from_linux):
    message = render("password_changed", to="reader@example.com")

    assert re.search(
        r"When: \d{4}-\d\d-\d\d \d\d:\d\d UTC\nAddress: 192\.0\.2\.7\nDevice: Firefox, Linux", str(message.body)
    )


def test_a_user_agent_that_no_browser_sends_is_not_shown():
    with calling(Caller(ip=None, user_agent="https://evil.example/win Click here to win")):
        message = render("password_changed", to="reader@example.com")

    assert "evil" not in message.body
    assert "win" not in message.body.lower().replace("windows", "").split()


def test_without_a_public_address_a_mail_names_no_place(settings):
    settings.KEYTURN = {}
    settings.ALLOWED_HOSTS = ["*"]

    message = render("password_changed", to="reader@example.com")
    assert "http" not in message.body
    assert "href" not in html_of(message)


@pytest.mark.parametrize(
    "address",
    [
        "",
        "nobody",
        "@example.com",
        "a@",
        "a@example.com\nBcc: b@example.com",
        "a@example.com\r\n",
        "a@example.com, b@example.com",
        "a@example.com,b@example.com",
        "a@example.com;b@example.com",
        "Ann <a@example.com>",
        "<a@example.com>",
        "a b@example.com",
        "a\0@example.com",
        "a\u2028@example.com",
        "a" * 300 + "@example.com",
        "a@b@example.com",
        "(comment)a@example.com",
        "ä@example.com",
        "a@exam\u200bple.com",
    ],
)
def test_only_one_bare_address_is_written_to(address):
    with pytest.raises(BadAddressError) as caught:
        render("password_changed", to=address)
    assert str(caught.value) == ""


@pytest.mark.parametrize(
    "address", ["a@example.com", "o'hara+tag@example.co.uk", '"a.b"@example.com', "a@münchen.example"]
)
def test_an_ordinary_address_is_taken_as_it_is(address):
    assert render("password_changed", to=address).to == [address]


def test_a_subject_stays_one_line_whatever_stands_in_it(settings):
    settings.KEYTURN = {"SITE_NAME": "Example"}
    message = render("verify_email", to="a@example.com", context={"site_name": "a\r\nBcc: x@example.com\u2028b\0c"})

    assert message.subject == "Confirm your e-mail address for a Bcc: x@example.com b c"
    assert message.message()["Bcc"] is None


@pytest.mark.parametrize("name", ["../base", "no_such_mail", "verify_email.html", "", "a/b", "Verify"])
def test_a_name_that_is_none_is_refused(name):
    with pytest.raises(TemplateDoesNotExist):
        render(name, to="a@example.com")


def test_a_project_overrides_a_template_by_its_name(settings, tmp_path):
    folder = tmp_path / "keyturn" / "mail"
    folder.mkdir(parents=True)
    (folder / "verify_email.subject.txt").write_text("Welcome to {{ site_name }}")
    (folder / "base.txt").write_text("Dear reader,\n\n{% block message %}{% endblock %}")
    settings.TEMPLATES = [{**settings.TEMPLATES[0], "DIRS": [tmp_path]}]

    message = render("verify_email", to="a@example.com", context={"code": "ABC"})
    assert message.subject == "Welcome to Example"
    assert message.body.startswith("Dear reader,\n\nSomebody")


def test_a_project_whose_engines_look_into_no_app_has_mails_too(settings):
    settings.TEMPLATES = [{**settings.TEMPLATES[0], "APP_DIRS": False}]
    with pytest.raises(TemplateDoesNotExist):
        get_template("keyturn/mail/verify_email.txt")

    assert "ABC" in render("verify_email", to="a@example.com", context={"code": "ABC"}).body


@pytest.mark.parametrize(
    ("wanted", "subject", "lang"),
    [
        ("de", "Ihr Passwort wurde geändert", "de"),
        ("de-AT,en;q=0.5", "Ihr Passwort wurde geändert", "de"),
        ("xx, de;q=0.8, en;q=0.2", "Ihr Passwort wurde geändert", "de"),
        ("en-GB,de;q=0.9", "Your password was changed", "en"),
        # Django speaks it, these mails do not: then they say so.
        ("fr", "Your password was changed", "en"),
        ("", "Your password was changed", "en"),
        ("*", "Your password was changed", "en"),
        (";;;q=,,\x00" * 20, "Your password was changed", "en"),
    ],
)
def test_a_mail_is_written_in_the_callers_language(wanted, subject, lang):
    with calling(Caller(accept_language=wanted)):
        message = render("password_changed", to="a@example.com")

    assert message.subject == subject
    assert f'<html lang="{lang}" dir="ltr">' in html_of(message)


def test_the_language_asked_for_goes_before_the_callers():
    with calling(Caller(accept_language="en")):
        assert render("password_changed", to="a@example.com", language="de").subject == "Ihr Passwort wurde geändert"


def test_without_a_caller_the_language_in_force_is_taken_and_stays_in_force():
    with translation.override("de"):
        assert render("password_changed", to="a@example.com").subject == "Ihr Passwort wurde geändert"
        assert translation.get_language() == "de"


def test_every_mail_of_django_allauths_has_a_counterpart():
    import allauth

    root = Path(allauth.__file__).parent / "templates"
    theirs = {str(path.relative_to(root)).removesuffix("_subject.txt") for path in root.glob("*/email/*_subject.txt")}

    # Templates that nothing in it sends.
    theirs -= {"account/email/email_confirm"}
    assert theirs - set(_NAMES) == set()
    assert {_NAMES[prefix] for prefix in theirs} <= set(NAMES)


def test_of_django_allauths_variables_those_are_taken_that_no_request_can_forge():
    context = {
        "code": "ABC",
        "activate_url": "https://evil.example/",
        "password_reset_url": "https://evil.example/",
        "signup_url": "https://evil.example/",
        "user": "somebody",
    }

    assert our_mail("account/email/email_confirmation_signup", context) == (
        "verify_email",
        {"code": "ABC", "signup": True},
    )
    assert our_mail("shop/email/order_shipped", context) is None


@pytest.mark.parametrize("name", ["verify_email", "reset_password", "sign_in_code", "reauthentication_code"])
def test_a_developers_log_has_no_code(caplog, name):
    """Django's logger of templates tells, for each name that is not found, all that a template was given."""
    caplog.set_level("DEBUG", logger="django.template")
    message = render(name, to="jo@example.com", context={"code": "BCDF-GHJK"})
    assert "BCDF-GHJK" in message.body
    assert "BCDF-GHJK" not in caplog.text
