"""PostgreSQL: the statement of a refresh is prepared once a connection, and goes the ordinary way wherever it must."""

import logging
import os
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from types import SimpleNamespace

import pytest
from django.conf import settings
from django.db import OperationalError, connection, connections, transaction
from django.db.backends.utils import CursorWrapper
from django.db.models.signals import post_init

from keyturn.clock import stored
from keyturn.sessions import prepared, turning
from keyturn.sessions.client import Client
from keyturn.sessions.models import Session
from keyturn.sessions.outcome import Converged, Refused, Rotated
from tests.engine.acting import COOKIE, CURL, DPOP, NOW, later, opened, placed, present, row
from tests.engine.overlap import elsewhere

pytestmark = [pytest.mark.postgres, pytest.mark.django_db(transaction=True)]

PATIENCE = 20.0
ON_SEVERAL_NETWORKS = [
    Client(ip="192.0.2.7", user_agent="Mozilla/5.0 (X11) Ünïcode/1.0 \N{GRINNING FACE} 100%"),
    Client(ip="2001:db8::17", user_agent="'; DROP TABLE keyturn_session; --"),
    Client(ip="::ffff:192.0.2.9", user_agent="\\x00 \\ $1 %s %(now)s"),
    Client(ip=None, user_agent=""),
    Client(ip="192.0.2.7", retry_key=Client.key_of("a retry key of enough letters")),
]


@pytest.fixture(autouse=True)
def fresh_connection(db, monkeypatch):
    """A connection that has seen nothing, in a process that has met no pooler."""
    monkeypatch.setattr(prepared, "_failures", {})
    connection.close()
    yield
    connection.close()


def asked(sql, *parameters):
    with connection.cursor() as cursor:
        cursor.execute(sql, parameters)
        return cursor.fetchall()


def ours():
    """What this connection has prepared, and how often each was run."""
    return asked("SELECT name, generic_plans + custom_plans FROM pg_prepared_statements WHERE name LIKE 'keyturn\\_%%'")


@contextmanager
def messages(tmp_path):
    """The messages that go to the server meanwhile (PostgreSQL's manual, 34.20)."""
    sent: list[str] = []
    file = tmp_path / "trace"
    with file.open("wb") as trace:
        libpq = connection.connection.pgconn
        libpq.trace(trace.fileno())
        yield sent
        libpq.untrace()
        os.fsync(trace.fileno())
    lines = [line.split("\t") for line in file.read_text(errors="replace").splitlines()]
    sent += [parts[3] for parts in lines if parts[1] == "F"]


def test_the_second_refresh_of_a_connection_prepares_the_statement_and_later_ones_run_it(user):
    session = opened(user)
    assert isinstance(present(session, 0), Rotated)
    assert ours() == []
    for generation in range(1, 9):
        assert isinstance(present(session, generation), Rotated)
    ((_, times),) = ours()
    assert times == 8
    assert row(session).generation == 9


def test_a_prepared_refresh_is_one_round_trip_without_a_transaction(user, tmp_path):
    session = opened(user)
    present(session, 0)
    present(session, 1)
    with messages(tmp_path) as sent:
        assert isinstance(present(session, 2), Rotated)
    assert sent == ["Bind", "Describe", "Execute", "Sync"]


@pytest.mark.parametrize(
    "columns", [{}, {"forgiven": 3, "adopted_until": NOW, "client_label": "Ada's"}], ids=["new", "old"]
)
def test_the_session_it_gives_is_the_row_column_by_column(user, columns):
    session = placed(opened(user), generation=4, amr="pwd otp", **columns)
    for generation, client in enumerate(ON_SEVERAL_NETWORKS * 2, 4):
        outcome = present(session, generation, client=client, now=later(generation))
        assert isinstance(outcome, Rotated)
        given, read = outcome.session, row(session)
        for field in Session._meta.concrete_fields:
            ours_, djangos = getattr(given, field.attname), getattr(read, field.attname)
            assert (type(ours_), ours_) == (type(djangos), djangos), field.name
            assert getattr(ours_, "tzinfo", None) == getattr(djangos, "tzinfo", None)
        assert (given._state.db, given._state.adding) == ("default", False)
        assert given == read
        assert given.get_deferred_fields() == set()
        assert given.user == user
    assert len(ours()) == 1


def test_the_hour_in_which_it_ends_is_never_later_than_the_latest(user):
    session = placed(opened(user), absolute_expires_at=later(3600))
    for generation in range(3):
        outcome = present(session, generation)
        assert isinstance(outcome, Rotated)
        assert outcome.session.idle_expires_at == row(session).idle_expires_at == stored(later(3600))


