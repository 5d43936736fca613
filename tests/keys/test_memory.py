"""What a process remembers of the ring: never what was rolled back, never another database's, never for too long."""

import json
import os
import subprocess
import sys
import threading
from datetime import timedelta
from pathlib import Path

import pytest
from django.core.management import call_command
from django.db import connection, transaction

from keyturn import keys
from keyturn.feed.watcher import watcher
from keyturn.keys import changing, ring, rows
from keyturn.keys.models import SigningKey
from tests.bad_input.forgery import b64
from tests.keys.telling import FIVE_MINUTES, NOW, after, is_accepted, kids, states, token
from tests.services.process import clean_environment

committed = pytest.mark.django_db(transaction=True)


class Clock:
    """Stands in for the machine's."""

    def __init__(self, monkeypatch):
        self.seconds = 1_000.0
        monkeypatch.setattr(ring, "_now", lambda: self.seconds)
        monkeypatch.setattr(ring, "_looked_until", 0.0)


def _named(kid, raw):
    """A token whose header names another key."""
    return f"{b64(json.dumps({'alg': 'ES256', 'kid': kid}))}.{raw.split('.', 1)[1]}"


@pytest.fixture
def clock(monkeypatch):
    return Clock(monkeypatch)


@committed
def test_once_in_memory_signing_and_verifying_ask_nothing(clock, count_statements):
    raw = token(NOW)
    with count_statements(exactly=0):
        for _ in range(5):
            assert is_accepted(token(NOW), NOW)
            assert is_accepted(raw, NOW)


@committed
def test_the_memory_is_ten_seconds_old_for_signing_and_a_second_for_verifying_without_news(
    clock, django_assert_num_queries
):
    raw = token(NOW)
    clock.seconds += 1
    with django_assert_num_queries(0):
        is_accepted(raw, NOW)
    clock.seconds += 0.01
    with django_assert_num_queries(1):
        assert is_accepted(raw, NOW)
        assert is_accepted(raw, NOW)
    clock.seconds += 10
    with django_assert_num_queries(0):
        token(NOW)
    clock.seconds += 0.01
    with django_assert_num_queries(1):
        token(NOW)


@committed
def test_and_ten_seconds_for_verifying_too_while_the_feed_is_followed(clock, monkeypatch, django_assert_num_queries):
    raw = token(NOW)
    monkeypatch.setattr(type(watcher()), "is_fresh", lambda _self: True)
    clock.seconds += 10
    with django_assert_num_queries(0):
        assert is_accepted(raw, NOW)
    clock.seconds += 0.01
    with django_assert_num_queries(1):
        assert is_accepted(raw, NOW)


@committed
def test_a_key_that_another_node_made_is_found_when_a_token_names_it(clock, monkeypatch):
    monkeypatch.setattr(type(watcher()), "is_fresh", lambda _self: True)
    raw = token(NOW)
    known = ring._memory
    call_command("keys", "rotate", "--now", "--emergency", verbosity=0)
    ring._memory = known  # as of a node that was not told
    newest = SigningKey.objects.latest("sequence")
    key = ring._opened(rows.read("default"), where=ring._where(), at=0).pairs[newest.kid]
    from keyturn.jose import sign

    other = sign({"exp": 4_000_000_000}, key)
    assert is_accepted(other, NOW)
    assert is_accepted(raw, NOW)


@committed
@pytest.mark.parametrize("follows", [True, False])
def test_the_first_key_of_all_is_found_by_a_node_that_read_the_empty_ring_just_before(clock, monkeypatch, follows):
    monkeypatch.setattr(type(watcher()), "is_fresh", lambda _self: follows)
    empty = ring.load()
    raw = token(NOW)
    ring._memory = empty  # as of a node that did not make it
    assert is_accepted(raw, NOW)
    assert ring._memory is not empty


