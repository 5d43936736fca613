"""Whatever the user model, and without django-allauth: logins are counted, known and unknown names alike."""

from typing import Any

import pytest
from django.contrib.auth import get_user_model

from keyturn.clock import utc_now
from keyturn.signin import account_of, identify, unlock
from keyturn.signin.models import AccountState
from keyturn.trail.models import AuditEvent
from tests.contract.caller import PASSWORD, Caller

User: Any = get_user_model()
ADA = "ada@example.com"


@pytest.fixture
def ada(db: None) -> Any:
    """A user of the project's own model."""
    return User.objects.create_user(**{User.USERNAME_FIELD: ADA}, password=PASSWORD)


def knock(caller: Caller, name: str = ADA, password: str = PASSWORD) -> Any:
    return caller.call("POST", "/token/", {User.USERNAME_FIELD: name, "password": password})


@pytest.mark.parametrize("name", [ADA, "nobody@example.com"])
def test_after_five_wrong_passwords_nothing_is_looked_at(ada, caller, name):
    for _ in range(5):
        assert knock(caller, name, "wrong").status_code == 401
    answer = knock(caller, name)
    assert (answer.status_code, answer.json()["reason"]) == (429, "too_many_attempts")
    assert 1 <= int(answer["Retry-After"]) <= 300


def test_the_user_comes_in_from_elsewhere_and_once_unlocked_from_here(ada, caller):
    for _ in range(6):
        knock(caller, password="wrong")
    assert knock(Caller(ip="203.0.113.9")).status_code == 200
    unlock(ada, now=utc_now())
    assert knock(caller).status_code == 200


def test_spellings_of_a_name_share_one_count(ada):
    assert identify(ADA).account == identify("ADA@example.com").account == account_of(ada)
    assert identify(ADA).user_id == ada.pk


def test_a_password_that_must_be_reset_lets_nobody_in(ada, caller):
    AccountState.objects.create(user=ada, reset_required_at=utc_now())
    assert knock(caller).json()["reason"] == "password_reset_required"


def test_the_trail_names_the_user(ada, caller):
    knock(caller, password="wrong")
    knock(caller)
    assert list(AuditEvent.objects.order_by("id").values_list("event", "user_id")) == [
        ("login_failed", str(ada.pk)),
        ("login", str(ada.pk)),
    ]
