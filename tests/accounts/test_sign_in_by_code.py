"""Sign-in by a code that is mailed, where a project turns that on."""

import re

import pytest

from keyturn.sessions.models import Session
from tests.accounts.engine import AuthClient, last_letter, letters

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def turned_on(settings):
    """As a project does it."""
    settings.ACCOUNT_LOGIN_BY_CODE_ENABLED = True
    settings.ACCOUNT_LOGIN_BY_CODE_SUPPORTS_RESEND = True


def code_in(letter) -> str:
    """The code in a mail."""
    found = re.search(r"\b([A-Z]{4}-[A-Z]{4})\b", letter.text)
    assert found is not None, letter.text
    return found[1]


def ask(client: AuthClient, email: str = "ada@example.com"):
    """Have a code sent."""
    return client.call("POST", "auth/code/request", {"email": email})


def test_the_code_signs_in_and_the_session_says_how(ada):
    client = AuthClient()
    assert ask(client).status_code == 401
    answer = client.call("POST", "auth/code/confirm", {"code": code_in(last_letter("ada@example.com"))})
    assert answer.status_code == 200, answer.content
    assert Session.objects.get().amr == "otp"
    assert client.access is not None


def test_an_address_that_nobody_has_is_answered_alike(ada):
    known, unknown = AuthClient(), AuthClient()
    answers = [ask(known).json(), ask(unknown, "nobody@example.com").json()]
    for answer in answers:
        answer["meta"].pop("session_token")
    assert answers[0] == answers[1]
    assert last_letter("nobody@example.com").kind == "unknown_account"
    for guess in ("", "BBBB-BBBB"):
        assert unknown.call("POST", "auth/code/confirm", {"code": guess}).status_code == 400
    assert not Session.objects.exists()


def test_guesses_and_mails_are_counted(ada, settings):
    settings.KEYTURN = {"LIMITS": {"code_pair": "2/10m", "mail_email": "3/15m"}}
    for _ in range(2):
        client = AuthClient()
        ask(client)
        assert client.call("POST", "auth/code/confirm", {"code": "BBBB-BBBB"}).status_code == 400
    client = AuthClient()
    ask(client)
    code = code_in(last_letter("ada@example.com"))
    assert client.call("POST", "auth/code/confirm", {"code": code}).status_code == 429
    assert client.call("POST", "auth/code/resend").status_code == 429
    assert ask(AuthClient()).status_code == 429
    assert len(letters("ada@example.com")) == 3


def test_the_code_cannot_be_asked_for_by_a_text_that_is_no_address(ada):
    for email in ("ada", "ada@", "", None, ["ada@example.com"], "a@[127.0.0.1]", "x" * 400 + "@example.com"):
        answer = AuthClient().call("POST", "auth/code/request", {"email": email})
        assert answer.status_code in {400, 401}, email
    assert {letter.to for letter in letters()} <= {"a@[127.0.0.1]"}
