"""The row of a session whose user proves who they are: what is stored, and by how many at once."""

from datetime import timedelta
from functools import partial
from typing import Any

import pytest

from keyturn.clock import utc_now
from keyturn.errors import Reason, RefusedError
from keyturn.sessions.assurance import Method, Proof
from keyturn.sessions.client import Client
from keyturn.sessions.models import Session
from keyturn.sessions.revocation import RevokeReason, revoke_sessions
from keyturn.sessions.stepping_up import Standing, raise_standing, standing_of
from keyturn.tokens.issuing import issue_pair
from tests.accounts.racing import at_once

pytestmark = [pytest.mark.django_db(transaction=True)]

AN_HOUR = timedelta(hours=1)
PASSWORD, TOTP, KEY = Proof(Method.PASSWORD), Proof(Method.TOTP), Proof(Method.WEBAUTHN)


@pytest.fixture
def session(user) -> Session:
    """Of an hour ago."""
    pair = issue_pair(user=user, now=utc_now() - AN_HOUR, client=Client())
    assert pair.session_id is not None
    return Session.objects.get(pk=pair.session_id)


def everything_else(session: Session) -> dict[str, Any]:
    row = Session.objects.filter(pk=session.pk).values().get()
    return {name: value for name, value in row.items() if name not in {"amr", "auth_time"}}


def test_it_changes_two_columns_and_no_other(user, session):
    before, now = everything_else(session), utc_now()

    found = raise_standing(session.pk, user_pk=user.pk, proof=TOTP, now=now)

    assert (found.amr, found.auth_time) == ("pwd otp mfa", now)
    assert standing_of(session.pk, user_pk=user.pk) == Standing(now, "pwd otp mfa")
    assert everything_else(session) == before


def test_of_proofs_given_at_one_moment_each_counts(user, session):
    proofs = [PASSWORD, TOTP, KEY] * 4
    at_once([partial(raise_standing, session.pk, user_pk=user.pk, proof=one, now=utc_now()) for one in (TOTP, KEY)])
    assert set(Session.objects.get().amr.split()) == {"pwd", "otp", "hwk", "mfa"}
    results = at_once(
        [partial(raise_standing, session.pk, user_pk=user.pk, proof=one, now=utc_now()) for one in proofs]
    )
    assert all(isinstance(one, Session) for one in results), results


def test_a_later_proof_is_not_undone_by_an_earlier_one(user, session):
    now = utc_now()
    raise_standing(session.pk, user_pk=user.pk, proof=TOTP, now=now)
    raise_standing(session.pk, user_pk=user.pk, proof=KEY, now=now - AN_HOUR)
    assert standing_of(session.pk, user_pk=user.pk) == Standing(now, "pwd otp hwk mfa")


def test_a_session_that_is_over_or_anothers_is_not_raised(user, session, django_user_model):
    eve = django_user_model.objects.create_user("eve")
    with pytest.raises(RefusedError) as caught:
        raise_standing(session.pk, user_pk=eve.pk, proof=PASSWORD, now=utc_now())
    assert caught.value.reason is Reason.SESSION_REVOKED
    assert standing_of(session.pk, user_pk=eve.pk) is None
    revoke_sessions([session.pk], reason=RevokeReason.LOGOUT, now=utc_now())
    with pytest.raises(RefusedError):
        raise_standing(session.pk, user_pk=user.pk, proof=PASSWORD, now=utc_now())
    assert standing_of(session.pk, user_pk=user.pk) is None
    assert Session.objects.get().amr == "pwd"


@pytest.mark.parametrize(
    ("amr", "max_age", "acr", "met"),
    [
        ("pwd", None, None, True),
        ("pwd", timedelta(minutes=5), None, True),
        ("pwd", timedelta(minutes=4), None, False),
        ("pwd", None, "1fa", True),
        ("pwd", None, "2fa", False),
        ("swk user mfa", timedelta(minutes=5), "2fa", True),
        ("swk user mfa", None, "1fa", True),
        ("pwd otp mfa", timedelta(minutes=4), "2fa", False),
        ("impersonation", None, None, False),
        ("", None, None, False),
    ],
)
def test_what_a_session_has_to_show_is_held_against_what_is_asked_for(amr, max_age, acr, met):
    now = utc_now()
    shown = Standing(now - timedelta(minutes=5), amr)
    assert shown.meets(max_age=max_age, acr=acr, now=now) is met
