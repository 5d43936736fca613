"""Factors in the admin, on django-allauth's own pages, in the copy of one's data, and in projects without any."""

import json

import pytest
from allauth.mfa.models import Authenticator
from django.apps import apps
from django.core.management import call_command
from django.db import transaction
from django.test import Client

from keyturn.accounts.profile_export import export_of
from keyturn.clock import utc_now
from keyturn.mfa import recovery, totp
from keyturn.mfa.codes import accept_code
from keyturn.mfa.enrolling import enrol_totp
from keyturn.mfa.factors import is_enrolled, methods_of
from keyturn.mfa.forms import AuthenticateForm, ReauthenticateForm
from keyturn.mfa.models import FactorState, RecoveryCode
from keyturn.signin.users import locked_user
from keyturn.trail.models import AuditEvent
from tests.accounts.engine import PASSWORD, AuthClient, letters
from tests.admin.conftest import allow

pytestmark = pytest.mark.django_db

FACTORS = "/admin/mfa/authenticator/"


@pytest.fixture
def secret(ada):
    """The secret of ada's app, beside which there are recovery codes."""
    found = totp.new_secret()
    with transaction.atomic():
        enrol_totp(user=locked_user(ada.pk), secrets=[found], code=code_of(found), now=utc_now())
    return found


def code_of(secret, *, later=0):
    return totp.code_at(secret, totp.step_at(utc_now()) + later)


@pytest.fixture
def browser(django_user_model):
    """An administrator's."""
    found = Client()
    found.force_login(django_user_model.objects.create_superuser("root", "root@example.com", PASSWORD))
    return found


@pytest.mark.parametrize("way", ["from the list", "from its page"])
def test_an_administrator_removes_a_factor_as_its_owner_would(ada, secret, browser, way):
    factor = Authenticator.objects.get(type="totp")
    if way == "from the list":
        data = {"action": "delete_selected", "_selected_action": [factor.pk], "post": "yes"}
        assert browser.post(FACTORS, data).status_code == 302
    else:
        assert browser.post(f"{FACTORS}{factor.pk}/delete/", {"post": "yes"}).status_code == 302
    assert not Authenticator.objects.filter(user=ada).exists()
    assert not RecoveryCode.objects.exists()
    assert not FactorState.objects.exists()
    removed = AuditEvent.objects.filter(event="factor_removed", user_id=str(ada.pk))
    assert [event.reason for event in removed.order_by("id")] == ["totp", "recovery_codes"]
    assert letters("ada@example.com")[-1].subject == "An authenticator app was removed"
    assert AuthClient().log_in().status_code == 200


def test_an_administrator_may_remove_the_factor_of_who_must_have_one(ada, secret, browser, settings):
    settings.KEYTURN = {"FACTOR_REQUIRED_OF": "everybody"}
    factor = Authenticator.objects.get(type="totp")
    browser.post(f"{FACTORS}{factor.pk}/delete/", {"post": "yes"})
    assert AuthClient().log_in().json()["reason"] == "factor_setup_required"


@pytest.mark.parametrize("way", ["from the list", "from its page"])
def test_nobody_removes_the_factor_of_who_may_do_more(django_user_model, secret, way):
    chief = django_user_model.objects.create_superuser("chief", "chief@example.com", PASSWORD)
    factor = Authenticator.objects.create(user=chief, type="totp", data={"secret": totp.new_secret()})
    helper = django_user_model.objects.create_user("helper", "helper@example.com", PASSWORD, is_staff=True)
    allow(helper, "mfa.view_authenticator", "mfa.delete_authenticator")
    own = Client()
    own.force_login(helper)
    if way == "from the list":
        chosen = list(Authenticator.objects.values_list("pk", flat=True))
        own.post(FACTORS, {"action": "delete_selected", "_selected_action": chosen, "post": "yes"})
    else:
        assert own.post(f"{FACTORS}{factor.pk}/delete/", {"post": "yes"}).status_code == 403
    assert Authenticator.objects.filter(pk=factor.pk).exists()
    assert not AuditEvent.objects.filter(event="factor_removed", user_id=str(chief.pk)).exists()


