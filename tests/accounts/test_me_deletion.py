"""DELETE /me/"""

import threading
from datetime import timedelta
from typing import Any

import pytest
from allauth.account.models import EmailAddress
from django.core import mail
from django.db import connection
from django.db.models import ProtectedError

from keyturn.accounts.models import Flow
from keyturn.clock import utc_now
from keyturn.defence.models import AttemptCounter
from keyturn.feed.models import Revocation
from keyturn.mail.models import OutgoingMail
from keyturn.sessions.client import Client
from keyturn.sessions.models import Session
from keyturn.tokens.issuing import issue_pair
from keyturn.trail.models import AuditEvent
from tests.contract.caller import PASSWORD, Caller, assert_refused, claims


@pytest.fixture
def ada(db: None, django_user_model: Any) -> Any:
    return django_user_model.objects.create_user("ada", "ada@example.com", PASSWORD)


@pytest.fixture
def caller() -> Caller:
    return Caller()


def remove(caller: Caller, access: str, password: Any = PASSWORD) -> Any:
    return caller.call("DELETE", "/me/", {"password": password}, access=access)


def is_there(user: Any) -> bool:
    return bool(type(user).objects.filter(pk=user.pk).exists())


def test_the_password_confirms_it_and_the_account_is_gone(ada, caller):
    here, there = caller.log_in(), caller.log_in()

    answer = remove(caller, here.access)

    assert (answer.status_code, answer.content) == (204, b"")
    assert not is_there(ada)
    assert not Session.objects.exists()
    for tokens in (here, there):
        assert_refused(caller.home(tokens.access), "session_revoked")
        assert_refused(caller.try_refresh(tokens.refresh), "session_revoked")
    assert caller.try_log_in().status_code == 401


def test_other_services_learn_of_the_ended_sessions(ada, caller):
    here = caller.log_in()

    remove(caller, here.access)

    assert Revocation.objects.filter(session_id=claims(here.access)["sid"]).exists()


def test_the_trail_remembers_the_deletion_once_and_what_came_before_it(ada, caller):
    here = caller.log_in()

    remove(caller, here.access)

    event = AuditEvent.objects.get(event="account_deleted")
    assert (event.user_id, event.ip) == (str(ada.pk), "192.0.2.7")
    assert AuditEvent.objects.filter(user_id=str(ada.pk), event="session_revoked", reason="user_deleted").exists()


@pytest.mark.parametrize("password", ["wrong", "", PASSWORD + " ", PASSWORD.upper(), "x" * 5_000], ids=ascii)
def test_a_wrong_password_is_a_400_and_nothing_is_changed(ada, caller, password):
    here = caller.log_in()

    answer = remove(caller, here.access, password)

    assert answer.status_code == 400
    assert answer.json()["code"] in {"wrong_password", "invalid"}
    assert answer.json()["code"] == "invalid" or answer.json()["reason"] == "wrong_password"
    assert "WWW-Authenticate" not in answer
    assert is_there(ada)
    assert caller.home(here.access).status_code == 200


@pytest.mark.parametrize("body", [None, {}, {"password": None}, {"password": []}, {"password": {}}, [], 5])
def test_no_password_is_a_400_and_nothing_is_changed(ada, caller, body):
    here = caller.log_in()

    answer = caller.call("DELETE", "/me/", body, access=here.access)

    assert (answer.status_code, answer.json()["code"]) == (400, "invalid")
    assert is_there(ada)


def test_guesses_are_counted_with_those_of_the_login(ada, caller):
    here = caller.log_in()
    for _ in range(5):
        assert remove(caller, here.access, "wrong").status_code == 400

    answer = remove(caller, here.access)

    assert (answer.status_code, answer.json()["reason"]) == (429, "too_many_attempts")
    assert int(answer["Retry-After"]) > 200
    assert is_there(ada)
    assert caller.try_log_in().status_code == 429
    assert AttemptCounter.objects.exists()
    assert AuditEvent.objects.filter(event="reauthentication_failed").count() == 5


def test_a_user_without_password_must_have_signed_in_just_now(ada, caller):
    ada.set_unusable_password()
    ada.save()
    pair = issue_pair(user=ada, now=utc_now(), client=Client())
    Session.objects.update(auth_time=utc_now() - timedelta(minutes=6))

    answer = caller.call("DELETE", "/me/", {}, access=pair.access)

    assert (answer.status_code, answer.json()["reason"]) == (401, "reauthentication_required")
    assert 'error="insufficient_user_authentication"' in answer["WWW-Authenticate"]
    assert is_there(ada)

    Session.objects.update(auth_time=utc_now() - timedelta(minutes=4))
    assert caller.call("DELETE", "/me/", None, access=pair.access).status_code == 204
    assert not is_there(ada)


