"""POST /auth/…/account/password/change"""

from collections import Counter
from datetime import timedelta
from typing import Any

import pytest
from allauth.account.models import EmailAddress

from keyturn.clock import utc_now
from keyturn.sessions.client import Client
from keyturn.sessions.models import Session
from keyturn.tokens.impersonating import impersonate
from keyturn.tokens.issuing import issue_pair
from keyturn.trail.models import AuditEvent
from tests.accounts.engine import NEW_PASSWORD, PASSWORD, AuthClient, claims, letters
from tests.accounts.racing import at_once
from tests.contract.caller import Caller

pytestmark = pytest.mark.django_db


@pytest.fixture
def ada(django_user_model: Any) -> Any:
    user = django_user_model.objects.create_user("ada", "ada@example.com", PASSWORD)
    EmailAddress.objects.create(user=user, email="ada@example.com", verified=True, primary=True)
    return user


def signed_in(kind: str = "app") -> AuthClient:
    client = AuthClient(kind)
    assert client.log_in().status_code == 200
    return client


def change(client: AuthClient, current: Any = PASSWORD, new: Any = NEW_PASSWORD) -> Any:
    return client.call("POST", "account/password/change", {"current_password": current, "new_password": new})


def lets_in(password: str) -> bool:
    return bool(Caller(ip="198.51.100.99").try_log_in("ada", password).status_code == 200)


@pytest.mark.parametrize("kind", ["app", "browser"])
def test_it_ends_all_sessions_and_gives_this_client_a_new_one(ada, kind):
    others = [Caller().log_in() for _ in range(3)]
    client = signed_in(kind)
    before, old_refresh = client.access, client.refresh

    answer = change(client)

    assert answer.status_code == 200, answer.content
    assert client.access != before
    assert claims(client.access or "")["sid"] != claims(before or "")["sid"]
    assert Caller().home(client.access).status_code == 200
    assert Caller().try_refresh(client.refresh).status_code == 200
    for access, refresh in [(one.access, one.refresh) for one in others] + [(before, old_refresh)]:
        assert Caller().home(access).status_code == 401
        assert Caller().try_refresh(refresh).status_code == 401
    assert lets_in(NEW_PASSWORD)
    assert not lets_in(PASSWORD)


def test_a_client_of_the_plain_door_can_do_it_too(ada):
    client = AuthClient()
    client.access = Caller().log_in().access

    assert change(client).status_code == 200
    assert Caller().home(client.access).status_code == 200


def test_a_client_that_lost_the_answer_is_told_why_and_signs_in_with_the_new_password(ada):
    client = signed_in()
    lost = AuthClient()
    lost.access = client.access
    assert change(lost).status_code == 200

    for current in (PASSWORD, NEW_PASSWORD):
        again = change(client, current=current)
        assert (again.status_code, again.json()["reason"]) == (401, "password_changed")
    assert lets_in(NEW_PASSWORD)


def test_the_new_session_stands_on_the_proofs_of_the_old_one(ada):
    client = signed_in()
    Session.objects.update(amr="pwd otp mfa")

    change(client)

    assert claims(client.access or "")["amr"] == ["pwd", "otp", "mfa"]


@pytest.mark.parametrize("current", ["wrong", "", PASSWORD.upper(), "x" * 5_000, None, 5, []], ids=ascii)
def test_without_the_current_password_nothing_changes(ada, current):
    client = signed_in()

    answer = change(client, current)

    assert answer.status_code == 400
    assert answer.json()["errors"][0]["param"] == "current_password"
    assert {"detail", "code", "reason"} <= set(answer.json())
    assert Caller().home(client.access).status_code == 200
    assert lets_in(PASSWORD)


def test_a_wrong_password_is_named_as_such(ada):
    assert change(signed_in(), "wrong").json()["reason"] == "wrong_password"


def test_guesses_are_counted_with_those_of_the_login(ada):
    client = signed_in()
    for _ in range(5):
        assert change(client, "wrong").status_code == 400

    answer = change(client)

    assert (answer.status_code, answer.json()["reason"]) == (429, "too_many_attempts")
    assert int(answer["Retry-After"]) > 200
    assert Caller().try_log_in().status_code == 429
    assert AuditEvent.objects.filter(event="reauthentication_failed").count() == 5