def test_a_row_that_a_projects_code_deletes_takes_along_what_was_kept_of_it(ada, secret):
    Authenticator.objects.all().delete()
    assert not FactorState.objects.exists()
    assert not RecoveryCode.objects.exists()


def test_what_is_left_of_a_row_deleted_by_hand_is_pruned(ada, secret, capsys):
    factor = Authenticator.objects.get(type="totp")
    FactorState.objects.bulk_create(FactorState(factor_id=factor.pk + 100 + number) for number in range(5))
    call_command("prune_sessions", "--batch-size", "2")
    assert "Removed 5 states of factors that are gone." in capsys.readouterr().out
    assert FactorState.objects.get().factor_id == factor.pk


def test_a_user_who_is_deleted_takes_all_factors_along(ada, secret):
    ada.delete()
    assert not Authenticator.objects.exists()
    assert not FactorState.objects.exists()
    assert not RecoveryCode.objects.exists()


def _form(ada, code):
    return AuthenticateForm(data={"code": code}, user=ada)


def test_on_allauths_own_pages_a_code_counts_once_with_all_other_doors(ada, secret):
    form = _form(ada, code_of(secret, later=1))
    assert form.is_valid(), form.errors
    assert form.authenticator.type == "totp"
    assert not _form(ada, code_of(secret, later=1)).is_valid()
    client = AuthClient()
    client.log_in()
    assert client.call("POST", "auth/2fa/authenticate", {"code": code_of(secret, later=1)}).status_code == 400


def test_on_allauths_own_pages_guesses_are_counted(ada, secret, settings):
    settings.KEYTURN = {"LIMITS": {"code_account": "3/10m", "code_pair": "3/10m", "code_address": "3/10m"}}
    from keyturn.trail.calling import Caller, calling

    with calling(Caller(ip="192.0.2.7", user_agent="")):
        codes = [_form(ada, "000000").errors.as_data()["code"][0].code for _ in range(4)]
        assert codes == ["incorrect_code"] * 3 + ["too_many_attempts"]
        assert not _form(ada, code_of(secret, later=1)).is_valid()


def test_allauths_own_pages_have_these_forms():
    from allauth.mfa import app_settings
    from allauth.utils import get_form_class

    assert get_form_class(app_settings.FORMS, "authenticate", None) is AuthenticateForm
    assert get_form_class(app_settings.FORMS, "reauthenticate", None) is ReauthenticateForm


def test_the_copy_of_ones_data_tells_of_factors_and_holds_none_of_their_secrets(ada, secret):
    text = "".join(export_of(ada, now=utc_now()))
    factors = json.loads(text)["sign_in_factors"]
    assert [factor["type"] for factor in factors] == ["totp", "recovery_codes"]
    assert (factors[1]["codes"], factors[1]["codes_left"]) == (10, 10)
    row = Authenticator.objects.get(type="totp")
    assert secret not in text
    assert row.data["secret"] not in text
    assert not any(hash_ in text for hash_ in RecoveryCode.objects.values_list("hash", flat=True))


def test_without_allauths_app_nobody_has_a_factor(ada, secret, monkeypatch):
    real = apps.is_installed
    monkeypatch.setattr(apps, "is_installed", lambda name: name != "allauth.mfa" and real(name))
    codes = recovery.make(ada.pk, now=utc_now())
    assert methods_of(ada) == ()
    assert not is_enrolled(ada)
    assert accept_code(user=ada, code=codes[0], now=utc_now()) is None


def test_without_allauths_flows_the_owner_is_told_all_the_same(ada, secret, monkeypatch):
    real = apps.is_installed
    monkeypatch.setattr(apps, "is_installed", lambda name: name != "allauth.headless" and real(name))
    codes = recovery.make(ada.pk, now=utc_now())
    assert accept_code(user=ada, code=codes[0], now=utc_now()) == "recovery_codes"
    assert letters("ada@example.com")[-1].subject == "A recovery code was used"


def test_who_wants_no_notices_gets_none(ada, secret, settings):
    settings.ACCOUNT_EMAIL_NOTIFICATIONS = False
    before = len(letters())
    codes = recovery.make(ada.pk, now=utc_now())
    assert accept_code(user=ada, code=codes[0], now=utc_now()) == "recovery_codes"
    assert len(letters()) == before
