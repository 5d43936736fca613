"""The same code in many hands at one moment: one of them has it."""

from functools import partial

import pytest
from allauth.mfa.models import Authenticator
from django.db import transaction

from keyturn.clock import utc_now
from keyturn.mfa import recovery, totp
from keyturn.mfa.codes import accept_code
from keyturn.mfa.models import FactorState, RecoveryCode
from keyturn.sessions.models import Session
from tests.accounts.engine import AuthClient
from tests.accounts.racing import at_once
from tests.mfa.seeds import codes_of_seed, new_seed

pytestmark = [pytest.mark.django_db(transaction=True)]

SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"


@pytest.fixture
def app(ada):
    return Authenticator.objects.create(user=ada, type="totp", data={"secret": SECRET})


def shown():
    return totp.code_at(SECRET, totp.step_at(utc_now()))


def accepted(ada, code, now):
    with transaction.atomic():
        return accept_code(user=ada, code=code, now=now)


@pytest.mark.parametrize("is_counted", [True, False], ids=["counted before", "of before Keyturn"])
def test_of_twenty_uses_of_one_code_of_an_app_one_is_right(ada, app, is_counted):
    if is_counted:
        FactorState.objects.create(factor_id=app.pk)
    now = utc_now()
    results = at_once([partial(accepted, ada, totp.code_at(SECRET, totp.step_at(now)), now) for _ in range(20)])
    assert sorted(results, key=str) == [None] * 19 + ["totp"]


def test_of_twenty_uses_of_one_recovery_code_one_is_right(ada):
    codes = recovery.make(ada.pk, now=utc_now())
    now = utc_now()
    results = at_once([partial(accepted, ada, codes[3], now) for _ in range(20)])
    assert sorted(results, key=str) == [None] * 19 + ["recovery_codes"]
    assert RecoveryCode.objects.filter(used_at__isnull=True).count() == 9


def test_of_twenty_uses_of_one_code_of_a_seed_one_is_right(ada):
    seed = new_seed()
    Authenticator.objects.create(user=ada, type="recovery_codes", data={"seed": seed, "used_mask": 0})
    now = utc_now()
    results = at_once([partial(accepted, ada, codes_of_seed(seed)[3], now) for _ in range(20)])
    assert sorted(results, key=str) == [None] * 19 + ["recovery_codes"]


def test_ten_codes_of_a_seed_used_at_once_are_all_right_and_all_used(ada):
    seed = new_seed()
    Authenticator.objects.create(user=ada, type="recovery_codes", data={"seed": seed, "used_mask": 0})
    now = utc_now()
    codes = codes_of_seed(seed)
    assert at_once([partial(accepted, ada, code, now) for code in codes]) == ["recovery_codes"] * 10
    assert at_once([partial(accepted, ada, code, now) for code in codes]) == [None] * 10


def test_of_twenty_sign_ins_with_one_code_one_gets_a_session(ada, app, settings):
    settings.KEYTURN = {"LIMITS": {"code_pair": None, "code_account": None, "code_address": None}}
    clients = [AuthClient() for _ in range(20)]
    assert {client.log_in().status_code for client in clients} == {401}
    body = {"code": shown()}
    answers = at_once([partial(client.call, "POST", "auth/2fa/authenticate", body) for client in clients])
    statuses = sorted(answer.status_code for answer in answers)
    assert statuses == [200] + [400] * 19
    assert Session.objects.count() == 1


def test_of_two_hundred_guesses_at_once_five_are_looked_at(ada, app, settings, monkeypatch):
    settings.KEYTURN = {"LIMITS": {"code_pair": "5/10m"}}
    looked_at = []
    real = totp.matching_step

    def noting(*arguments, **more):
        looked_at.append(arguments)
        return real(*arguments, **more)

    monkeypatch.setattr(totp, "matching_step", noting)
    clients = [AuthClient() for _ in range(20)]
    assert {client.log_in().status_code for client in clients} == {401}
    looked_at.clear()

    def guess(client, number):
        return [
            client.call("POST", "auth/2fa/authenticate", {"code": f"{number * 10 + one:06}"}).status_code
            for one in range(10)
        ]

    answers = at_once([partial(guess, client, number) for number, client in enumerate(clients)])
    statuses = [status for found in answers for status in found]
    assert len(statuses) == 200
    assert statuses.count(429) == 195, statuses
    assert len(looked_at) == 5
