"""The feed: a revoked session is refused, whatever happens on the way; what cannot be known is never assumed."""

import socket
import threading
import time
import uuid

import pytest

from keyturn.errors import Reason, RefusedError, UnavailableError
from tests.verifier.verdicts import sid_of, verdict


def test_a_revoked_session_is_refused(keyturn, verifier, eventually):
    raw, other = keyturn.token(), keyturn.token()
    assert verdict(verifier, raw) == "good"
    keyturn.revoke(sid_of(raw))
    eventually(lambda: verdict(verifier, raw) == "session_revoked")
    assert verdict(verifier, other) == "good"
    assert keyturn.asked.get("introspect", 0) == 0


def test_what_was_revoked_before_the_start_is_refused_at_the_first_verdict(keyturn, make):
    raw = keyturn.token()
    keyturn.page_size = 10
    for _ in range(95):
        keyturn.revoke(str(uuid.uuid4()))
    keyturn.revoke(sid_of(raw))
    assert verdict(make(staleness=20.0), raw) == "session_revoked"


def test_a_first_token_waits_for_the_snapshot(keyturn, make):
    verifier = make(staleness=20.0)
    assert verdict(verifier, keyturn.token()) == "good"
    assert verifier.status().revoked == 0
    assert verifier.status().lag is not None
    assert keyturn.introspected == []


@pytest.mark.parametrize("told", ["Bearer", "access_token", None])
def test_introspection_may_call_the_token_what_it_likes(keyturn, make, told):
    keyturn.told_type = told
    keyturn.faults["revocations"] = 500
    verifier, raw, revoked = make(), keyturn.token(), keyturn.token()
    keyturn.revoke(sid_of(revoked))
    assert verdict(verifier, raw) == "good"
    assert verdict(verifier, revoked) == "session_revoked"
    assert keyturn.introspected == [raw, revoked]


def test_a_cursor_that_is_too_old_begins_anew(keyturn, verifier, eventually):
    raw, later = keyturn.token(), keyturn.token()
    keyturn.revoke(sid_of(raw))
    eventually(lambda: verdict(verifier, raw) == "session_revoked")
    keyturn.too_old = True
    eventually(lambda: not keyturn.too_old)
    assert verdict(verifier, raw) == "session_revoked"
    keyturn.revoke(sid_of(later))
    eventually(lambda: verdict(verifier, later) == "session_revoked")
    assert verdict(verifier, raw) == "session_revoked"


def test_polls_use_one_connection(keyturn, verifier, eventually):
    eventually(lambda: keyturn.asked["revocations"] > 20)
    assert keyturn.connections <= 2


def test_a_broken_connection_is_made_again(keyturn, verifier, eventually):
    raw = keyturn.token()
    keyturn.break_connections()
    keyturn.revoke(sid_of(raw))
    eventually(lambda: verdict(verifier, raw) == "session_revoked")


FAULTS = [500, 404, 302, 401, 403, 429, "redirect", "garbage", "array", "hang up", "truncated", "huge", "stall", "drip"]


@pytest.mark.parametrize("fault", FAULTS, ids=str)
def test_past_the_bound_each_token_is_introspected(keyturn, make, eventually, fault):
    verifier = make(staleness=0.3, timeout=0.3)
    good, revoked = keyturn.token(), keyturn.token()
    assert verifier.wait_until_ready(20)
    keyturn.faults["revocations"] = fault
    keyturn.break_connections()
    eventually(lambda: not verifier.status().ready)
    keyturn.revoke(sid_of(revoked))
    assert verdict(verifier, revoked) == "session_revoked"
    eventually(lambda: verdict(verifier, good) == "good")
    assert {revoked, good} <= set(keyturn.introspected)
    keyturn.let_go.set()
    keyturn.faults.clear()
    eventually(lambda: verifier.status().ready)


@pytest.mark.parametrize("fault", FAULTS, ids=str)
def test_where_introspection_fails_too_nothing_is_decided(keyturn, make, eventually, fault):
    verifier = make(staleness=0.3, timeout=0.3)
    raw = keyturn.token()
    assert verifier.wait_until_ready(20)
    keyturn.faults["revocations"] = keyturn.faults["introspect"] = fault
    keyturn.break_connections()
    eventually(lambda: not verifier.status().ready)
    with pytest.raises(UnavailableError) as caught:
        verifier.verify(raw)
    assert "the revocation feed is" in str(caught.value)
    assert "introspection" in str(caught.value)
    assert caught.value.retry_after == (7 if fault == 429 else 1)
    assert raw not in str(caught.value)


@pytest.mark.parametrize("active", ["yes", 1, None, "false"], ids=repr)
def test_only_a_plain_yes_is_one(keyturn, make, eventually, active, monkeypatch):
    verifier = make(staleness=0.3)
    assert verifier.wait_until_ready(20)
    keyturn.faults["revocations"] = 500
    monkeypatch.setattr(keyturn, "_introspect", lambda request, *_: keyturn._send(request, 200, {"active": active}))
    eventually(lambda: not verifier.status().ready)
    assert verdict(verifier, keyturn.token()) == "unavailable"


