"""One hash at a time in each process."""

import os
import signal
import threading

import pytest
from django.contrib.auth import hashers
from django.contrib.auth.hashers import check_password, get_hashers, make_password

from keyturn_server.hashers import PASSWORD_HASHERS, OwaspArgon2idHasher, PBKDF2Hasher


@pytest.fixture(autouse=True)
def _hashers(settings):
    settings.PASSWORD_HASHERS = PASSWORD_HASHERS


@pytest.fixture
def at_once(monkeypatch):
    """The most hashes that were being computed at the same time, as each of Django's own hashers sees it."""
    running, most, guard = [0], [0], threading.Lock()

    def watched(method):
        def watching(self, *args, **kwargs):
            with guard:
                running[0] += 1
                most[0] = max(most[0], running[0])
            try:
                return method(self, *args, **kwargs)
            finally:
                with guard:
                    running[0] -= 1

        return watching

    monkeypatch.setattr(hashers.Argon2PasswordHasher, "encode", watched(hashers.Argon2PasswordHasher.encode))
    monkeypatch.setattr(hashers.Argon2PasswordHasher, "verify", watched(hashers.Argon2PasswordHasher.verify))
    return most


def in_threads(count, act):
    ready, failed = threading.Barrier(count), []

    def run():
        ready.wait()
        try:
            act()
        except Exception as error:  # noqa: BLE001 - told below
            failed.append(error)

    threads = [threading.Thread(target=run) for _ in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failed == []


def test_sixteen_threads_hash_and_verify_one_at_a_time(at_once):
    kept = make_password("violet kettle 47")

    def log_in():
        assert check_password("violet kettle 47", kept)
        assert make_password("violet kettle 48") != kept

    in_threads(16, log_in)
    assert at_once == [1]


def test_without_turns_several_would_run_at_once(at_once):
    plain = hashers.Argon2PasswordHasher()
    kept = plain.encode("violet kettle 47", plain.salt())
    in_threads(8, lambda: plain.verify("violet kettle 47", kept))
    assert at_once[0] > 1


def test_a_hasher_that_verifies_by_hashing_does_not_wait_for_itself():
    hasher = PBKDF2Hasher()
    kept = hasher.encode("violet kettle 47", hasher.salt())
    assert hasher.verify("violet kettle 47", kept)


def test_every_hasher_but_the_quick_one_takes_turns():
    quick = {type(one).__name__ for one in get_hashers() if not hasattr(type(one), "takes_turns")}
    assert quick == {"MD5PasswordHasher"}
    assert isinstance(get_hashers()[0], OwaspArgon2idHasher)


@pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning")
def test_a_process_forked_while_a_hash_is_computed_can_hash():
    from keyturn_server.hashers import _turns

    computing, release = threading.Event(), threading.Event()

    def compute():
        computing.set()
        release.wait(60)

    waiting = threading.Thread(target=_turns.take, args=(compute,))
    waiting.start()
    computing.wait()
    child = os.fork()
    if child == 0:
        signal.alarm(20)
        os._exit(0 if _turns.take(sum, [1, 2]) == 3 else 1)
    release.set()
    waiting.join()
    _, status = os.waitpid(child, 0)
    assert os.waitstatus_to_exitcode(status) == 0


def test_what_fails_while_hashing_fails_where_it_was_asked_for():
    with pytest.raises(AttributeError):
        OwaspArgon2idHasher().verify(None, make_password("violet kettle 47"))
    assert check_password("violet kettle 47", make_password("violet kettle 47"))


def test_all_hashes_of_a_process_are_computed_by_one_thread(monkeypatch):
    threads = set()
    django_verify = hashers.Argon2PasswordHasher.verify

    def verify(self, password, encoded):
        threads.add(threading.get_ident())
        return django_verify(self, password, encoded)

    monkeypatch.setattr(hashers.Argon2PasswordHasher, "verify", verify)
    kept = make_password("violet kettle 47")
    in_threads(8, lambda: check_password("violet kettle 47", kept))
    assert len(threads) == 1
    assert threading.get_ident() not in threads
