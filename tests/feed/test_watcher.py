"""The thread that follows the feed: what it says, when it may be believed, and what it survives."""

import os
import warnings
from datetime import timedelta
from threading import Event
from uuid import uuid4

import pytest
from django.core import mail
from django.db import OperationalError, connection, connections, transaction

from keyturn.clock import utc_now
from keyturn.feed import publishing
from keyturn.feed.connecting import own_connection
from keyturn.feed.models import Revocation
from keyturn.feed.reading import read
from keyturn.feed.watcher import Watcher, watcher
from tests.feed.waiting import PATIENCE, polled, thread_of, wait_for
from tests.feed.writing import publish

pytestmark = pytest.mark.django_db(transaction=True)


def test_it_learns_of_sessions_and_keys(follower):
    sid, other = uuid4(), uuid4()
    publishing.publish(alias="default", at=utc_now(), session_ids=[sid], kids=["key-1"], reason="logout")
    wait_for(lambda: follower.is_revoked(sid) and follower.is_revoked_key("key-1"))
    assert not follower.is_revoked(other)
    assert not follower.is_revoked_key("key-2")
    assert not follower.clears(sid)
    assert not follower.clears(other, "key-1")
    assert follower.clears(other, "key-2")
    assert len(follower) == 2
    assert follower.failures == 0


def test_it_begins_with_what_ended_before_it_started():
    ids = publish(3, at=utc_now())
    made = Watcher()
    made.start()
    assert made.wait_until_fresh(PATIENCE)
    assert all(made.is_revoked(sid) for sid in ids)
    assert made.stop(PATIENCE)


def test_it_begins_with_everything_where_that_is_many_pages(monkeypatch):
    monkeypatch.setattr("keyturn.feed.watcher._ENTRIES_A_PAGE", 3)
    ids = publish(20, at=utc_now())
    made = Watcher()
    made.start()
    assert made.wait_until_fresh(PATIENCE)
    assert all(made.is_revoked(sid) for sid in ids)
    assert made.failures == 0
    assert made.stop(PATIENCE)


def test_a_first_reading_that_takes_long_is_fresh_by_the_poll_after_it(clock, monkeypatch):
    real, slow = read, iter([True])

    def reading(*args, **kwargs):
        clock.now += 5 if next(slow, False) else 0
        return real(*args, **kwargs)

    monkeypatch.setattr("keyturn.feed.watcher.read", reading)
    made = Watcher(interval=0.02)
    made.start()
    assert made.wait_until_fresh(PATIENCE)
    assert made.polls >= 2
    assert made.stop(PATIENCE)


def test_before_the_first_poll_and_after_the_end_it_vouches_for_nothing(follower):
    new = Watcher()
    assert (new.is_fresh(), new.lag(), new.clears(uuid4())) == (False, float("inf"), False)
    assert not new.wait_until_fresh(0.01)
    assert new.stop()
    assert follower.clears(uuid4())
    assert follower.stop(PATIENCE)
    assert (follower.is_fresh(), follower.lag(), follower.clears(uuid4())) == (False, float("inf"), False)


def test_freshness_counts_from_the_start_of_the_poll(clock, monkeypatch):
    real = read
    reading, may_end = Event(), Event()

    def slow(*args, **kwargs):
        page = real(*args, **kwargs)
        clock.now += 0.9
        reading.set()
        assert may_end.wait(PATIENCE)
        return page

    monkeypatch.setattr("keyturn.feed.watcher.read", slow)
    made = Watcher()
    made.start()
    assert reading.wait(PATIENCE)
    monkeypatch.setattr("keyturn.feed.watcher.read", lambda *_a, **_k: pytest.fail("one poll is enough"))
    assert not made.is_fresh()
    # The next pause is the thread's; the clock stands still meanwhile.
    made._interval = 60.0
    may_end.set()
    assert made.wait_until_fresh(PATIENCE)
    assert made.lag() == pytest.approx(0.9)
    clock.now += 0.1
    assert made.is_fresh()
    assert made.clears(uuid4())
    clock.now += 0.001
    assert not made.is_fresh()
    assert not made.clears(uuid4())
    assert made.stop(PATIENCE)


def test_an_answer_is_as_of_one_poll_although_the_process_stops_in_the_midst_of_it(follower, clock, monkeypatch):
    """SIGSTOP between looking and answering: what was looked at is old by then."""
    polled(follower)
    sid = uuid4()
    assert follower.clears(sid)

    def stopped_here(_):
        clock.now += 10
        polled(follower)
        return False

    monkeypatch.setattr(follower, "is_revoked", stopped_here)
    assert follower.is_fresh()
    assert not follower.clears(sid)