def test_a_server_that_is_gone_and_comes_back(keyturn, make, eventually):
    verifier = make(staleness=0.5)
    raw, revoked = keyturn.token(), keyturn.token()
    assert verifier.wait_until_ready(20)
    keyturn.go_offline()
    eventually(lambda: verdict(verifier, raw) == "unavailable")
    for _ in range(20):
        assert verdict(verifier, raw) == "unavailable"
    keyturn.revoke(sid_of(revoked))
    keyturn.go_online()
    eventually(lambda: verdict(verifier, raw) == "good")
    assert verdict(verifier, revoked) == "session_revoked"


def test_after_a_failed_introspection_tokens_do_not_queue_for_time_outs(keyturn, make, eventually):
    verifier = make(staleness=0.3, timeout=0.3)
    assert verifier.wait_until_ready(20)
    keyturn.faults["revocations"] = keyturn.faults["introspect"] = "stall"
    eventually(lambda: not verifier.status().ready)
    verdict(verifier, keyturn.token())
    before, began = keyturn.asked["introspect"], time.monotonic()
    for _ in range(50):
        assert verdict(verifier, keyturn.token()) == "unavailable"
    assert keyturn.asked["introspect"] - before <= 1 + (time.monotonic() - began) / 0.5


def test_a_known_revocation_is_refused_without_asking_anybody(keyturn, make, eventually):
    verifier = make(staleness=0.5)
    raw = keyturn.token()
    keyturn.revoke(sid_of(raw))
    eventually(lambda: verdict(verifier, raw) == "session_revoked")
    keyturn.go_offline()
    eventually(lambda: not verifier.status().ready)
    assert verdict(verifier, raw) == "session_revoked"


def test_wrong_credentials_are_named_and_nothing_is_assumed(keyturn, make):
    verifier = make(client_secret="wrong")
    with pytest.raises(UnavailableError, match=r"does not let this service read the feed \(401\)"):
        verifier.verify(keyturn.token())
    assert "wrong" not in repr(verifier._options)


def test_a_token_that_lives_longer_than_revocations_are_told_is_introspected(keyturn, make):
    verifier = make(staleness=20.0)
    long, short = keyturn.token(exp=int(time.time()) + 3000), keyturn.token()
    keyturn.revoked.add(sid_of(long))
    assert verdict(verifier, short) == "good"
    assert keyturn.introspected == []
    assert verdict(verifier, long) == "session_revoked"
    assert keyturn.introspected == [long]


def test_freshness_counts_from_the_start_of_a_poll(keyturn, make, monkeypatch):
    """An answer that was long on its way is as old as its question."""
    verifier = make(staleness=0.4, timeout=10.0)
    assert verifier.wait_until_ready(20)
    slow = keyturn._revocations

    def answer_late(*arguments):
        time.sleep(0.8)
        slow(*arguments)

    monkeypatch.setattr(keyturn, "_revocations", answer_late)
    polls = keyturn.asked["revocations"]
    raw, end = keyturn.token(), time.monotonic() + 30
    while keyturn.asked["revocations"] < polls + 3:
        assert time.monotonic() < end
        asked = keyturn.asked.get("introspect", 0)
        polled = keyturn.asked["revocations"]
        if polled >= polls + 2:
            assert verdict(verifier, raw) == "good"
            assert keyturn.asked["introspect"] == asked + 1
        time.sleep(0.05)


def test_a_verdict_reached_slowly_is_not_older_than_the_bound(keyturn, make, monkeypatch):
    """The process stops after it looked at the set and before it answers: the clock is looked at last."""
    verifier = make(staleness=0.5)
    raw = keyturn.token()
    verifier.verify(raw)
    checked = verifier._checked

    def paused(*arguments):
        found = checked(*arguments)
        keyturn.faults["revocations"] = 500
        time.sleep(0.7)
        return found

    monkeypatch.setattr(verifier, "_checked", paused)
    assert verifier.verify_at_once(raw) is None


def test_a_clock_that_is_set_empties_what_is_known(keyturn, verifier, eventually, monkeypatch):
    raw = keyturn.token()
    keyturn.revoke(sid_of(raw))
    eventually(lambda: verdict(verifier, raw) == "session_revoked")
    real = time.time
    begun = []
    page = keyturn._revocations

    def noticing(request, query, form):
        begun.append("after" not in query)
        page(request, query, form)

    monkeypatch.setattr(keyturn, "_revocations", noticing)
    monkeypatch.setattr("keyturn.verifier.following.time.time", lambda: real() + 100)
    eventually(lambda: any(begun))
    assert verdict(verifier, raw) == "session_revoked"


