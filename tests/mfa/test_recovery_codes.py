"""Recovery codes: shown once, used once, kept so that nobody reads them."""

import json
from datetime import timedelta

import pytest
from allauth.mfa.models import Authenticator
from django.db import transaction

from keyturn.clock import stored, utc_now
from keyturn.mfa import recovery
from keyturn.mfa.codes import accept_code
from keyturn.mfa.enrolling import new_recovery_codes
from keyturn.mfa.factors import is_enrolled, methods_of
from keyturn.mfa.models import RecoveryCode
from keyturn.sessions.models import Session
from keyturn.signin.users import locked_user
from keyturn.trail.models import AuditEvent
from tests.accounts.engine import AuthClient, letters
from tests.mfa.seeds import codes_of_seed, new_seed

pytestmark = pytest.mark.django_db

CODES = "account/authenticators/recovery-codes"


def accepted(ada, code):
    with transaction.atomic():
        return accept_code(user=ada, code=code, now=utc_now())


@pytest.fixture
def codes(ada):
    """ada's recovery codes, beside an app."""
    Authenticator.objects.create(user=ada, type="totp", data={"secret": "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"})
    with transaction.atomic():
        return new_recovery_codes(user=locked_user(ada.pk), now=utc_now())


@pytest.fixture
def strong(ada, codes):
    """A client of ada's whose session has shown two factors."""
    client = AuthClient()
    client.log_in()
    assert client.call("POST", "auth/2fa/authenticate", {"code": codes[0]}).status_code == 200
    return client


def test_a_code_has_eighty_bits_and_no_letter_that_is_misread(codes):
    assert len(set(codes)) == 10
    for code in codes:
        assert len(code.replace("-", "")) == 16
        assert not set(code) & set("ILOU")


@pytest.mark.parametrize(
    "typed",
    [
        lambda code: code,
        lambda code: code.lower(),
        lambda code: code.replace("-", ""),
        lambda code: code.replace("-", " "),
        lambda code: f"  {code}\n",
        lambda code: code.replace("0", "O").replace("1", "l"),
    ],
    ids=["as shown", "in small letters", "in one piece", "in words", "with space around", "misread"],
)
def test_a_code_may_be_typed_as_people_do(ada, codes, typed):
    assert [accepted(ada, typed(code)) for code in codes] == ["recovery_codes"] * 10


def test_a_code_is_right_once(ada, codes):
    assert accepted(ada, codes[0]) == "recovery_codes"
    assert accepted(ada, codes[0]) is None
    assert recovery.left(ada.pk) == recovery.Left(total=10, unused=9)


def test_nothing_that_is_kept_is_a_code(ada, codes):
    kept = json.dumps([list(RecoveryCode.objects.values()), list(Authenticator.objects.values())], default=str)
    for code in codes:
        assert code not in kept
        assert code.replace("-", "") not in kept


def test_new_codes_make_the_old_ones_void(ada, codes, strong):
    answer = strong.call("POST", CODES)
    assert answer.status_code == 200
    data = answer.json()["data"]
    assert (data["total_code_count"], data["unused_code_count"], len(data["unused_codes"])) == (10, 10, 10)
    assert not set(data["unused_codes"]) & set(codes)
    assert letters("ada@example.com")[-1].subject == "New recovery codes were made"
    assert accepted(ada, codes[1]) is None
    assert accepted(ada, data["unused_codes"][0]) == "recovery_codes"
    assert AuditEvent.objects.filter(event="factor_added", reason="recovery_codes", details={"replaces": True}).exists()


def test_codes_are_counted_and_never_shown_again(ada, codes, strong):
    answer = strong.call("GET", CODES)
    assert answer.status_code == 200
    assert (answer.json()["data"]["total_code_count"], answer.json()["data"]["unused_code_count"]) == (10, 9)
    assert "unused_codes" not in answer.json()["data"]


def test_new_codes_are_made_only_by_who_has_shown_two_factors_lately(ada, codes, strong):
    Session.objects.update(auth_time=stored(utc_now() - timedelta(seconds=301)))
    answer = strong.call("POST", CODES)
    assert answer.status_code == 401
    assert answer.json()["reason"] == "reauthentication_required"
    assert accepted(ada, codes[1]) == "recovery_codes"