@pytest.mark.parametrize(
    "new", ["Qx7!pK", "qwertyuiop", "x" * 4_097, "", None, 5, [], "a\x00" * 8, PASSWORD[:3]], ids=ascii
)
def test_a_bad_new_password_is_a_400_and_nothing_changes(ada, new):
    client = signed_in()

    answer = change(client, new=new)

    assert answer.status_code == 400
    assert {"detail", "code"} <= set(answer.json())
    assert Caller().home(client.access).status_code == 200
    assert lets_in(PASSWORD)


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"5", b"null", b'"x"', b"\xff", b'{"a": 1, "a": 2}'])
def test_a_bad_body_is_a_400(ada, body):
    answer = signed_in().call("POST", "account/password/change", body)

    assert answer.status_code == 400
    assert {"detail", "code"} <= set(answer.json())


@pytest.mark.parametrize("method", ["GET", "PUT", "PATCH", "DELETE"])
def test_other_methods_are_a_405(ada, method):
    answer = signed_in().call(method, "account/password/change", None)

    assert (answer.status_code, answer.json()["code"]) == (405, "method_not_allowed")


def test_it_needs_a_good_access_token(ada):
    assert change(AuthClient()).status_code == 401
    client = signed_in()
    client.call("DELETE", "auth/session")

    answer = change(client)

    assert answer.status_code == 401
    assert lets_in(PASSWORD)


def test_a_user_without_password_sets_the_first_right_after_signing_in(ada):
    ada.set_unusable_password()
    ada.save()
    client = AuthClient()
    client.access = issue_pair(user=ada, now=utc_now(), client=Client()).access
    Session.objects.update(auth_time=utc_now() - timedelta(minutes=6))

    refused = client.call("POST", "account/password/change", {"new_password": NEW_PASSWORD})
    assert (refused.status_code, refused.json()["reason"]) == (401, "reauthentication_required")
    assert "insufficient_user_authentication" in refused["WWW-Authenticate"]

    Session.objects.update(auth_time=utc_now())
    answer = client.call("POST", "account/password/change", {"new_password": NEW_PASSWORD})
    assert answer.status_code == 200, answer.content
    assert lets_in(NEW_PASSWORD)
    assert letters("ada@example.com")[-1].kind.endswith("password_set")


def test_the_user_is_told_and_the_trail_has_it_once(ada):
    change(signed_in())

    assert letters("ada@example.com")[-1].kind.endswith("password_changed")
    assert AuditEvent.objects.filter(event="password_changed", user_id=str(ada.pk)).count() == 1


def test_passwords_are_kept_in_one_form_of_unicode(ada):
    client = signed_in()
    assert change(client, new="cafe\u0301 au lait, encore").status_code == 200

    assert lets_in("caf\u00e9 au lait, encore")
    assert lets_in("cafe\u0301 au lait, encore")
    assert change(client, "caf\u00e9 au lait, encore").status_code == 200


def test_a_half_done_change_of_address_dies_with_it(ada, settings):
    settings.KEYTURN = {"PUBLIC_URL": "https://auth.example.com"}
    thief = signed_in()
    thief.call("POST", "auth/reauthenticate", {"password": PASSWORD})
    assert thief.call("POST", "account/email", {"email": "thief@example.com"}).status_code == 200
    letter = letters("thief@example.com")[-1]

    change(signed_in())

    assert AuthClient().verify(letter.key).json()["reason"] == "link_outdated"
    assert thief.verify(letter.code).status_code == 401
    ada.refresh_from_db()
    assert ada.email == "ada@example.com"


def test_an_administrator_who_acts_as_the_user_changes_nothing(ada, django_user_model):
    root = django_user_model.objects.create_superuser("root", "root@example.com", PASSWORD)
    client = AuthClient()
    client.access = impersonate(actor=root, user=ada, reason="a call for help", now=utc_now()).access

    answer = change(client)

    assert (answer.status_code, answer.json()["code"]) == (403, "impersonated")
    assert lets_in(PASSWORD)


def test_reauthentication_is_remembered_by_the_session(ada):
    client = signed_in()
    Session.objects.update(auth_time=utc_now() - timedelta(hours=1))

    assert client.call("POST", "auth/reauthenticate", {"password": PASSWORD}).status_code == 200

    assert Session.objects.get().auth_time > utc_now() - timedelta(minutes=1)


@pytest.mark.django_db(transaction=True)
def test_of_ten_changes_at_once_exactly_one_wins(ada, settings):
    settings.KEYTURN = {"LIMITS": {"login_pair": None, "login_address": None, "login_account": None}}
    clients = [signed_in() for _ in range(10)]

    def changing(number):
        return lambda: change(clients[number], new=f"the long new sentence number {number}").status_code

    answers = at_once([changing(number) for number in range(10)])

    assert Counter(answers)[200] == 1, answers
    assert set(answers) <= {200, 400, 401}
    ada.refresh_from_db()
    assert ada.check_password(f"the long new sentence number {answers.index(200)}")
    assert Session.objects.filter(revoked_at__isnull=True).count() == 1
