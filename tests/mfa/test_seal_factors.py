"""``seal_factors``: all secrets of factors under the newest secret, whether or not anybody signs in."""

import io

import pytest
from allauth.mfa.models import Authenticator
from django.core.management import CommandError, call_command
from django.db import transaction

from keyturn.clock import utc_now
from keyturn.mfa import totp
from keyturn.mfa.codes import accept_code
from keyturn.mfa.sealing import seal_secret
from tests.mfa.seeds import codes_of_seed, new_seed

pytestmark = pytest.mark.django_db

SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"


def sealed(*options):
    out = io.StringIO()
    call_command("seal_factors", *options, stdout=out)
    return out.getvalue()


def accepted(user, code):
    with transaction.atomic():
        return accept_code(user=user, code=code, now=utc_now())


@pytest.fixture
def users(django_user_model):
    """Five users: apps and codes that are plain, as django-allauth and other packages have stored them."""
    found = [django_user_model.objects.create_user(f"user{number}") for number in range(5)]
    for user in found:
        Authenticator.objects.create(user=user, type="totp", data={"secret": SECRET})
    Authenticator.objects.create(user=found[0], type="recovery_codes", data={"seed": new_seed(), "used_mask": 1})
    Authenticator.objects.create(user=found[1], type="recovery_codes", data={"migrated_codes": ["one1", "two2"]})
    Authenticator.objects.create(user=found[2], type="recovery_codes", data={"migrated_codes": []})
    Authenticator.objects.create(user=found[3], type="webauthn", data={"name": "a key", "credential": {}})
    return found


def test_what_is_plain_is_sealed_and_goes_on_to_serve(users):
    seed = Authenticator.objects.get(type="recovery_codes", user=users[0]).data["seed"]
    assert sealed("--batch-size", "3") == "Sealed 7 of 8 factors anew.\n"
    kept = str(list(Authenticator.objects.values_list("data", flat=True)))
    assert SECRET not in kept
    assert seed not in kept
    assert "two2" not in kept
    assert {accepted(user, totp.code_at(SECRET, totp.step_at(utc_now()))) for user in users} == {"totp"}
    assert accepted(users[0], codes_of_seed(seed)[0]) is None
    assert accepted(users[0], codes_of_seed(seed)[1]) == "recovery_codes"
    assert accepted(users[1], "two2") == "recovery_codes"
    assert sealed() == "Sealed 0 of 8 factors anew.\n"


def test_the_secret_before_may_go_once_all_is_sealed_under_the_next(users, settings):
    sealed()
    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = "another secret altogether", [settings.SECRET_KEY]
    assert sealed() == "Sealed 7 of 8 factors anew.\n"
    settings.SECRET_KEY_FALLBACKS = []
    assert accepted(users[4], totp.code_at(SECRET, totp.step_at(utc_now()))) == "totp"


def test_what_cannot_be_opened_is_left_as_it_is_and_told(users, settings):
    lost = Authenticator.objects.get(type="totp", user=users[1])
    here = settings.SECRET_KEY
    settings.SECRET_KEY = "a secret that is lost"
    Authenticator.objects.filter(pk=lost.pk).update(
        data={"secret": seal_secret(SECRET, user_pk=users[1].pk, kind="totp")}
    )
    settings.SECRET_KEY = here
    before = Authenticator.objects.get(pk=lost.pk).data
    out = io.StringIO()
    with pytest.raises(CommandError, match=r"^1 factors were sealed under a secret"):
        call_command("seal_factors", stdout=out)
    assert out.getvalue() == "Sealed 6 of 8 factors anew.\n"
    assert Authenticator.objects.get(pk=lost.pk).data == before


@pytest.mark.parametrize("data", [[], "text", 3, {}, {"secret": None}, {"seed": 4}, {"migrated_codes": [None]}])
def test_a_row_of_another_shape_is_left_as_it_is(users, data):
    Authenticator.objects.update(data=data)
    assert sealed() == "Sealed 0 of 8 factors anew.\n"
    assert {repr(found) for found in Authenticator.objects.values_list("data", flat=True)} == {repr(data)}


def test_a_batch_has_one_row_at_least(db):
    with pytest.raises(CommandError, match="1 or more"):
        sealed("--batch-size", "0")


def test_where_there_are_no_factors_nothing_is_done(db):
    assert sealed() == "Sealed 0 of 0 factors anew.\n"
