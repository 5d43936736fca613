"""Sign-ups, and guesses, without end from one address."""

import time
from contextlib import nullcontext

import pytest
from django.contrib.auth.models import User

from keyturn.defence.models import AttemptCounter
from keyturn.mail.models import OutgoingMail
from tests.accounts.engine import AuthClient

pytestmark = [pytest.mark.django_db, pytest.mark.slow]

# The fifty are made within seconds, however many come after them: ten thousand differ in nothing but time.

ATTEMPTS = 1_000
PASSWORD = "violet kettle 47"


def test_of_a_thousand_sign_ups_from_one_address_fifty_are_made_and_the_others_cost_nothing(monkeypatch):
    monkeypatch.setattr("keyturn.api.account_flow_views.steady", lambda _: nullcontext())
    began = time.monotonic()
    answers: dict[int, int] = {}
    refused = None
    for number in range(ATTEMPTS):
        answer = AuthClient(ip="192.0.2.99").sign_up(f"flood{number}@example.org", PASSWORD)
        answers[answer.status_code] = answers.get(answer.status_code, 0) + 1
        refused = answer if answer.status_code == 429 else refused
    print(f"{ATTEMPTS:,} sign-ups in {time.monotonic() - began:.0f} s: {answers}")
    assert answers == {401: 50, 429: ATTEMPTS - 50}
    assert refused is not None
    assert int(refused["Retry-After"]) > 0
    assert refused.json()["code"] == "too_many_attempts"
    assert User.objects.count() == OutgoingMail.objects.count() == 50
    # Two of each sign-up that was let through, for the account and for the mail, and two of the address.
    assert AttemptCounter.objects.count() == 2 * 50 + 2


def test_guesses_past_the_limit_at_names_that_nobody_has_leave_no_row_behind():
    client = AuthClient(ip="192.0.2.98")
    statuses = [client.log_in(f"nobody{number}", "wrong").status_code for number in range(150)]
    assert statuses == [400] * 100 + [429] * 50
    # A pair and an account for each guess that was evaluated, and the address.
    assert AttemptCounter.objects.count() == 2 * 100 + 1