@committed
def test_unknown_names_cost_fifty_statements_in_one_go_and_eight_a_second(clock, django_assert_num_queries):
    raw = token(NOW)

    def ask(names):
        for name in names:
            assert not is_accepted(_named(name, raw), NOW)

    with django_assert_num_queries(0):
        ask(["x", "", "0" * 42, "0" * 44, "0" * 4_000] * 20)
    with django_assert_num_queries(50):
        ask(f"{number:043}" for number in range(200))
    clock.seconds += 1
    with django_assert_num_queries(8):
        ask(f"{number:043}" for number in range(200))


@committed
def test_what_is_rolled_back_is_not_remembered():
    with transaction.atomic():
        raw = token(NOW)
        assert is_accepted(raw, NOW), "within, it counts"
        transaction.set_rollback(True)
    assert kids() == []
    assert not is_accepted(raw, NOW)
    assert is_accepted(token(NOW), NOW)
    assert len(kids()) == 1


@committed
def test_an_emergency_that_is_rolled_back_leaves_the_key_good(clock):
    raw = token(NOW)
    with transaction.atomic():
        changing.revoke(kids()[0], now=NOW, emergency=True)
        assert not is_accepted(raw, NOW)
        transaction.set_rollback(True)
    assert is_accepted(raw, NOW)
    clock.seconds += 2
    assert is_accepted(raw, NOW)
    assert len(kids()) == 1


@pytest.mark.django_db
def test_in_a_test_case_the_ring_is_of_this_test_alone():
    raw = token(NOW)
    assert is_accepted(raw, NOW)
    assert len(kids()) == 1
    assert ring._memory is None, "it will be rolled back"


test_and_of_the_next_one_alone = test_in_a_test_case_the_ring_is_of_this_test_alone


@committed
def test_a_flush_is_noticed():
    raw = token(NOW)
    call_command("flush", interactive=False, verbosity=0)
    assert kids() == []
    assert not is_accepted(raw, NOW)
    assert is_accepted(token(NOW), NOW)


@committed
def test_another_secret_is_another_memory(settings):
    token(NOW)
    settings.SECRET_KEY = "another secret, which is long enough to be one"
    with pytest.raises(keys.SealedUnderAnotherSecretError):
        token(NOW)


@committed
@pytest.mark.parametrize("repetition", range(3))
def test_sixteen_threads_on_an_empty_ring_make_one_key(at_once, repetition):
    raws = at_once(lambda: token(NOW))
    assert len(kids()) == 1
    assert all(is_accepted(raw, NOW) for raw in raws)


@committed
def test_two_processes_on_an_empty_ring_make_one_key(tmp_path):
    program = (
        "import sys, django; django.setup()\n"
        "from datetime import timedelta\n"
        "from django.conf import settings; from django.db import connections\n"
        "connections['default'].settings_dict['NAME'] = sys.argv[1]\n"
        "from keyturn import keys; from keyturn.clock import utc_now\n"
        "print('ready', flush=True); sys.stdin.readline()\n"
        "print(keys.access_signing_key(now=utc_now(), lifetime=timedelta(minutes=5)).kid)\n"
    )
    root = Path(__file__).resolve().parents[2]
    environment = {**os.environ, **clean_environment({"PYTHONPATH": f"{root}:{root / 'src'}"})}
    environment |= {name: value for name, value in os.environ.items() if name.startswith("KEYTURN_TEST")}
    environment["DJANGO_SETTINGS_MODULE"] = "tests.settings"
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", program, str(connection.settings_dict["NAME"])],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env=environment,
            cwd=tmp_path,
        )
        for _ in range(2)
    ]
    try:
        for process in processes:
            assert process.stdout
            assert process.stdout.readline() == "ready\n"
        for process in processes:
            assert process.stdin
            process.stdin.write("\n")
            process.stdin.flush()
        found = [process.communicate(timeout=60)[0].strip() for process in processes]
    finally:
        for process in processes:
            process.kill()
            process.wait()
    assert found == kids() * 2


@committed
def test_many_that_tend_at_once_publish_one_next_key(at_once):
    token(NOW)
    at_once(lambda: keys.tend(now=after(days=30)))
    assert states(after(days=30)) == ["active", "next"]


