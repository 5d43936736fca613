"""Factors that are set up, made anew and removed by many at one moment."""

from functools import partial

import pytest
from allauth.mfa.models import Authenticator
from django.db import transaction

from keyturn.clock import utc_now
from keyturn.errors import RefusedError
from keyturn.mfa import recovery, totp
from keyturn.mfa.enrolling import enrol_totp, new_recovery_codes, remove_factors
from keyturn.mfa.factors import rows_of
from keyturn.mfa.models import FactorState, RecoveryCode
from keyturn.sessions.models import Session
from keyturn.signin.users import locked_user
from tests.accounts.engine import AuthClient
from tests.accounts.racing import at_once

pytestmark = [pytest.mark.django_db(transaction=True)]

APP = "account/authenticators/totp"
CODES = "account/authenticators/recovery-codes"


def code_of(secret):
    return totp.code_at(secret, totp.step_at(utc_now()))


def signed_in(count):
    """So many sessions of ada's."""
    clients = [AuthClient() for _ in range(count)]
    for client in clients:
        assert client.log_in().status_code == 200
    return clients


def test_twenty_sessions_that_set_up_an_app_at_once_set_up_one(ada):
    clients = signed_in(20)
    secrets = [client.call("GET", APP).json()["meta"]["secret"] for client in clients]
    calls = [
        partial(client.call, "POST", APP, {"code": code_of(secret)})
        for client, secret in zip(clients, secrets, strict=True)
    ]
    answers = at_once(calls)
    statuses = [answer.status_code for answer in answers]
    assert statuses.count(200) == 1, statuses
    # Whoever comes later has a factor to show first.
    assert set(statuses) <= {200, 401, 409}
    assert Authenticator.objects.filter(user=ada, type="totp").count() == 1
    assert Authenticator.objects.filter(user=ada, type="recovery_codes").count() == 1
    assert RecoveryCode.objects.filter(user=ada).count() == 10
    assert FactorState.objects.count() == 1


def test_one_session_that_sends_its_code_twenty_times_at_once_is_answered_with_recovery_codes_once(ada):
    (client,) = signed_in(1)
    secret = client.call("GET", APP).json()["meta"]["secret"]
    calls = []
    for _ in range(20):
        one = AuthClient()
        one.access = client.access
        calls.append(partial(one.call, "POST", APP, {"code": code_of(secret)}))
    answers = at_once(calls)
    assert sorted(answer.status_code for answer in answers) == [200] + [409] * 19
    assert sum("recovery_codes" in answer.json().get("meta", {}) for answer in answers) == 1


def test_recovery_codes_made_anew_many_times_at_once_are_ten_and_of_one_making(ada):
    Authenticator.objects.create(user=ada, type="totp", data={"secret": totp.new_secret()})

    def made():
        with transaction.atomic():
            return new_recovery_codes(user=locked_user(ada.pk), now=utc_now())

    makings = at_once([made] * 10)
    assert RecoveryCode.objects.filter(user=ada).count() == 10
    assert Authenticator.objects.filter(user=ada, type="recovery_codes").count() == 1
    right = [[recovery.use(ada.pk, code.replace("-", ""), now=utc_now()) for code in codes] for codes in makings]
    assert sorted(sum(some) for some in right) == [0] * 9 + [10]


def test_an_app_removed_and_set_up_at_once_leaves_all_of_it_or_nothing(ada):
    secret = totp.new_secret()

    def add():
        with transaction.atomic():
            try:
                enrol_totp(user=locked_user(ada.pk), secrets=[secret], code=code_of(secret), now=utc_now())
            except RefusedError as error:
                return error.reason.value
        return "added"

    clients = signed_in(10)
    at_once([*[partial(client.call, "DELETE", APP) for client in clients], *[add] * 10])
    has_app = Authenticator.objects.filter(user=ada, type="totp").exists()
    assert Authenticator.objects.filter(user=ada, type="recovery_codes").exists() == has_app
    assert FactorState.objects.count() == int(has_app)
    assert RecoveryCode.objects.count() == (10 if has_app else 0)


def test_codes_shown_while_factors_are_removed_and_made_anew_are_each_right_or_wrong_and_nobody_waits_for_ever(ada):
    secret = totp.new_secret()
    with transaction.atomic():
        codes = enrol_totp(user=locked_user(ada.pk), secrets=[secret], code=code_of(secret), now=utc_now())
    clients = [AuthClient() for _ in codes]
    assert {client.log_in().status_code for client in clients} == {401}

    def change(number):
        with transaction.atomic():
            user = locked_user(ada.pk)
            if number % 2:
                new_recovery_codes(user=user, now=utc_now())
            else:
                remove_factors(user=user, factors=list(rows_of(user.pk)))

    shows = [
        partial(client.call, "POST", "auth/2fa/authenticate", {"code": code})
        for client, code in zip(clients, codes, strict=True)
    ]
    answers = at_once([*shows, *[partial(change, number) for number in range(6)]])
    assert answers[10:] == [None] * 6
    statuses = [answer.status_code for answer in answers[:10]]
    assert set(statuses) <= {200, 400, 401}, statuses
    assert Session.objects.count() == statuses.count(200)