def test_what_this_process_ends_is_suspect_before_the_commit_and_after_a_rollback():
    made = watcher()
    sid, lost, key = uuid4(), uuid4(), uuid4().hex
    with transaction.atomic():
        publishing.publish(alias="default", at=utc_now(), session_ids=[sid], kids=[key], reason="logout")
        assert made.is_revoked(sid)
        assert made.is_revoked_key(key)
        assert not made.clears(sid)
    with transaction.atomic():
        publishing.publish(alias="default", at=utc_now(), session_ids=[lost], reason="logout")
        transaction.set_rollback(True)
    assert made.is_revoked(lost)
    assert not Revocation.objects.filter(session_id=lost).exists()


def test_suspicion_ends_after_the_time_to_keep(clock):
    made = Watcher()
    sid, later_one = uuid4(), uuid4()
    made.suspect(session_ids=[sid])
    clock.now += 300
    made.suspect(session_ids=[later_one])
    assert made.is_revoked(sid)
    clock.now += 300
    made.suspect(session_ids=[uuid4()])
    assert not made.is_revoked(sid)
    assert made.is_revoked(later_one)


def test_longer_lifetimes_make_suspicion_last_longer(clock, settings):
    made = Watcher()
    sid = uuid4()
    made.suspect(session_ids=[sid])
    settings.SIMPLE_JWT = {"ACCESS_TOKEN_LIFETIME": timedelta(hours=10)}
    made.suspect(session_ids=[uuid4()])
    clock.now += 9 * 3_600
    made.suspect(session_ids=[uuid4()])
    assert made.is_revoked(sid)


def test_longer_lifetimes_make_it_look_back_further(settings, follower):
    old = publish(1, at=utc_now() - timedelta(hours=2))[0]
    fresh_eyes = Watcher(interval=0.02)
    fresh_eyes.start()
    assert fresh_eyes.wait_until_fresh(PATIENCE)
    assert not fresh_eyes.is_revoked(old)
    settings.SIMPLE_JWT = {"ACCESS_TOKEN_LIFETIME": timedelta(hours=3)}
    wait_for(lambda: fresh_eyes.is_revoked(old))
    assert fresh_eyes.stop(PATIENCE)


def test_a_late_commit_is_remembered_from_when_it_is_learnt(follower):
    """Its entry is older than the time to keep when it becomes visible."""
    sid = publish(1, at=utc_now() - timedelta(hours=2))[0]
    wait_for(lambda: follower.is_revoked(sid))
    polled(follower)
    assert follower.is_revoked(sid)


def test_a_late_commit_is_published_once_more_for_those_who_start_later(monkeypatch):
    now = [1_000.0]
    monkeypatch.setattr("keyturn.feed.publishing.time.monotonic", lambda: now[0])
    long_ago = utc_now() - timedelta(hours=1)
    with transaction.atomic():
        sid = publish(1, at=long_ago)[0]
        now[0] += 3_600
    rows = Revocation.objects.filter(session_id=sid).order_by("id")
    assert [row.reason for row in rows] == ["logout", "logout"]
    assert utc_now() - rows[1].at < timedelta(minutes=1)
    with transaction.atomic():
        sid = publish(1, at=utc_now())[0]
        now[0] += 5
    assert Revocation.objects.filter(session_id=sid).count() == 1


def test_callbacks_get_the_connection_after_each_good_poll_and_cannot_end_the_thread(follower, caplog):
    called, mine = [], []

    def broken(_connection):
        raise RuntimeError("a callback's own fault")

    def watching(given):
        called.append(given)
        mine.append(connections["default"] is given)
        Revocation.objects.exists()

    follower.each_poll(broken)
    follower.each_poll(watching)
    follower.each_poll(watching)
    polled(follower, 3)
    assert len(called) >= 2
    assert len(called) <= follower.polls
    assert all(mine)
    assert "what follows a poll of the feed failed" in caplog.text
    assert follower.is_fresh()
    assert called[0] is not connection


def test_a_callback_that_leaves_a_transaction_open_harms_nobody(follower):
    def careless(given):
        transaction.atomic(using=given.alias).__enter__()

    follower.each_poll(careless)
    polled(follower, 3)
    sid = publish(1, at=utc_now())[0]
    wait_for(lambda: follower.is_revoked(sid))
    assert follower.failures == 0


def test_it_removes_old_rows_now_and_then_never_the_newest(follower):
    publish(4, at=utc_now() - timedelta(days=3))
    publish(1, at=utc_now())
    follower._prune_at = 0.0
    wait_for(lambda: Revocation.objects.count() == 1)