@committed
def test_many_emergencies_at_once_leave_one_key_that_signs(at_once):
    token(NOW)
    first = kids()[0]

    def revoke():
        try:
            changing.revoke(first, now=after(seconds=1), emergency=True)
        except changing.NotNowError:
            return False
        return True

    assert at_once(revoke, threads=8).count(True) >= 1
    keys.refresh()
    assert is_accepted(token(after(seconds=2)), after(seconds=2))
    assert "active" in states(after(seconds=2))


@committed
@pytest.mark.needs("fork")
@pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning")
def test_a_child_of_a_fork_does_not_wait_for_a_lock_that_nobody_holds():
    raw = token(NOW)
    held = threading.Event()
    done = threading.Event()

    def hold():
        with ring._lock:
            held.set()
            done.wait(30)

    thread = threading.Thread(target=hold)
    thread.start()
    held.wait(30)
    child = os.fork()
    if child == 0:  # pragma: no cover - in the child
        try:
            good = is_accepted(raw, NOW)
            ring.forget()
            os._exit(0 if good else 1)
        finally:
            os._exit(2)
    done.set()
    thread.join()
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0


@committed
def test_tending_is_one_statement_when_there_is_nothing_to_do(django_assert_num_queries):
    token(NOW)
    with django_assert_num_queries(1):
        keys.tend(now=after(minutes=1))


@committed
def test_following_tends_and_hears_of_a_revoked_key(clock, monkeypatch):
    from keyturn.keys import tending

    follower = tending._Follower()
    follower(connection)
    assert len(kids()) == 1, "the first key is there before the first login"
    raw = token(after())
    assert is_accepted(raw, NOW)
    before = ring._memory
    follower(connection)
    assert ring._memory is before, "every few seconds is enough"

    SigningKey.objects.update(revoked_at=NOW, sealed="")
    watcher().suspect(kids=kids())
    follower(connection)
    assert ring._memory is not before
    assert not is_accepted(raw, NOW)


@committed
def test_an_emergency_elsewhere_reaches_a_process_that_follows_the_feed():
    """As another node would do it: this process learns of it by the feed alone."""
    import time

    from keyturn.clock import utc_now
    from keyturn.feed.publishing import _insert

    feed = watcher()
    feed.start()
    try:
        assert feed.wait_until_fresh(20)
        raw = token(utc_now())
        assert is_accepted(raw, utc_now())
        with transaction.atomic():
            SigningKey.objects.update(revoked_at=utc_now(), sealed="")
            _insert([(None, kids()[0])], alias="default", at=utc_now(), reason="emergency")
        end = time.monotonic() + 20
        while is_accepted(raw, utc_now()) and time.monotonic() < end:
            assert feed.wait_until_fresh(20)
            time.sleep(0.02)
        assert not is_accepted(raw, utc_now())
        # It makes another as soon as it tends the ring, or somebody signs in.
        assert is_accepted(token(utc_now()), utc_now())
    finally:
        assert feed.stop(20)


@committed
def test_a_lifetime_noted_by_one_node_is_noted_once(django_assert_num_queries):
    token(NOW)
    token(NOW, lifetime=timedelta(hours=1))
    with django_assert_num_queries(0):
        token(NOW, lifetime=timedelta(hours=1))
        token(NOW, lifetime=FIVE_MINUTES)


@committed
def test_in_a_transaction_it_is_read_once_whatever_is_shown(django_assert_num_queries):
    raw = token(NOW)
    ring.forget()
    with transaction.atomic(), django_assert_num_queries(1):
        for _ in range(5):
            assert is_accepted(raw, NOW)
        for number in range(20):
            assert not is_accepted(_named(f"{number:043}", raw), NOW)


@committed
def test_what_a_transaction_has_read_goes_with_it():
    ring.forget()
    with transaction.atomic():
        raw = token(NOW)
        assert is_accepted(raw, NOW)
        transaction.set_rollback(True)
    assert not SigningKey.objects.exists()
    assert not is_accepted(raw, NOW)
