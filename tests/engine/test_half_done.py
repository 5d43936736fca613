"""A failure at any write leaves nothing half done: each write of each transaction is made to fail in turn."""

import pytest
from django.db import IntegrityError, OperationalError, connection, transaction

from keyturn.sessions.models import Session
from keyturn.sessions.outcome import Forgiven, Reused, Rotated
from keyturn.sessions.revocation import revoke_sessions, revoke_user_sessions
from keyturn.tokens.ending import end_session
from tests.engine.acting import FIREFOX, NOW, later, opened, placed, present, row
from tests.engine.conftest import Boom
from tests.engine.overlap import elsewhere, just_before
from tests.engine.tokens import login, refreshed

pytestmark = pytest.mark.django_db(transaction=True)


def fail():
    raise Boom


@pytest.fixture
def session(user):
    """At generation 9, made at NOW by Firefox."""
    return placed(opened(user, now=later(hours=-5)), generation=9, rotated_at=NOW)


def unchanged(session):
    """Compared on another connection: what is not committed does not count."""
    now = elsewhere(lambda: row(session))
    return all(getattr(now, field.attname) == getattr(session, field.attname) for field in Session._meta.fields)


def test_a_rotation_that_fails_has_not_rotated(session):
    with pytest.raises(Boom), just_before("SET generation = ", fail):
        present(session, 9)
    assert unchanged(session)
    assert isinstance(present(session, 9), Rotated)


def test_a_forgiveness_that_fails_has_not_forgiven(session):
    with pytest.raises(Boom), just_before('SET "forgiven"', fail):
        present(session, 8, now=later(60))
    assert unchanged(session)
    assert isinstance(present(session, 8, now=later(60)), Forgiven)


def test_a_judgement_that_cannot_read_the_row_decides_nothing(session):
    with pytest.raises(Boom), just_before("INNER JOIN", fail):
        present(session, 3)
    assert unchanged(session)


def test_reuse_whose_revocation_fails_is_found_again_the_next_time(session):
    with pytest.raises(Boom), just_before("SET revoked_at", fail):
        present(session, 3)
    assert unchanged(session)
    assert isinstance(present(session, 3), Reused)


def test_reuse_that_cannot_be_told_has_not_happened_and_is_found_again(session, failing_receiver, revoked):
    failing_receiver()
    with pytest.raises(Boom):
        present(session, 3)
    assert unchanged(session)


def test_a_log_out_that_cannot_be_told_has_not_happened(session, failing_receiver):
    failing_receiver()
    with pytest.raises(Boom):
        revoke_sessions((session.pk,), reason="logout", now=NOW)
    assert unchanged(session)


def test_of_many_sessions_none_ends_where_their_end_cannot_be_told(user, session, failing_receiver):
    others = [opened(user) for _ in range(5)]
    failing_receiver()
    with pytest.raises(Boom):
        revoke_user_sessions(user.pk, reason="logout_all", now=NOW)
    assert unchanged(session)
    assert all(unchanged(row(other)) for other in others)
    assert Session.objects.filter(revoked_at=None).count() == 6


def test_a_log_out_by_token_that_fails_leaves_the_token_good(user):
    token = login(user).refresh
    with pytest.raises(Boom), just_before("SET revoked_at", fail):
        end_session(token, now=later(1))
    assert refreshed(token, now=later(1))


def test_who_is_told_of_an_ending_is_told_inside_its_transaction(session, revoked):
    seen = []

    def receiver(**_):
        seen.append((connection.in_atomic_block, row(session).revoked_reason))
        # Nobody else sees it yet.
        seen.append((False, elsewhere(lambda: row(session).revoked_reason)))

    from keyturn.sessions.revocation import sessions_revoked

    sessions_revoked.connect(receiver)
    try:
        revoke_sessions((session.pk,), reason="logout", now=NOW)
    finally:
        sessions_revoked.disconnect(receiver)
    assert seen == [(True, "logout"), (False, "")]
    assert not connection.in_atomic_block
    assert elsewhere(lambda: row(session).revoked_reason) == "logout"


