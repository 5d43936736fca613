"""Codes and links shown by many at once: one wins, and a limit of guesses is one."""

from functools import partial

import pytest
from allauth.account.models import EmailAddress

from keyturn.sessions.models import Session
from tests.accounts.engine import AuthClient, last_letter, letters
from tests.accounts.racing import at_once

pytestmark = [pytest.mark.django_db(transaction=True)]

CROWD = 20


@pytest.fixture(autouse=True)
def limits_out_of_the_way(settings):
    """Only the flow's own limit stands between a guesser and a code here."""
    settings.KEYTURN = {
        "LIMITS": {"code_pair": None, "code_address": None, "code_account": None, "link_address": None},
        "FRONTEND_URLS": {"verify_email": "https://app.example.com/verify?key={key}"},
    }


def clients_of(flow: str | None, count: int = CROWD) -> list[AuthClient]:
    """Many who hold the token of one flow."""
    found = [AuthClient() for _ in range(count)]
    for client in found:
        client.flow = flow
    return found


def test_twenty_uses_of_one_code_at_once_open_one_session():
    client = AuthClient()
    client.sign_up("new@example.com")
    code = last_letter("new@example.com").code
    answers = at_once([partial(one.verify, code) for one in clients_of(client.flow)])
    statuses = [answer.status_code for answer in answers]
    assert statuses.count(200) == 1, statuses
    assert set(statuses) == {200, 410}
    assert Session.objects.count() == 1


def test_twenty_guesses_at_once_are_three_guesses():
    client = AuthClient()
    client.sign_up("new@example.com")
    code = last_letter("new@example.com").code
    answers = at_once([partial(one.verify, "BBBB-BBBB") for one in clients_of(client.flow)])
    looked_at = [answer for answer in answers if answer.status_code == 400]
    assert len(looked_at) == 3, [answer.status_code for answer in answers]
    assert {answer.status_code for answer in answers} <= {400, 409, 410}
    assert client.verify(code).status_code in {409, 410}
    assert not Session.objects.exists()


def test_twenty_uses_of_one_link_at_once_are_one_use():
    AuthClient().sign_up("new@example.com")
    key = last_letter("new@example.com").key
    answers = at_once([partial(one.verify, key) for one in clients_of(None)])
    statuses = [answer.status_code for answer in answers]
    assert statuses.count(200) == 1, statuses
    assert {answer.json()["reason"] for answer in answers if answer.status_code != 200} == {"link_used"}


def test_a_code_and_a_link_at_once_verify_once_and_nobody_sees_an_error():
    client = AuthClient()
    client.sign_up("new@example.com")
    letter = last_letter("new@example.com")
    by_code, by_link = at_once([lambda: client.verify(letter.code), lambda: AuthClient().verify(letter.key)])
    assert by_code.status_code == 200, by_code.content
    assert by_link.status_code == 200 or by_link.json()["reason"] == "link_used"
    assert EmailAddress.objects.get().verified
    assert Session.objects.count() == 1


def test_of_many_sign_ups_with_one_name_at_once_one_gets_it(django_user_model):
    answers = at_once(
        [
            partial(
                AuthClient(ip=f"198.51.100.{number}").sign_up,
                f"new{number}@example.com",
                username="Wanted" if number % 2 else "wanted",
            )
            for number in range(8)
        ]
    )
    assert sorted(answer.status_code for answer in answers) == [400] * 7 + [401]
    assert {answer.json()["reason"] for answer in answers if answer.status_code == 400} == {"username_taken"}
    assert django_user_model.objects.count() == 1


def test_of_many_sign_ups_with_one_address_at_once_one_makes_an_account_and_all_are_told_the_same(django_user_model):
    answers = at_once(
        [partial(AuthClient(ip=f"198.51.100.{number}").sign_up, "new@example.com") for number in range(6)]
    )
    assert {answer.status_code for answer in answers} <= {401, 429}
    told = [answer.json() for answer in answers if answer.status_code == 401]
    for body in told:
        body["meta"].pop("session_token")
    assert all(body == told[0] for body in told)
    assert django_user_model.objects.count() == 1
    mails = [letter.text for letter in letters("new@example.com")]
    assert sum("Enter this code" in text for text in mails) == 1
    assert sum("There is an account with it already" in text for text in mails) == len(told) - 1
