"""Codes and links that are used many times at one moment."""

from collections import Counter
from typing import Any

import pytest
from allauth.account.models import EmailAddress

from keyturn.sessions.models import Session
from keyturn.trail.models import AuditEvent
from tests.accounts.engine import PASSWORD, AuthClient, last_letter
from tests.accounts.racing import at_once

pytestmark = pytest.mark.django_db(transaction=True)

MANY = 20


@pytest.fixture(autouse=True)
def public_url(settings):
    # Nothing but the lock decides: no limit of guesses or of links comes first.
    off = {"link_address": None, "code_pair": None, "code_address": None, "code_account": None}
    settings.KEYTURN = {"PUBLIC_URL": "https://auth.example.com", "LIMITS": off}


@pytest.fixture
def ada(django_user_model: Any) -> Any:
    user = django_user_model.objects.create_user("ada", "ada@example.com", PASSWORD)
    EmailAddress.objects.create(user=user, email="ada@example.com", verified=True, primary=True)
    return user


def resetting(key: str, number: int, flow: str | None = None) -> Any:
    client = AuthClient(ip=f"192.0.2.{number}")
    client.flow = flow

    def call():
        body = {"key": key, "password": f"the long new sentence number {number}"}
        return client.call("POST", "auth/password/reset", body).status_code

    return call


def asked() -> Any:
    client = AuthClient()
    client.call("POST", "auth/password/request", {"email": "ada@example.com"})
    return client.flow, last_letter("ada@example.com")


def winners(ada: Any) -> list[int]:
    ada.refresh_from_db()
    return [number for number in range(MANY) if ada.check_password(f"the long new sentence number {number}")]


def test_of_twenty_uses_of_one_link_exactly_one_wins(ada):
    _, letter = asked()

    answers = at_once([resetting(letter.key, number) for number in range(MANY)])

    assert Counter(answers) == {200: 1, 400: MANY - 1}
    assert winners(ada) == [answers.index(200)]
    assert Session.objects.filter(revoked_at__isnull=True).count() == 1
    assert AuditEvent.objects.filter(event="password_reset").count() == 1


def test_of_twenty_uses_of_one_code_exactly_one_wins(ada):
    flow, letter = asked()

    answers = at_once([resetting(letter.code, number, flow) for number in range(MANY)])

    assert answers.count(200) == 1, answers
    assert set(answers) <= {200, 409, 410}
    assert winners(ada) == [answers.index(200)]
    assert Session.objects.filter(revoked_at__isnull=True).count() == 1


def test_of_code_and_links_of_several_mails_at_once_exactly_one_wins(ada):
    mails = [asked() for _ in range(4)]
    calls = [resetting(letter.code, number, flow) for number, (flow, letter) in enumerate(mails)]
    calls += [resetting(letter.key, number + 4) for number, (_, letter) in enumerate(mails)]

    answers = at_once(calls)

    assert Counter(answers) == {200: 1, 400: 7}
    assert winners(ada) == [answers.index(200)]


def test_of_twenty_guesses_at_once_no_more_than_three_are_looked_at(ada):
    flow, _ = asked()

    answers = at_once([resetting("BCDF-GHJK", number, flow) for number in range(MANY)])

    assert Counter(answers)[400] == 3, answers
    assert set(answers) == {400, 410}
    assert AuditEvent.objects.filter(event="code_rejected").count() == 3