def test_a_bound_session_is_asked_for_its_binding(user):
    session = opened(user, binding=COOKIE)
    for generation in range(4):
        assert isinstance(present(session, generation, binding=COOKIE), Rotated)
    assert not isinstance(present(session, 4, binding=DPOP), Rotated)
    assert row(session).revoked_reason == "refresh_reused"


def test_whoever_listens_to_sessions_that_are_read_hears_of_these(user):
    heard = []

    def listen(*, instance, **_):
        heard.append((instance.pk, instance.generation))

    session = opened(user)
    present(session, 0)
    present(session, 1)
    post_init.connect(listen, sender=Session)
    try:
        present(session, 2)
    finally:
        post_init.disconnect(listen, sender=Session)
    assert heard == [(session.pk, 3)]


def test_a_retry_converges_and_a_user_who_left_is_refused(user):
    session = opened(user)
    for generation in range(3):
        assert isinstance(present(session, generation), Rotated)
    assert isinstance(present(session, 2), Converged)
    type(user).objects.filter(pk=user.pk).update(is_active=False)
    assert isinstance(present(session, 3), Refused)


def prepared_session(user):
    session = opened(user)
    for generation in range(3):
        assert isinstance(present(session, generation), Rotated)
    assert len(ours()) == 1
    return session


def test_a_statement_that_the_server_has_lost_costs_nobody_the_refresh(user):
    session = prepared_session(user)
    asked_nothing("DISCARD ALL")
    assert isinstance(present(session, 3), Rotated)
    assert row(session).generation == 4
    assert isinstance(present(session, 4), Rotated)
    assert len(ours()) == 1


def asked_nothing(sql):
    with connection.cursor() as cursor:
        cursor.execute(sql)


def test_a_migration_under_a_running_server_costs_nobody_the_refresh(user):
    """PostgreSQL: "cached plan must not change result type"."""
    session = prepared_session(user)
    elsewhere(lambda: asked_nothing("ALTER TABLE keyturn_session ALTER client_label TYPE varchar(120)"))
    try:
        for generation in range(3, 6):
            assert isinstance(present(session, generation), Rotated)
        ((_, times),) = ours()
        assert times == 2
    finally:
        elsewhere(lambda: asked_nothing("ALTER TABLE keyturn_session ALTER client_label TYPE varchar(100)"))
    assert row(session).generation == 6


def test_it_is_planned_anew_each_minute_for_tables_that_grow(user, monkeypatch):
    session = prepared_session(user)
    ((_, times),) = ours()
    assert times == 2
    monkeypatch.setattr(prepared, "_GOOD_FOR", 0.0)
    assert isinstance(present(session, 3), Rotated)
    ((_, times),) = ours()
    assert times == 1


def test_it_is_let_go_by_the_protocols_own_message_and_never_prepared_under_a_name_again(user, monkeypatch, tmp_path):
    """pgbouncer hands DEALLOCATE on as it is, and ends the connection of whoever prepares a name twice."""
    session = prepared_session(user)
    ((name, _),) = ours()
    monkeypatch.setattr(prepared, "_GOOD_FOR", 0.0)
    with messages(tmp_path) as sent:
        assert isinstance(present(session, 3), Rotated)
    assert [each for each in sent if each != "Sync"] == ["Close", "Parse", "Describe", "Bind", "Describe", "Execute"]
    ((other, _),) = ours()
    assert other != name


def test_texts_of_another_encoding_go_the_ordinary_way(user):
    session = prepared_session(user)
    asked_nothing("SET client_encoding = 'LATIN1'")
    assert isinstance(present(session, 3, client=Client(user_agent="Ünï")), Rotated)
    asked_nothing("SET client_encoding = 'UTF8'")
    assert row(session).user_agent == "Ünï"


def test_a_column_of_another_type_than_its_fields_class_is_left_to_psycopg(user, monkeypatch):
    own_types = [(name, decode, frozenset({1700})) for name, decode, _ in turning._decoders() or ()]
    monkeypatch.setattr(turning, "_decoders", lambda: own_types)
    session = opened(user)
    for generation in range(4):
        outcome = present(session, generation)
        assert isinstance(outcome, Rotated)
        assert outcome.session.user_id == user.pk
    assert [times for _, times in ours()] == [0]


def test_after_three_losses_a_pooler_is_taken_for_certain_and_nothing_is_prepared(user, caplog):
    session = prepared_session(user)
    generation = 3
    with caplog.at_level(logging.INFO, logger="keyturn.sessions"):
        for _ in range(3):
            asked_nothing("DEALLOCATE ALL")
            for _ in range(2):
                assert isinstance(present(session, generation), Rotated)
                generation += 1
    asked_nothing("DEALLOCATE ALL")
    for _ in range(3):
        assert isinstance(present(session, generation), Rotated)
        generation += 1
    assert ours() == []
    assert [record.message for record in caplog.records] == [
        "a pooler stands before the database default: no statement is prepared from now on"
    ]


