"""One place looks at codes: they count once, and only now."""

import base64
from datetime import UTC, datetime, timedelta

import pytest
from allauth.mfa.models import Authenticator
from django.db import transaction

from keyturn.mfa import recovery, totp
from keyturn.mfa.codes import accept_code
from keyturn.mfa.models import FactorState

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 11, 22, 12, 0, 10, tzinfo=UTC)
STEP = timedelta(seconds=30)
SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"


@pytest.fixture
def app(ada):
    """ada's authenticator app, as a project that never had Keyturn has stored it."""
    return Authenticator.objects.create(user=ada, type="totp", data={"secret": SECRET})


def shown(moment):
    """What the app shows at a moment."""
    return totp.code_at(SECRET, totp.step_at(moment))


def accepted(ada, code, *, now=NOW):
    with transaction.atomic():
        return accept_code(user=ada, code=code, now=now)


@pytest.mark.parametrize(
    ("seconds", "code"),
    [
        (59, "94287082"),
        (1111111109, "07081804"),
        (1111111111, "14050471"),
        (1234567890, "89005924"),
        (2000000000, "69279037"),
        (20000000000, "65353130"),
    ],
)
def test_codes_are_those_of_rfc_6238_appendix_b(settings, seconds, code):
    settings.MFA_TOTP_DIGITS = 8
    secret = base64.b32encode(b"12345678901234567890").decode()
    assert totp.code_at(secret, totp.step_at(datetime.fromtimestamp(seconds, tz=UTC))) == code


def test_a_code_of_the_app_is_right_once(ada, app):
    assert accepted(ada, shown(NOW)) == "totp"
    assert accepted(ada, shown(NOW)) is None


@pytest.mark.parametrize("away", [-1, 0, 1])
def test_a_code_of_the_step_before_or_after_is_right(ada, app, away):
    assert accepted(ada, shown(NOW + away * STEP)) == "totp"


@pytest.mark.parametrize("away", [-2, 2])
def test_a_code_of_two_steps_away_is_wrong(ada, app, away):
    assert accepted(ada, shown(NOW + away * STEP)) is None
    assert not FactorState.objects.filter(counter__gte=0).exists()


def test_a_code_of_the_past_window_is_wrong_the_second_time_however_long_it_lasts(ada, app):
    code = shown(NOW)
    assert accepted(ada, code) == "totp"
    for later in range(0, 60, 5):
        assert accepted(ada, code, now=NOW + timedelta(seconds=later)) is None


def test_a_code_older_than_one_that_was_accepted_is_wrong(ada, app):
    assert accepted(ada, shown(NOW)) == "totp"
    assert accepted(ada, shown(NOW - STEP)) is None
    assert accepted(ada, shown(NOW + STEP)) == "totp"


def test_the_use_of_an_app_is_noted_at_its_time(ada, app):
    accepted(ada, shown(NOW))
    app.refresh_from_db()
    assert app.last_used_at == NOW


@pytest.mark.parametrize("typed", ["{0} {1}", " {0}{1} ", "{0}-{1}", "{0}\t{1}"])
def test_spaces_and_hyphens_do_not_count(ada, app, typed):
    code = shown(NOW)
    assert accepted(ada, typed.format(code[:3], code[3:])) == "totp"


@pytest.mark.parametrize(
    "code",
    [
        "",
        " ",
        "-",
        "000000",
        "12345",
        "1234567",
        "abcdef",
        "\u0967\u0968\u0969\u096a\u096b\u096c",
        "\uff11\uff12\uff13\uff14\uff15\uff16",
        "\ud800\udc00",
        "a\0b",
        "x" * 65,
        "1" * 1_000_000,
        "'; --",
        "AAAA-AAAA-AAAA-AAAA",
    ],
)
def test_what_is_no_code_is_wrong_and_changes_nothing(ada, app, code):
    recovery.make(ada.pk, now=NOW)
    assert shown(NOW) != "000000"
    assert accepted(ada, code) is None
    assert not FactorState.objects.exists()
    assert recovery.left(ada.pk).unused == 10


def test_another_users_code_is_wrong(ada, app, django_user_model):
    bob = django_user_model.objects.create_user("bob", "bob@example.com", "a long enough sentence")
    Authenticator.objects.create(user=bob, type="totp", data={"secret": totp.new_secret()})
    codes = recovery.make(bob.pk, now=NOW)
    assert accepted(bob, shown(NOW)) is None
    assert accepted(ada, codes[0]) is None
    assert accepted(bob, codes[0]) == "recovery_codes"


def test_who_has_no_factor_has_no_right_code(ada):
    assert accepted(ada, "123456") is None
    assert accepted(ada, "AAAA-AAAA-AAAA-AAAA") is None
