"""Whether an address has an account cannot be told by when guesses at its codes are refused."""

import pytest
from allauth.account.models import EmailAddress

from keyturn.clock import utc_now
from keyturn.signin import unlock
from tests.accounts.engine import NEW_PASSWORD, PASSWORD, AuthClient

pytestmark = pytest.mark.django_db

KNOWN, UNKNOWN = "known@example.com", "unknown@example.com"


@pytest.fixture(autouse=True)
def bela(settings, django_user_model):
    settings.ACCOUNT_LOGIN_BY_CODE_ENABLED = True
    settings.KEYTURN = {
        **getattr(settings, "KEYTURN", {}),
        "LIMITS": {"mail_email": "50/1h", "sign_up_email": "50/1h"},
    }
    user = django_user_model.objects.create_user("bela", KNOWN, PASSWORD)
    EmailAddress.objects.create(user=user, email=KNOWN, verified=True, primary=True)


def signed_up(email, ip, number):
    client = AuthClient(ip=ip)
    yield client.sign_up(email, username=f"guest{number}{email[0]}").status_code
    for _ in range(3):
        yield client.verify("BBBB-BBBB").status_code


def asked_for_a_reset(email, ip, _number):
    client = AuthClient(ip=ip)
    yield client.call("POST", "auth/password/request", {"email": email}).status_code
    for _ in range(3):
        yield client.call("POST", "auth/password/reset", {"key": "BBBB-BBBB", "password": NEW_PASSWORD}).status_code


def asked_for_a_code(email, ip, _number):
    client = AuthClient(ip=ip)
    yield client.call("POST", "auth/code/request", {"email": email}).status_code
    for _ in range(3):
        yield client.call("POST", "auth/code/confirm", {"code": "BBBB-BBBB"}).status_code


@pytest.mark.parametrize("doors", ["ssss", "sssrrrrs", "rrrssr", "rrcrcsccr", "cccscrs"])
def test_guesses_at_codes_of_a_known_address_are_refused_when_those_of_an_unknown_one_are(doors):
    ways = {"s": signed_up, "r": asked_for_a_reset, "c": asked_for_a_code}
    told = [
        [status for number, door in enumerate(doors) for status in ways[door](email, ip, number)]
        for email, ip in ((KNOWN, "192.0.2.1"), (UNKNOWN, "192.0.2.2"))
    ]
    assert told[0] == told[1]
    assert 429 in told[0]


def test_unlocking_a_user_lets_codes_be_guessed_again_too(django_user_model):
    told = [list(asked_for_a_reset(KNOWN, "192.0.2.1", 0)) for _ in range(4)]
    assert told[-1][-1] == 429
    unlock(django_user_model.objects.get(), now=utc_now())
    assert list(asked_for_a_reset(KNOWN, "192.0.2.1", 0))[1] == 400
