"""One OutstandingToken a session, never a raw token; a BlacklistedToken ends it; an ended session has one."""

import pytest
from django.db import connection
from rest_framework_simplejwt.token_blacklist.models import BlacklistedToken, OutstandingToken

from keyturn.errors import Reason
from keyturn.sessions.models import Session
from keyturn.sessions.outcome import Refused, Reused, Rotated
from keyturn.sessions.revocation import revoke_sessions, revoke_user_sessions
from tests.engine.acting import FIREFOX, NOW, examined, later, placed, present, row
from tests.engine.conftest import Boom
from tests.engine.hashers import BETTER_FIRST
from tests.engine.overlap import REPEATABLE_READ, elsewhere, just_before, while_uncommitted
from tests.engine.tokens import claims_of, login, refresh_pair
from tests.engine.with_blacklist.listed import blacklist, is_blacklisted, listed, outstanding

pytestmark = pytest.mark.django_db(transaction=True)


def fail():
    raise Boom


def test_a_session_has_one_row_that_holds_its_id_and_no_token(user):
    session = listed(user)
    found = OutstandingToken.objects.get()
    assert (found.jti, found.token, found.user) == (str(session.pk), str(session.pk), user)
    assert found.created_at == NOW
    assert found.expires_at == row(session).absolute_expires_at


def test_refreshing_adds_no_row_and_stores_no_token(user):
    pair = login(user)
    for number in range(5):
        pair = refresh_pair(pair.refresh, now=later(60 * number), client=FIREFOX)
        parts = pair.refresh.split(".") + pair.access.split(".")
        stored = OutstandingToken.objects.get().token
        assert not any(part in stored for part in parts)
    assert claims_of(pair.refresh)["gen"] == 5


def test_a_login_whose_listing_fails_has_opened_no_session(user):
    with pytest.raises(Boom), just_before('INSERT INTO "token_blacklist_outstandingtoken"', fail):
        login(user)
    assert not elsewhere(Session.objects.exists)
    assert not elsewhere(OutstandingToken.objects.exists)


def test_a_login_is_one_transaction(user, count_statements):
    with count_statements(exactly=2) as seen:
        login(user)
    assert [command.split()[0] for command in seen.transaction_commands][:1] == ["BEGIN"]
    assert seen.transaction_commands[-1] == "COMMIT"


def test_a_blacklisted_token_ends_the_session(user, revoked):
    session = listed(user)
    blacklist(session)
    assert row(session).revoked_reason == "blacklisted"
    assert present(session, 0) == Refused(Reason.SESSION_REVOKED)
    assert revoked == [((session.pk,), "blacklisted")]


def test_the_common_loop_that_logs_out_everywhere_does(user, revoked):
    sessions = [listed(user) for _ in range(3)]
    for token in OutstandingToken.objects.filter(user=user):
        BlacklistedToken.objects.get_or_create(token=token)
    assert {row(session).revoked_reason for session in sessions} == {"blacklisted"}


@pytest.mark.parametrize("generation", [9, 8, 3, 12])
def test_blacklisting_through_a_door_without_a_signal_takes_effect_at_the_next_mint(user, revoked, generation):
    session = placed(listed(user), generation=9)
    BlacklistedToken.objects.bulk_create([BlacklistedToken(token=outstanding(session))])
    assert present(session, generation) == Refused(Reason.SESSION_REVOKED)
    assert examined(session, generation) == Refused(Reason.SESSION_REVOKED)
    assert row(session).generation == 9
    assert revoked == []


def test_every_ended_session_is_blacklisted_however_it_ended(user):
    by_log_out, by_reuse, by_all = listed(user), placed(listed(user), generation=9), listed(user)
    revoke_sessions((by_log_out.pk,), reason="logout", now=NOW)
    assert isinstance(present(by_reuse, 0), Reused)
    assert not is_blacklisted(by_all)
    revoke_user_sessions(user.pk, reason="logout_all", now=NOW)
    assert all(is_blacklisted(session) for session in (by_log_out, by_reuse, by_all))
    assert BlacklistedToken.objects.count() == 3


def test_a_blacklisted_row_says_when(user):
    session = listed(user)
    revoke_sessions((session.pk,), reason="logout", now=NOW)
    found = BlacklistedToken.objects.get()
    assert found.blacklisted_at is not None
    assert found.token == outstanding(session)


def test_a_password_change_and_a_deletion_blacklist_too(user):
    session = listed(user)
    user.set_password("another one")
    user.save()
    assert is_blacklisted(session)
    other = listed(user)
    user.delete()
    assert is_blacklisted(other)
    assert OutstandingToken.objects.get(jti=str(other.pk)).user is None


def test_a_hash_upgrade_blacklists_nothing(user, settings):
    settings.PASSWORD_HASHERS = BETTER_FIRST
    session = listed(user)
    assert user.check_password("correct horse battery staple")
    assert isinstance(present(session, 0), Rotated)
    assert not BlacklistedToken.objects.exists()


def test_an_ending_whose_listing_fails_has_not_happened(user):
    session = listed(user)
    with pytest.raises(Boom), just_before('INTO "token_blacklist_blacklistedtoken"', fail):
        revoke_sessions((session.pk,), reason="logout", now=NOW)
    assert elsewhere(lambda: row(session)).revoked_at is None
    assert isinstance(present(session, 0), Rotated)


def test_a_blacklisting_whose_revocation_fails_is_noticed_at_the_next_mint(user, failing_receiver):
    """Django sends post_save when the row is committed; the row is enough."""
    session = listed(user)
    failing_receiver()
    with pytest.raises(Boom):
        blacklist(session)
    assert elsewhere(lambda: row(session)).revoked_at is None
    assert present(session, 0) == Refused(Reason.SESSION_REVOKED)


def test_blacklisting_what_has_ended_already_is_no_error(user, revoked):
    session = listed(user)
    revoke_sessions((session.pk,), reason="logout", now=NOW)
    BlacklistedToken.objects.get_or_create(token=outstanding(session))
    assert row(session).revoked_reason == "logout"
    assert len(revoked) == 1


def test_many_sessions_end_and_are_blacklisted_at_once(user, count_statements):
    sessions = [listed(user) for _ in range(40)]
    with count_statements(at_most=5):
        assert len(revoke_user_sessions(user.pk, reason="logout_all", now=NOW)) == 40
    assert all(is_blacklisted(session) for session in sessions)


@pytest.mark.postgres
def test_a_login_overtaken_by_a_harmless_change_of_the_user_signs_in(user):
    def touch():
        type(user).objects.filter(pk=user.pk).update(last_name="Lovelace")

    pair = while_uncommitted(touch, lambda: login(user), setup=REPEATABLE_READ)
    assert pair.refresh
    assert Session.objects.count() == OutstandingToken.objects.count() == 1


def test_an_outstanding_row_that_somebody_removed_is_missed_by_nobody(user):
    session = listed(user)
    OutstandingToken.objects.all().delete()
    assert isinstance(present(session, 0), Rotated)
    assert revoke_sessions((session.pk,), reason="logout", now=NOW) == (session.pk,)
    assert not connection.in_atomic_block
