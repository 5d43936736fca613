"""Whatever the user model: an administrator ends sessions, demands a new password, and acts as a user."""

from typing import Any

import pytest
from django.contrib.auth import get_user_model

from keyturn.accounts.administering import end_sessions, lift_reset, require_reset
from keyturn.clock import utc_now
from keyturn.signin.models import AccountState
from keyturn.signin.unlocking import unlock
from keyturn.tokens.impersonating import WhyNot, impersonate, why_not
from keyturn.trail.models import AuditEvent
from tests.compat.other_settings.user_models.test_user_models import log_in, new_user
from tests.contract.caller import assert_refused, claims

User: Any = get_user_model()


class Administrator:
    """Stands before a user of the model, and may do everything."""

    def __init__(self, user: Any, *granted: str) -> None:
        self.user, self.granted = user, granted

    def __getattr__(self, name: str) -> Any:
        return getattr(self.user, name)

    def has_perm(self, name: str) -> bool:
        """As ``PermissionsMixin`` has it."""
        return name in self.granted


@pytest.fixture
def ada(db: None) -> Any:
    """A user of the project's own model."""
    return new_user("ada@example.com")


@pytest.fixture
def staff(db: None) -> Administrator:
    """Who may act as others."""
    return Administrator(new_user("staff@example.com"), "keyturn.impersonate_user")


def test_sessions_are_ended(ada, caller):
    tokens = log_in(caller)

    assert end_sessions(ada.pk, now=utc_now()) == 1

    assert_refused(caller.home(tokens.access), "session_revoked")


def test_a_required_reset_stands_until_there_is_a_new_password(ada, caller):
    assert require_reset(ada.pk, now=utc_now())

    name = {User.USERNAME_FIELD: "ada@example.com"}
    refused = caller.call("POST", "/token/", {**name, "password": "correct horse battery staple"})
    assert_refused(refused, "password_reset_required", code="password_reset_required")

    ada.set_password("a quite different passphrase")
    ada.save()
    assert AccountState.objects.get(pk=ada.pk).reset_required_at is None
    log_in(caller, password="a quite different passphrase")
    assert not lift_reset(ada.pk, now=utc_now())


def test_a_user_is_unlocked(ada):
    unlock(ada, now=utc_now())

    assert AuditEvent.objects.get(event="unlocked").user_id == str(ada.pk)


def test_an_administrator_acts_as_a_user(ada, staff, caller):
    given = impersonate(actor=staff, user=ada, reason="ticket 4711", now=utc_now())

    assert caller.home(given.access).json() == {"message": "Welcome, ada@example.com."}
    assert (claims(given.access)["sub"], claims(given.access)["act"]) == (str(ada.pk), {"sub": str(staff.pk)})


def test_without_the_permission_nobody_does(ada, staff):
    stranger = new_user("eve@example.com")

    assert why_not(actor=stranger, user=ada) is WhyNot.NO_PERMISSION
    assert why_not(actor=Administrator(stranger), user=ada) is WhyNot.NO_PERMISSION
    assert why_not(actor=staff, user=staff) is WhyNot.SAME_USER


def test_nobody_acts_as_somebody_inactive(ada, staff):
    ada.is_active = False
    ada.save()

    assert why_not(actor=staff, user=ada) is WhyNot.INACTIVE