def test_there_are_no_codes_without_a_factor(ada):
    client = AuthClient()
    client.log_in()
    assert client.call("GET", CODES).status_code == 404
    answer = client.call("POST", CODES)
    assert answer.status_code == 400
    assert answer.json()["reason"] == "cannot_generate_recovery_codes"
    assert not RecoveryCode.objects.exists()


def test_recovery_codes_alone_are_no_factor(ada):
    Authenticator.objects.create(user=ada, type="recovery_codes", data={"migrated_codes": []})
    recovery.make(ada.pk, now=utc_now())
    assert not is_enrolled(ada)
    assert AuthClient().log_in().status_code == 200


def test_who_has_used_all_codes_is_not_offered_them(ada, codes):
    assert methods_of(ada) == ("totp", "recovery_codes")
    for code in codes:
        accepted(ada, code)
    assert methods_of(ada) == ("totp",)


def test_the_use_of_a_code_is_told_to_the_trail_and_to_its_owner(ada, codes):
    accepted(ada, codes[0])
    event = AuditEvent.objects.get(event="recovery_code_used")
    assert (event.user_id, event.details) == (str(ada.pk), {"unused": 9})
    letter = letters("ada@example.com")[-1]
    assert letter.subject == "A recovery code was used"
    assert "Codes that are left: 9." in letter.text
    assert not any(code in letter.text for code in codes)


@pytest.fixture
def seed(ada):
    """What django-allauth has stored of ada's codes."""
    found = new_seed()
    Authenticator.objects.create(user=ada, type="totp", data={"secret": "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"})
    Authenticator.objects.create(user=ada, type="recovery_codes", data={"seed": found, "used_mask": 0b101})
    return found


def test_codes_that_allauth_made_are_right_once_each_and_the_used_ones_not(ada, seed):
    theirs = codes_of_seed(seed)
    assert [accepted(ada, code) for code in theirs] == [None, "recovery_codes", None] + ["recovery_codes"] * 7
    assert [accepted(ada, code) for code in theirs] == [None] * 10


def test_a_seed_that_was_used_is_sealed(ada, seed):
    accepted(ada, codes_of_seed(seed)[1])
    row = Authenticator.objects.get(type="recovery_codes")
    assert row.data["seed"].startswith("v1.")
    assert row.data["used_mask"] == 0b111
    assert row.last_used_at is not None


def test_a_wrong_code_changes_nothing_of_a_seed(ada, seed):
    assert accepted(ada, "99999999") is None
    assert Authenticator.objects.get(type="recovery_codes").data == {"seed": seed, "used_mask": 0b101}


def test_codes_of_another_length_and_number_serve_as_the_project_made_them(ada, seed, settings):
    settings.MFA_RECOVERY_CODE_DIGITS, settings.MFA_RECOVERY_CODE_COUNT = 10, 12
    theirs = codes_of_seed(seed)
    assert (len(theirs), len(theirs[0])) == (12, 10)
    assert accepted(ada, theirs[11]) == "recovery_codes"


def test_codes_brought_along_from_elsewhere_are_right_once(ada):
    Authenticator.objects.create(user=ada, type="recovery_codes", data={"migrated_codes": ["abcd-1234", "efgh5678"]})
    assert accepted(ada, "abcd-1234") == "recovery_codes"
    assert accepted(ada, "abcd-1234") is None
    (kept,) = Authenticator.objects.get().data["migrated_codes"]
    assert kept.startswith("v1.")
    assert accepted(ada, "efgh5678") == "recovery_codes"
    assert Authenticator.objects.get().data["migrated_codes"] == []


def test_the_codes_of_a_seed_are_counted_without_opening_it(ada, seed):
    client = AuthClient()
    client.log_in()
    client.call("POST", "auth/2fa/authenticate", {"code": codes_of_seed(seed)[5]})
    data = client.call("GET", CODES).json()["data"]
    assert (data["total_code_count"], data["unused_code_count"]) == (10, 7)
    assert "unused_codes" not in data


def test_new_codes_make_those_of_a_seed_void(ada, seed):
    with transaction.atomic():
        codes = new_recovery_codes(user=locked_user(ada.pk), now=utc_now())
    assert accepted(ada, codes_of_seed(seed)[1]) is None
    assert seed not in json.dumps(list(Authenticator.objects.values_list("data", flat=True)))
    assert accepted(ada, codes[0]) == "recovery_codes"