def test_while_the_database_does_not_answer_it_is_not_fresh_and_says_so_once(monkeypatch, caplog):
    real = read
    away = Event()

    def perhaps(*args, **kwargs):
        if away.is_set():
            raise OperationalError("gone")
        return real(*args, **kwargs)

    monkeypatch.setattr("keyturn.feed.watcher.read", perhaps)
    monkeypatch.setattr("keyturn.feed.watcher.STALENESS_BOUND", 0.2)
    made = Watcher(interval=0.02)
    made.start()
    assert made.wait_until_fresh(PATIENCE)
    caplog.set_level("INFO", "keyturn.feed")
    away.set()
    wait_for(lambda: made.failures >= 3)
    wait_for(lambda: not made.is_fresh())
    assert not made.clears(uuid4())
    sid = publish(1, at=utc_now())[0]
    away.clear()
    assert made.wait_until_fresh(PATIENCE)
    assert made.is_revoked(sid)
    wait_for(lambda: "can be read again" in caplog.text)
    assert caplog.text.count("cannot be read") == 1
    assert made.stop(PATIENCE)


def test_it_never_starts_by_itself_in_djangos_test_environment(monkeypatch):
    made = Watcher()
    made.ensure_started()
    assert thread_of(made) is None
    monkeypatch.delattr(mail, "outbox")
    made.ensure_started()
    thread = thread_of(made)
    made.ensure_started()
    assert thread_of(made) is thread
    assert made.wait_until_fresh(PATIENCE)
    assert made.stop(PATIENCE)
    assert not thread.is_alive()
    made.ensure_started()
    assert thread_of(made) is not thread
    assert made.wait_until_fresh(PATIENCE)
    assert made.stop(PATIENCE)


def test_there_is_one_a_process():
    assert watcher() is watcher()
    assert bool(watcher())


@pytest.mark.needs("fork")
def test_the_child_of_a_fork_begins_anew_and_leaves_the_parents_connection_alone(follower):
    sid = publish(1, at=utc_now())[0]
    wait_for(lambda: follower.is_revoked(sid))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        child = os.fork()
    if child == 0:
        code = 1
        try:
            assert not follower.is_fresh()
            assert not follower.clears(uuid4())
            assert follower._thread is None
            follower.start()
            assert follower.wait_until_fresh(PATIENCE)
            assert follower.is_revoked(sid)
            assert follower.stop(PATIENCE)
            code = 0
        finally:
            os._exit(code)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    polled(follower)
    assert follower.failures == 0
    assert follower.is_fresh()


def test_its_connection_is_outside_of_any_pool_and_keeps_no_state(monkeypatch):
    options = connection.settings_dict["OPTIONS"]
    if connection.vendor == "postgresql":
        monkeypatch.setitem(options, "pool", {"min_size": 1, "max_size": 1})
        monkeypatch.setitem(options, "prepare_threshold", 1)
    from tests.engine.overlap import elsewhere

    def look():
        own = own_connection("default")
        assert own is connections["default"]
        assert own.settings_dict is not connections.settings["default"]
        assert "pool" not in own.settings_dict["OPTIONS"]
        own.ensure_connection()
        assert own.get_autocommit()
        if own.vendor == "postgresql":
            assert vars(type(own))["pool"].fget(own) is None
            assert own.connection.prepare_threshold is None
            assert own.connection.info.get_parameters()["tcp_user_timeout"] == "2000"
        return own.settings_dict["OPTIONS"].get("timeout")

    assert elsewhere(look) == (0.5 if connection.vendor == "sqlite" else None)
    assert options.get("timeout") != 0.5, "everybody else's stays as it is"


def test_a_wall_clock_that_is_set_makes_it_forget_nothing(follower, monkeypatch):
    sid = publish(1, at=utc_now())[0]
    wait_for(lambda: follower.is_revoked(sid))
    monkeypatch.setattr("keyturn.feed.watcher.utc_now", lambda: utc_now() + timedelta(hours=3))
    polled(follower, 3)
    assert follower.is_revoked(sid)
    assert follower.failures == 0


def test_one_that_starts_while_its_clock_is_ahead_knows_all_once_that_is_set_right(monkeypatch):
    sid = publish(1, at=utc_now())[0]
    with monkeypatch.context() as ahead:
        ahead.setattr("keyturn.feed.watcher.utc_now", lambda: utc_now() + timedelta(hours=1))
        made = Watcher(interval=0.02)
        made.start()
        try:
            assert made.wait_until_fresh(PATIENCE)
            ahead.undo()
            wait_for(lambda: made.is_revoked(sid), "the reading anew")
        finally:
            made.stop(PATIENCE)
