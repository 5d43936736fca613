"""Passwords guessed by many at once under ``/auth/``: as many are looked at as the limit says."""

from functools import partial

import pytest
from django.contrib.auth.hashers import MD5PasswordHasher

from keyturn.accounts.models import Flow
from keyturn.sessions.models import Session
from tests.accounts.engine import PASSWORD, AuthClient
from tests.accounts.racing import at_once

pytestmark = [pytest.mark.django_db(transaction=True)]


@pytest.fixture
def computed(monkeypatch):
    """Every password that a hash was computed of."""
    found: list[str] = []
    verify = MD5PasswordHasher.verify

    def counting(self, password, encoded):
        found.append(password)
        return verify(self, password, encoded)

    monkeypatch.setattr(MD5PasswordHasher, "verify", counting)
    return found


def test_forty_guesses_at_a_login_at_once_are_five(ada, computed):
    answers = at_once([partial(AuthClient().log_in, "ada", f"wrong {number}") for number in range(40)])
    statuses = [answer.status_code for answer in answers]
    assert statuses.count(400) == 5, statuses
    assert statuses.count(429) == 35
    assert len([guess for guess in computed if guess.startswith("wrong")]) == 5
    assert not Session.objects.exists()


def test_guesses_by_proving_oneself_anew_are_the_same_guesses(ada, computed):
    client = AuthClient()
    client.log_in()
    computed.clear()
    calls = []
    for number in range(20):
        one = AuthClient()
        one.access = client.access
        calls.append(partial(one.call, "POST", "auth/reauthenticate", {"password": f"wrong {number}"}))
    statuses = [answer.status_code for answer in at_once(calls)]
    assert statuses.count(400) == 5, statuses
    assert statuses.count(429) == 15
    assert len(computed) == 5


def test_a_session_may_prove_itself_many_times_at_once(ada):
    client = AuthClient()
    client.log_in()
    calls = []
    for _ in range(8):
        one = AuthClient()
        one.access = client.access
        calls.append(partial(one.call, "POST", "auth/reauthenticate", {"password": PASSWORD}))
    assert {answer.status_code for answer in at_once(calls)} == {200}
    assert Flow.objects.count() == 1
