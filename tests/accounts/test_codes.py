"""Codes in mails: what they are good for, how often one may guess, and what becomes of them."""

import time

import pytest

from keyturn.accounts.models import Flow
from keyturn.clock import stored, utc_now
from keyturn.sessions.models import Session
from tests.accounts.engine import PASSWORD, AuthClient, last_letter, letters

pytestmark = pytest.mark.django_db


def waiting(email: str = "new@example.com") -> AuthClient:
    """A client that has signed up and is asked for a code."""
    client = AuthClient()
    assert client.sign_up(email).status_code == 401
    return client


def test_three_wrong_guesses_end_the_flow_and_the_right_code_comes_too_late():
    client = waiting()
    code = last_letter("new@example.com").code
    for _ in range(3):
        wrong = client.verify("BBBB-BBBB")
        assert wrong.status_code == 400
        assert (wrong.json()["code"], wrong.json()["reason"]) == ("invalid", "incorrect_code")
    late = client.verify(code)
    assert late.status_code in {409, 410}
    assert not Session.objects.exists()


def test_guesses_through_the_question_whose_code_it_is_count_as_well():
    client = waiting()
    code = last_letter("new@example.com").code
    for _ in range(3):
        assert client.call("GET", "auth/email/verify", x_email_verification_key="BBBB-BBBB").status_code == 400
    assert client.verify(code).status_code in {409, 410}


def test_the_question_whose_code_it_is_uses_nothing_up():
    client = waiting()
    code = last_letter("new@example.com").code
    asked = client.call("GET", "auth/email/verify", x_email_verification_key=code)
    assert asked.status_code == 200
    assert asked.json()["data"]["email"] == "new@example.com"
    assert client.verify(code).status_code == 200


def test_a_head_request_is_no_guess():
    client = waiting()
    code = last_letter("new@example.com").code
    for _ in range(5):
        client.http.head("/auth/app/v1/auth/session", HTTP_X_SESSION_TOKEN=client.flow)
    assert client.verify(code).status_code == 200


def test_a_code_is_used_once():
    client = waiting()
    code, flow = last_letter("new@example.com").code, client.flow
    assert client.verify(code).status_code == 200
    again = AuthClient()
    again.flow = flow
    answer = again.verify(code)
    assert answer.status_code == 410
    assert answer.json()["code"] == "flow_ended"
    assert Session.objects.count() == 1


def test_guesses_count_over_all_flows_of_an_account(settings):
    settings.KEYTURN = {"LIMITS": {"code_pair": "4/10m"}}
    waiting()
    codes = []
    for _ in range(2):
        client = AuthClient()
        assert client.log_in("new", PASSWORD).status_code == 401
        for _ in range(2):
            assert client.verify("BBBB-BBBB").status_code == 400
        codes.append(last_letter("new@example.com").code)
    client = AuthClient()
    client.log_in("new", PASSWORD)
    blocked = client.verify(last_letter("new@example.com").code)
    assert blocked.status_code == 429
    assert int(blocked["Retry-After"]) > 0
    assert (blocked.json()["code"], blocked.json()["reason"]) == ("too_many_attempts", "too_many_attempts")
    assert not Session.objects.exists()


def test_a_code_is_too_old_after_a_quarter_of_an_hour(monkeypatch):
    client = waiting()
    code = last_letter("new@example.com").code
    late = time.time() + 16 * 60
    monkeypatch.setattr(time, "time", lambda: late)
    assert client.verify(code).status_code == 409
    assert not Session.objects.exists()


def test_a_flow_nobody_went_on_with_is_gone_after_an_hour():
    client = waiting()
    Flow.objects.update(expires_at=stored(utc_now()))
    answer = client.call("GET", "auth/session")
    assert answer.status_code == 410


def test_another_code_replaces_the_first_and_three_are_sent_at_most():
    client = waiting()
    first = last_letter("new@example.com").code
    for sent in range(3):
        assert client.call("POST", "auth/email/verify/resend").status_code == 200
        assert len(letters("new@example.com")) == 2 + sent
    fourth = client.call("POST", "auth/email/verify/resend")
    assert fourth.status_code == 409
    assert len(letters("new@example.com")) == 4
    newest = last_letter("new@example.com").code
    assert newest != first
    assert client.verify(first).status_code == 400
    assert client.verify(newest).status_code == 200


def test_mails_to_one_mailbox_are_limited_over_all_flows(settings):
    settings.KEYTURN = {"LIMITS": {"mail_email": "2/15m"}}
    client = waiting()
    assert client.call("POST", "auth/email/verify/resend").status_code == 200
    refused = client.call("POST", "auth/email/verify/resend")
    assert refused.status_code == 429
    assert len(letters("new@example.com")) == 2


def test_a_password_changed_meanwhile_stops_a_login_that_began_before(django_user_model):
    client = waiting()
    user = django_user_model.objects.get()
    user.set_password("another long sentence altogether")
    user.save()
    answer = client.verify(last_letter("new@example.com").code)
    assert answer.status_code == 401
    assert answer.json()["reason"] == "password_changed"
    assert not Session.objects.exists()


def test_what_lies_in_the_database_is_of_no_use_to_its_reader():
    client = waiting()
    code = last_letter("new@example.com").code
    row = Flow.objects.get()
    stored_text = f"{row.key_hash} {row.sealed}"
    assert str(client.flow) not in stored_text
    assert code not in stored_text
    assert "new@example.com" not in stored_text
    thief = AuthClient()
    thief.flow = row.key_hash
    assert thief.verify(code).status_code == 410