def test_who_is_told_can_write_in_the_same_transaction_and_it_stands_or_falls_with_it(session, user):
    from keyturn.sessions.revocation import sessions_revoked

    def receiver(**_):
        type(user).objects.filter(pk=user.pk).update(last_name="told")
        raise Boom

    sessions_revoked.connect(receiver)
    try:
        with pytest.raises(Boom):
            revoke_sessions((session.pk,), reason="logout", now=NOW)
    finally:
        sessions_revoked.disconnect(receiver)
    user.refresh_from_db()
    assert user.last_name == ""
    assert unchanged(session)


def test_nobody_is_told_of_what_had_ended_already(session, revoked):
    revoke_sessions((session.pk,), reason="logout", now=NOW)
    assert revoke_sessions((session.pk,), reason="again", now=later(1)) == ()
    assert revoke_sessions((), reason="nothing", now=NOW) == ()
    assert [why for _, why in revoked] == ["logout"]
    assert (row(session).revoked_reason, row(session).revoked_at) == ("logout", NOW)


def test_a_session_of_another_user_is_not_ended(session, user, django_user_model, revoked):
    other = django_user_model.objects.create_user("bob")
    assert revoke_sessions((session.pk,), reason="logout", now=NOW, user_pk=other.pk) == ()
    assert revoked == []
    assert revoke_sessions((session.pk,), reason="logout", now=NOW, user_pk=user.pk) == (session.pk,)


def test_all_but_one_session_of_one_user_can_be_ended(session, user, django_user_model, revoked):
    bobs = opened(django_user_model.objects.create_user("bob"))
    others = {opened(user).pk for _ in range(3)}
    assert set(revoke_user_sessions(user.pk, reason="logout_others", now=NOW, keep=session.pk)) == others
    assert {s.pk for s in Session.objects.filter(revoked_at=None)} == {session.pk, bobs.pk}


def test_inside_a_callers_transaction_an_ending_stands_or_falls_with_it(session):
    with transaction.atomic():
        assert isinstance(present(session, 3), Reused)
        transaction.set_rollback(True)
    assert unchanged(session)


@pytest.mark.postgres
def test_a_revocation_whose_commit_fails_has_not_happened(session):
    with connection.cursor() as cursor:
        cursor.execute(
            "CREATE FUNCTION no_commit() RETURNS trigger LANGUAGE plpgsql AS"
            " $$ BEGIN RAISE EXCEPTION 'no commit' USING ERRCODE = 'integrity_constraint_violation'; END $$"
        )
        cursor.execute(
            "CREATE CONSTRAINT TRIGGER no_commit AFTER UPDATE ON keyturn_session DEFERRABLE INITIALLY DEFERRED"
            " FOR EACH ROW WHEN (NEW.revoked_at IS NOT NULL) EXECUTE FUNCTION no_commit()"
        )
    try:
        with pytest.raises(IntegrityError, match="no commit"):
            present(session, 3)
        assert unchanged(session)
        assert isinstance(present(session, 9), Rotated)
    finally:
        with connection.cursor() as cursor:
            cursor.execute("DROP TRIGGER no_commit ON keyturn_session")
            cursor.execute("DROP FUNCTION no_commit")


@pytest.mark.postgres
def test_a_connection_cut_before_the_answer_decides_nothing_and_the_next_one_does(session):
    def cut():
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_backend_pid()")
            (pid,) = cursor.fetchone()
        elsewhere(lambda: connection.cursor().execute("SELECT pg_terminate_backend(%s)", [pid]))

    with pytest.raises(OperationalError), just_before("SET revoked_at", cut):
        present(session, 3)
    connection.close()
    assert unchanged(session)
    assert isinstance(present(session, 3, client=FIREFOX), Reused)
