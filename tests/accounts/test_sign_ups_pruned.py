"""``prune_sign_ups``: what nobody confirmed goes, if a setting or an option says so, and nothing else ever does."""

import io
from datetime import timedelta

import pytest
from allauth.account.models import EmailAddress
from django.contrib.auth.models import Group, Permission
from django.core.management import CommandError, call_command

from keyturn.accounts import signups_pruning
from keyturn.clock import stored, utc_now
from keyturn.signin.models import AccountState
from keyturn.signin.users import locked_user
from keyturn.trail.models import AuditEvent
from tests.accounts.engine import AuthClient, last_letter

pytestmark = pytest.mark.django_db


@pytest.fixture
def waiting(django_user_model):
    """An account that was signed up for ten days ago and never confirmed."""
    AuthClient().sign_up("new@example.com")
    AccountState.objects.update(signed_up_at=stored(utc_now() - timedelta(days=10)))
    return django_user_model.objects.get(email="new@example.com")


def prune(*options):
    out = io.StringIO()
    call_command("prune_sign_ups", *options, stdout=out)
    return out.getvalue().strip()


def is_there(user):
    return type(user).objects.filter(pk=user.pk).exists()


def test_without_a_setting_and_without_an_option_every_account_stays(waiting):
    assert prune() == "KEYTURN['SIGN_UP_RETENTION'] is None: every account stays."
    assert is_there(waiting)


def test_the_setting_says_after_how_long_they_go(settings, waiting):
    settings.KEYTURN = {"SIGN_UP_RETENTION": timedelta(days=11)}
    assert prune() == "Removed 0 of 0 accounts that were never confirmed."
    settings.KEYTURN = {"SIGN_UP_RETENTION": timedelta(days=9)}
    assert prune() == "Removed 1 of 1 accounts that were never confirmed."
    assert not is_there(waiting)
    assert not EmailAddress.objects.exists()
    assert AuditEvent.objects.filter(event="account_deleted", user_id=str(waiting.pk)).exists()


def test_whoever_signs_up_afterwards_has_the_name_and_the_address_again(waiting):
    name = waiting.get_username()
    prune("--older-than=1")
    client = AuthClient()
    answer = client.sign_up("new@example.com", username=name)
    assert answer.status_code == 401, answer.content
    assert client.verify(last_letter("new@example.com").code).status_code == 200


def confirmed(user):
    AccountState.objects.update(verified_at=stored(utc_now()))


def address_confirmed(user):
    EmailAddress.objects.filter(user=user).update(verified=True)


def made_by_an_administrator(user):
    AccountState.objects.update(signed_up_at=None)


def without_a_state(user):
    AccountState.objects.all().delete()


def deactivated(user):
    type(user).objects.update(is_active=False)


def has_logged_in(user):
    type(user).objects.update(last_login=stored(utc_now()))


def has_logged_in_by_the_trail(user):
    AuditEvent.objects.create(event="login", user_id=str(user.pk), at=stored(utc_now()), details={})


def staff(user):
    type(user).objects.update(is_staff=True)


def in_a_group(user):
    user.groups.add(Group.objects.create(name="readers"))


def permitted(user):
    user.user_permissions.add(Permission.objects.all()[0])


def recent(user):
    AccountState.objects.update(signed_up_at=stored(utc_now() - timedelta(hours=23)))


@pytest.mark.parametrize(
    "become",
    [
        confirmed,
        address_confirmed,
        made_by_an_administrator,
        without_a_state,
        deactivated,
        has_logged_in,
        has_logged_in_by_the_trail,
        staff,
        in_a_group,
        permitted,
        recent,
    ],
    ids=lambda become: become.__name__,
)
def test_an_account_that_is_somebodys_stays(waiting, become):
    become(waiting)
    assert prune("--older-than=1").startswith("Removed 0 of ")
    assert is_there(waiting)


def test_a_session_keeps_an_account(waiting):
    from keyturn.sessions.client import Client
    from keyturn.tokens.issuing import issue_pair

    issue_pair(user=waiting, now=utc_now(), client=Client())
    assert prune("--older-than=1") == "Removed 0 of 1 accounts that were never confirmed."


@pytest.mark.parametrize("method", ["optional", "none"])
def test_where_no_address_must_be_confirmed_nothing_is_removed(settings, waiting, method):
    settings.ACCOUNT_EMAIL_VERIFICATION = method
    assert prune("--older-than=1") == "An address need not be confirmed in this project: every account stays."
    assert is_there(waiting)
    (total,) = signups_pruning.prune_sign_ups(now=utc_now(), retention=timedelta(days=1))
    assert total.removed == 0


def test_a_confirmation_that_came_meanwhile_wins(waiting, monkeypatch):
    def confirmed_first(user_pk):
        confirmed(waiting)
        return locked_user(user_pk)

    monkeypatch.setattr(signups_pruning, "locked_user", confirmed_first)
    assert prune("--older-than=1") == "Removed 0 of 1 accounts that were never confirmed."
    assert is_there(waiting)


def test_many_go_in_batches(django_user_model):
    for number in range(7):
        AuthClient().sign_up(f"new{number}@example.com")
    AccountState.objects.update(signed_up_at=stored(utc_now() - timedelta(days=10)))
    assert prune("--older-than=1", "--batch-size=3", "-v2").splitlines() == [
        "3 accounts examined, 3 removed",
        "6 accounts examined, 6 removed",
        "7 accounts examined, 7 removed",
        "Removed 7 of 7 accounts that were never confirmed.",
    ]
    assert not django_user_model.objects.exists()


@pytest.mark.parametrize("options", [["--older-than=-1"], ["--batch-size=0"]])
def test_options_out_of_bounds_are_refused(options):
    with pytest.raises(CommandError):
        prune(*options)