def test_a_user_with_password_needs_it_however_recent_the_login(ada, caller):
    assert caller.call("DELETE", "/me/", {}, access=caller.log_in().access).status_code == 400


def test_flows_of_the_users_sessions_go_along(ada, caller):
    here = caller.log_in()
    now = utc_now()
    for number, sid in enumerate((claims(here.access)["sid"], None)):
        Flow.objects.create(key_hash=str(number), session_id=sid, sealed="", created_at=now, expires_at=now)

    remove(caller, here.access)

    assert [flow.key_hash for flow in Flow.objects.all()] == ["1"]


@pytest.mark.parametrize(("verified", "mails"), [(True, 1), (False, 0)], ids=["verified", "not verified"])
def test_the_verified_address_is_told(ada, caller, verified, mails):
    EmailAddress.objects.create(user=ada, email="ada@example.com", verified=verified, primary=True)

    remove(caller, caller.log_in().access)

    assert OutgoingMail.objects.filter(kind__contains="account_deleted").count() + len(mail.outbox) == mails


def test_what_must_not_lose_its_user_is_a_409_and_nothing_is_changed(ada, caller, settings):
    EmailAddress.objects.create(user=ada, email="ada@example.com", verified=True, primary=True)
    here = caller.log_in()

    def refuse(user):
        EmailAddress.objects.all().delete()
        raise ProtectedError("orders", set())

    settings.KEYTURN = {"ACCOUNT_DELETION": refuse}

    answer = remove(caller, here.access)

    assert (answer.status_code, answer.json()["code"]) == (409, "account_in_use")
    assert answer.json()["detail"]
    assert is_there(ada)
    assert EmailAddress.objects.count() == 1
    assert caller.home(here.access).status_code == 200
    assert not AuditEvent.objects.filter(event="account_deleted").exists()
    assert not OutgoingMail.objects.exists()


def test_a_project_may_keep_the_row_and_the_user_is_signed_out_all_the_same(ada, caller, settings):
    def keep(user):
        user.username = f"deleted-{user.pk}"
        user.save(update_fields=["username"])

    settings.KEYTURN = {"ACCOUNT_DELETION": keep}
    here = caller.log_in()

    assert remove(caller, here.access).status_code == 204

    ada.refresh_from_db()
    assert ada.username == f"deleted-{ada.pk}"
    assert_refused(caller.home(here.access), "session_revoked")
    assert Session.objects.get().revoked_reason == "user_deleted"


def test_a_second_deletion_is_refused(ada, caller):
    here = caller.log_in()
    remove(caller, here.access)

    assert_refused(remove(caller, here.access), "session_revoked")


def test_others_stay(ada, caller, django_user_model):
    eve = django_user_model.objects.create_user("eve", "eve@example.com", PASSWORD)
    theirs = caller.log_in("eve")

    remove(caller, caller.log_in().access)

    assert is_there(eve)
    assert caller.home(theirs.access).status_code == 200


def test_a_password_that_is_changed_in_between_does_not_delete(ada, caller, monkeypatch):
    from keyturn.accounts.passwords import confirm_password as confirm

    def then_changed(user, *args, **kwargs):
        confirm(user, *args, **kwargs)
        type(ada).objects.filter(pk=ada.pk).update(password="another")

    monkeypatch.setattr("keyturn.api.me_views.confirm_password", then_changed)

    answer = remove(caller, caller.log_in().access)

    assert (answer.status_code, answer.json()["reason"]) == (400, "wrong_password")
    assert is_there(ada)


@pytest.mark.django_db(transaction=True)
def test_of_ten_deletions_at_once_one_deletes(django_user_model):
    ada = django_user_model.objects.create_user("ada", "ada@example.com", PASSWORD)
    callers = [Caller(ip=f"192.0.2.{number}") for number in range(10)]
    tokens = [caller.log_in() for caller in callers]
    gate, answers = threading.Barrier(10), []

    def act(caller, access):
        gate.wait()
        answers.append(remove(caller, access).status_code)
        connection.close()

    threads = [
        threading.Thread(target=act, args=(caller, pair.access)) for caller, pair in zip(callers, tokens, strict=True)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert answers.count(204) == 1
    assert set(answers) <= {204, 401}
    assert not is_there(ada)
    assert AuditEvent.objects.filter(event="account_deleted").count() == 1
