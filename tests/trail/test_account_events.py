"""What is done to an account through /auth/ and /me/ is recorded, with who, where and in which session."""

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.signals import authentication_failed as factor_failed
from allauth.mfa.signals import authenticator_added, authenticator_removed, authenticator_reset

from keyturn.trail.models import AuditEvent
from tests.accounts.engine import NEW_PASSWORD, PASSWORD, AuthClient, claims, last_letter

pytestmark = pytest.mark.django_db(transaction=True)

EMAIL = "new@example.com"


@pytest.fixture
def newcomer(db):
    """A client that has signed up and verified its address."""
    return AuthClient().signed_up(EMAIL)


@pytest.fixture
def since(newcomer):
    """The events since the sign-up, as ``(event, reason)``."""
    first = AuditEvent.objects.order_by("-id")[0].pk

    def events():
        return [(event.event, event.reason) for event in AuditEvent.objects.filter(id__gt=first).order_by("id")]

    return events


def test_a_sign_up_with_its_verification_and_first_login(db):
    AuthClient(ip="198.51.100.7").signed_up(EMAIL)

    events = list(AuditEvent.objects.order_by("id"))
    assert [event.event for event in events] == ["sign_up", "email_verified", "login"]
    assert {(event.user_id, event.ip) for event in events} == {(events[0].user_id, "198.51.100.7")}


def test_a_sign_up_for_a_taken_address_makes_no_account_and_no_event(newcomer, since):
    AuthClient().sign_up(EMAIL)

    assert since() == []


def test_wrong_codes(db):
    client = AuthClient()
    client.sign_up(EMAIL)
    client.verify("AAAA-AAAA")

    event = AuditEvent.objects.get(event="code_rejected")
    assert (event.reason, event.details) == ("email_verification", {"last_attempt": False})


def test_a_reset_by_code(newcomer, since):
    client = AuthClient()
    client.call("POST", "auth/password/request", {"email": EMAIL})
    client.call("POST", "auth/password/reset", {"key": "AAAA-AAAA", "password": NEW_PASSWORD})
    client.call("POST", "auth/password/reset", {"key": last_letter(EMAIL).code, "password": NEW_PASSWORD})

    assert since() == [
        ("password_reset_requested", ""),
        ("code_rejected", "password_reset"),
        ("password_changed", ""),
        ("session_revoked", "password_changed"),
        ("password_reset", ""),
        ("login", ""),
    ]


def test_a_request_to_reset_the_password_of_nobody_is_nobodys_and_keeps_no_address(newcomer, since):
    AuthClient().call("POST", "auth/password/request", {"email": "nobody@example.com"})

    assert since() == [("password_reset_requested", "")]
    event = AuditEvent.objects.get(event="password_reset_requested")
    assert event.user_id == ""
    assert "nobody" not in str(event.__dict__)


def test_reauthentication_right_and_wrong_names_the_session(newcomer, since):
    newcomer.call("POST", "auth/reauthenticate", {"password": "wrong"})
    newcomer.call("POST", "auth/reauthenticate", {"password": PASSWORD})

    assert since() == [("reauthentication_failed", ""), ("reauthenticated", "password")]
    for event in AuditEvent.objects.filter(event__startswith="reauth"):
        assert str(event.session_id) == claims(newcomer.access)["sid"]


def test_a_change_of_the_address(newcomer, since):
    newcomer.call("POST", "auth/reauthenticate", {"password": PASSWORD})
    newcomer.call("POST", "account/email", {"email": "other@example.com"})
    newcomer.verify(last_letter("other@example.com").code)

    assert [event for event, _ in since()][1:] == ["email_added", "email_verified", "email_changed"]
    # Neither address is kept: whoever reads this later shall not learn what somebody left behind.
    assert "example.com" not in str([event.__dict__ for event in AuditEvent.objects.all()])


def test_a_change_of_the_password(newcomer, since):
    newcomer.call("POST", "account/password/change", {"current_password": PASSWORD, "new_password": NEW_PASSWORD})

    events = since()
    assert events[-3:] == [("password_changed", ""), ("session_revoked", "password_changed"), ("login", "")]
    assert len([event for event, _ in events if event == "password_changed"]) == 1


def test_a_changed_profile_a_copy_of_the_data_and_the_deletion(ada, caller, trail):
    access = caller.log_in().access
    caller.call("PATCH", "/me/", {"first_name": "Augusta"}, access=access)
    b"".join(caller.call("GET", "/me/export/", access=access).streaming_content)
    assert caller.call("DELETE", "/me/", {"password": PASSWORD}, access=access).status_code == 204

    assert [event for event, _ in trail()] == [
        "login",
        "profile_changed",
        "data_exported",
        "session_revoked",
        "account_deleted",
    ]
    assert "Augusta" not in str([event.__dict__ for event in AuditEvent.objects.all()])


def test_an_account_deleted_by_its_user_is_told_once_where_the_project_deletes_it_itself(ada, caller, trail, settings):
    settings.KEYTURN = {"ACCOUNT_DELETION": lambda user: user.delete()}
    caller.call("DELETE", "/me/", {"password": PASSWORD}, access=caller.log_in().access)

    assert [event for event, _ in trail()].count("account_deleted") == 1


def test_factors_that_come_and_go(ada, trail):
    factor = Authenticator(user=ada, type=Authenticator.Type.TOTP, data={"secret": "canary"})
    for signal in (authenticator_added, authenticator_reset, authenticator_removed):
        signal.send(sender=Authenticator, request=None, user=ada, authenticator=factor)
    for again in (False, True):
        factor_failed.send(sender=Authenticator, request=None, user=ada, authenticator=factor, reauthentication=again)

    assert trail(ada) == [
        ("factor_added", "totp"),
        ("factor_added", "totp"),
        ("factor_removed", "totp"),
        ("code_rejected", "totp"),
        ("reauthentication_failed", "totp"),
    ]
    assert "canary" not in str([event.__dict__ for event in AuditEvent.objects.all()])