@pytest.mark.parametrize(
    "changed",
    [
        {"cursor": None},
        {"cursor": ""},
        {"cursor": "x" * 70_000},
        {"cursor": 5},
        {"more": None},
        {"sessions": None},
        {"sessions": [{"sid": "no", "at": 1}]},
        {"sessions": [{"sid": 5, "at": 1}]},
        {"sessions": [{"at": 1}]},
        {"sessions": [{"sid": "01930000-0000-7000-8000-000000000000"}]},
        {"sessions": [{"at": "now", "sid": "01930000-0000-7000-8000-000000000000"}]},
        {"sessions": [[]]},
        {"keys": [{"kid": 5, "at": 1}]},
        {"keys": "abc"},
        {"keep_s": None},
        {"keep_s": -1},
        {"keep_s": 1e300},
        {"poll_after_ms": True},
    ],
    ids=lambda changed: str(changed)[:60],
)
def test_a_page_that_makes_no_sense_is_no_poll(keyturn, make, changed, monkeypatch):
    document = {"cursor": "1", "more": False, "poll_after_ms": 20, "keep_s": 420, "sessions": [], "keys": [], **changed}
    monkeypatch.setattr(keyturn, "_revocations", lambda request, *_: keyturn._send(request, 200, document))
    verifier = make()
    verdict(verifier, keyturn.token())
    assert verifier.status().lag is None
    assert verifier.status().trouble == ("the revocation feed is answered with something else",)


def test_pages_without_end_are_no_poll(keyturn, make, monkeypatch, eventually):
    page = {"cursor": "1", "more": True, "poll_after_ms": 20, "keep_s": 420, "sessions": [], "keys": []}
    monkeypatch.setattr(keyturn, "_revocations", lambda request, *_: keyturn._send(request, 200, page))
    verifier = make()
    eventually(lambda: verifier.status().trouble == ("the revocation feed does not go on",))


def test_without_the_feed_a_revocation_is_noticed_at_expiry_only(keyturn, make):
    verifier, raw = make(feed=False), keyturn.token()
    keyturn.revoke(sid_of(raw))
    assert verdict(verifier, raw) == "good"
    assert "revocations" not in keyturn.asked
    assert "introspect" not in keyturn.asked


def test_readers_and_the_writer_do_not_disturb_each_other(keyturn, verifier, eventually):
    tokens = [keyturn.token() for _ in range(40)]
    refused: set[str] = set()
    wrong: list[str] = []
    done = threading.Event()

    def read():
        while not done.is_set():
            for raw in tokens:
                was_refused = raw in refused
                found = verdict(verifier, raw)
                if found == "session_revoked":
                    refused.add(raw)
                elif found != "good" or was_refused:
                    wrong.append(found)

    readers = [threading.Thread(target=read) for _ in range(4)]
    for reader in readers:
        reader.start()
    for raw in tokens:
        keyturn.revoke(sid_of(raw))
        for _ in range(20):
            keyturn.revoke(str(uuid.uuid4()))
    try:
        eventually(lambda: len(refused) == len(tokens), seconds=60)
    finally:
        done.set()
        for reader in readers:
            reader.join(30)
    assert wrong == []


def test_a_black_hole_is_noticed(keyturn, make, eventually):
    """Connections are taken and nobody answers."""
    verifier = make(staleness=0.5, timeout=0.5)
    raw = keyturn.token()
    assert verifier.wait_until_ready(20)
    keyturn.go_offline()
    with socket.socket() as hole:
        hole.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        hole.bind(("127.0.0.1", keyturn.port))
        hole.listen(50)
        eventually(lambda: verdict(verifier, raw) == "unavailable")
    keyturn.go_online()
    eventually(lambda: verdict(verifier, raw) == "good")


def test_the_reason_is_that_of_the_feed(keyturn, verifier, eventually):
    raw = keyturn.token()
    keyturn.revoke(sid_of(raw))
    eventually(lambda: verdict(verifier, raw) == "session_revoked")
    with pytest.raises(RefusedError) as caught:
        verifier.verify(raw)
    assert caught.value.reason is Reason.SESSION_REVOKED


def test_an_endpoint_that_moved_is_found_and_one_that_did_not_is_kept(keyturn, make, eventually, monkeypatch):
    monkeypatch.setattr("keyturn.verifier.endpoints._DOUBT_AT_MOST_EVERY", 0.0)
    verifier = make(staleness=20.0)
    assert verifier.wait_until_ready(20)
    # The metadata fails along with the feed: what it said before is used.
    keyturn.faults = {"revocations": 500, "metadata": 500}
    eventually(lambda: verifier.status().trouble)
    eventually(lambda: keyturn.asked["metadata"] >= 3)
    keyturn.faults = {"metadata": 500}
    eventually(lambda: not verifier.status().trouble)
    # The feed is elsewhere from now on.
    keyturn.faults = {"revocations": 404}
    keyturn.metadata = {"keyturn_revocations_endpoint": f"{keyturn.issuer}/elsewhere/?at=home"}
    eventually(lambda: keyturn.asked.get("elsewhere", 0) > 3)
    eventually(lambda: not verifier.status().trouble)
