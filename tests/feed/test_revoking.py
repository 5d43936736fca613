"""Every way to end a session tells the feed, in the transaction that ends it, at no statement's cost on PostgreSQL."""

from datetime import timedelta

import pytest
from django.db import connection, transaction

from keyturn.clock import utc_now
from keyturn.feed.models import Revocation
from keyturn.feed.watcher import watcher
from keyturn.sessions.models import Session
from keyturn.sessions.outcome import Reused
from keyturn.sessions.pruning import prune
from keyturn.sessions.revocation import RevokeReason, revoke_sessions, revoke_user_sessions
from tests.engine.acting import NOW, ended, later, opened, placed, present

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def user(db, django_user_model):
    return django_user_model.objects.create_user("ada", password="correct horse battery staple")


def told():
    """Session id and reason of each row of the feed, in order."""
    return list(Revocation.objects.order_by("id").values_list("session_id", "reason"))


def statements_more_on_sqlite():
    """The feed and the trail are each written by a statement of their own there."""
    return 0 if connection.vendor == "postgresql" else 2


def test_a_revocation_is_told_once_with_its_reason_and_time(user):
    session = opened(user)
    ended(session, now=later(3))
    assert revoke_sessions((session.pk,), reason=RevokeReason.LOGOUT, now=later(9)) == ()
    assert told() == [(session.pk, "logout")]
    row = Revocation.objects.get()
    assert (row.at, row.kid) == (later(3), "")
    assert watcher().is_revoked(session.pk)


def test_all_of_a_users_sessions_are_told_by_one_statement_however_many(user, count_statements):
    sessions = {opened(user).pk for _ in range(12)}
    with count_statements(exactly=1 + statements_more_on_sqlite()):
        revoke_user_sessions(user.pk, reason="logout_all", now=NOW)
    assert {sid for sid, _ in told()} == sessions
    assert all(watcher().is_revoked(sid) for sid in sessions)


def test_reuse_is_told_and_recorded_by_the_statement_that_ends_the_session(user, count_statements):
    session = placed(opened(user), generation=9)
    with count_statements(exactly=3 + statements_more_on_sqlite()):
        assert isinstance(present(session, 3), Reused)
    assert told() == [(session.pk, "refresh_reused")]


@pytest.mark.postgres
def test_the_row_carries_the_number_of_the_transaction_that_ended_the_session(user):
    session = opened(user)
    with transaction.atomic():
        ended(session)
        with connection.cursor() as cursor:
            cursor.execute("SELECT txid = pg_current_xact_id() FROM keyturn_revocation")
            assert cursor.fetchall() == [(True,)]


def test_a_revocation_that_is_rolled_back_was_never_told_but_is_suspect_here(user):
    session = opened(user)
    with transaction.atomic():
        ended(session)
        assert len(told()) == 1
        transaction.set_rollback(True)
    assert told() == []
    assert watcher().is_revoked(session.pk)
    assert Session.objects.get().revoked_at is None


@pytest.mark.parametrize("door", ["instance", "queryset", "related", "manager_of_another_name"])
def test_a_session_that_is_deleted_alive_is_told(user, door):
    alive, dead = opened(user), opened(user)
    alive_id, dead_id = alive.pk, dead.pk
    ended(dead)
    match door:
        case "instance":
            alive.delete()
            dead.delete()
        case "queryset":
            assert Session.objects.filter(user=user).delete() == (2, {"keyturn.Session": 2})
        case "related":
            user.keyturn_sessions.all().delete()
        case _:
            Session._default_manager.all().delete()
    assert Session.objects.count() == 0
    assert told() == [(dead_id, "logout"), (alive_id, "deleted")]
    assert watcher().is_revoked(alive_id)


def test_a_deletion_that_is_rolled_back_told_nobody(user):
    session = opened(user)
    with transaction.atomic():
        session.delete()
        transaction.set_rollback(True)
    assert told() == []
    assert Session.objects.get().revoked_at is None


def test_deleting_many_sessions_takes_few_statements(user, count_statements):
    for _ in range(20):
        opened(user)
    with count_statements(at_most=5):
        Session.objects.all().delete()
    assert len(told()) == 20


def test_deleting_a_user_tells_each_of_the_sessions_once(user, django_user_model):
    sessions = {opened(user).pk for _ in range(3)}
    user.delete()
    assert sorted(told()) == sorted((sid, "user_deleted") for sid in sessions)
    other = django_user_model.objects.create_user("bob", password="correct horse battery staple")
    session = opened(other)
    django_user_model.objects.filter(pk=other.pk).delete()
    assert (session.pk, "user_deleted") in told()
    assert len(told()) == 4


def test_pruning_what_expired_long_ago_tells_nobody(user):
    opened(user)
    assert list(prune(now=later(days=200), retention=timedelta(0)))[-1].removed == 1
    assert told() == []


def test_a_password_change_tells_which_sessions_it_ended(user):
    session = opened(user, now=utc_now())
    user.set_password("another one entirely")
    user.save()
    assert told() == [(session.pk, "password_changed")]