def test_a_name_that_another_client_of_a_pooler_has_taken_is_left_alone(user):
    session = prepared_session(user)
    ((name, _),) = ours()
    connection.close()
    asked_nothing(f"PREPARE {name} AS SELECT 1")
    for generation in range(3, 6):
        assert isinstance(present(session, generation), Rotated)
    assert prepared._failures == {"default": 1}


def test_a_connection_that_is_killed_fails_one_refresh_as_any_and_the_next_goes(user):
    session = prepared_session(user)
    ((pid,),) = asked("SELECT pg_backend_pid()")
    elsewhere(lambda: asked("SELECT pg_terminate_backend(%s, 5000)", pid))
    with pytest.raises(OperationalError):
        present(session, 3)
    connection.close_if_unusable_or_obsolete()
    assert isinstance(present(session, 3), Rotated)


@pytest.fixture
def apart(user):
    """Another thread, whose connection has prepared the statement, and a session at generation 3."""
    session = opened(user)
    with ThreadPoolExecutor(1) as thread:
        for generation in range(3):
            assert isinstance(thread.submit(present, session, generation).result(PATIENCE), Rotated)
        yield SimpleNamespace(thread=thread, session=session)
        thread.submit(connections.close_all).result(PATIENCE)


def test_a_limit_of_time_ends_a_refresh_that_waits_for_a_lock(apart):
    apart.thread.submit(asked_nothing, "SET statement_timeout = 50").result(PATIENCE)
    with transaction.atomic():
        list(Session.objects.select_for_update().filter(pk=apart.session.pk))
        with pytest.raises(OperationalError, match="statement timeout"):
            apart.thread.submit(present, apart.session, 3).result(PATIENCE)
    assert row(apart.session).generation == 3


def test_while_it_waits_other_threads_run(apart):
    """A call into libpq that held the interpreter would hold up every request of the process."""
    with transaction.atomic():
        list(Session.objects.select_for_update().filter(pk=apart.session.pk))
        waiting = apart.thread.submit(present, apart.session, 3)
        deadline = time.monotonic() + PATIENCE
        while not asked(
            "SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
        ):
            assert not waiting.done()
            assert time.monotonic() < deadline
    assert isinstance(waiting.result(PATIENCE), Rotated)


def _says_so(own, patch):
    patch.setitem(own.settings_dict, "DISABLE_SERVER_SIDE_CURSORS", True)


def _gevent(_own, patch):
    patch.setitem(sys.modules, "gevent.monkey", SimpleNamespace(is_module_patched=lambda name: True))


def _toolbar(own, patch):
    patch.setitem(vars(own), "cursor", own.cursor)


def _tracer(_own, patch):
    ordinary = CursorWrapper.execute

    def traced(self, *statement):
        return ordinary(self, *statement)

    patch.setattr(CursorWrapper, "execute", traced)


def _stand_in(_own, patch):
    class StandIn:
        """As wrapt's: whatever is asked of it is asked of the function."""

        def __init__(self, function):
            self._function = function

        def __getattr__(self, name):
            return getattr(self._function, name)

        def __get__(self, instance, owner):
            return self if instance is None else self._function.__get__(instance, owner)

    patch.setattr(CursorWrapper, "execute", StandIn(CursorWrapper.execute))


def _own_cursors(own, patch):
    own.ensure_connection()
    traced = type("Traced", (own.Database.ClientCursor,), {"__module__": __name__})
    patch.setattr(own.connection, "cursor_factory", traced)


def _old_libpq(own, patch):
    patch.setattr(own.Database, "capabilities", SimpleNamespace(has_send_close_prepared=lambda: False))


def _log(own, patch):
    patch.setitem(vars(own), "force_debug_cursor", True)


def _development(_own, patch):
    patch.setattr(settings, "DEBUG", True)


def _wrapper(own, patch):
    patch.setitem(vars(own), "execute_wrappers", [lambda execute, *statement: execute(*statement)])


@pytest.mark.parametrize(
    "watching",
    [_says_so, _gevent, _toolbar, _tracer, _stand_in, _own_cursors, _old_libpq, _log, _development, _wrapper],
)
def test_nothing_is_prepared_where_somebody_would_miss_the_statement(user, monkeypatch, watching):
    watching(connections["default"], monkeypatch)
    session = opened(user)
    for generation in range(4):
        assert isinstance(present(session, generation, client=CURL), Rotated)
    assert ours() == []


def test_inside_a_transaction_the_statement_is_the_transactions(user):
    session = prepared_session(user)
    with transaction.atomic():
        assert isinstance(present(session, 3), Rotated)
        assert row(session).generation == 4
        transaction.set_rollback(True)
    assert row(session).generation == 3
