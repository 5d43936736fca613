"""A key that was revoked: refused at once, for ever, whatever the published keys say."""

import time
from types import SimpleNamespace

import pytest

from keyturn.verifier.moments import elapsed
from tests.verifier.fake import SigningKey
from tests.verifier.verdicts import sid_of, verdict


def test_a_revoked_key_is_refused_and_the_new_one_fetched(keyturn, verifier, eventually):
    old, new = keyturn.keys[0], SigningKey()
    raw = keyturn.token()
    assert verdict(verifier, raw) == "good"
    keyturn.keys.append(new)
    keyturn.revoke_key(old)
    eventually(lambda: verdict(verifier, raw) == "unknown_key")
    eventually(lambda: verifier.status().keys == (new.kid,))
    assert verdict(verifier, keyturn.token(new)) == "good"


class Clocks:
    """Both clocks of the follower, moved by hand: ``passed`` seconds went by, and the wall clock was set by ``set``."""

    def __init__(self, monkeypatch):
        self.passed = self.set = 0.0
        wall = SimpleNamespace(time=lambda: time.time() + self.passed + self.set)
        monkeypatch.setattr("keyturn.verifier.following.time", wall)
        monkeypatch.setattr("keyturn.verifier.following.elapsed", lambda: elapsed() + self.passed)


@pytest.mark.parametrize("stale", [False, True], ids=["JWKS fails", "JWKS is a cache's"])
def test_a_revoked_key_is_refused_for_ever(keyturn, make, eventually, monkeypatch, stale):
    """A session may be forgotten when its last token has expired, a stolen key never."""
    clocks = Clocks(monkeypatch)
    monkeypatch.setattr("keyturn.verifier.following._FORGET_EVERY", 0.0)
    verifier, stolen = make(staleness=20.0), keyturn.keys[0]
    assert verifier.wait_until_ready(20)
    raw = keyturn.token()
    assert verdict(verifier, raw) == "good"
    keyturn.keys.append(SigningKey())
    if not stale:
        keyturn.faults["jwks"] = 500
    keyturn.revoke_key(stolen, still_published=stale)
    keyturn.revoke(sid_of(raw))
    eventually(lambda: verifier.status().revoked == 2)
    assert verdict(verifier, raw) == "unknown_key"

    clocks.passed += 2 * keyturn.keep
    eventually(lambda: verifier.status().revoked == 1)
    assert verdict(verifier, keyturn.token(stolen)) == "unknown_key"

    keyturn.forget()
    eventually(lambda: not keyturn.too_old)
    polls = keyturn.asked["revocations"]
    eventually(lambda: keyturn.asked["revocations"] > polls + 2)
    assert verdict(verifier, keyturn.token(stolen)) == "unknown_key"

    keyturn.faults["revocations"] = 500
    clocks.set += 3600
    working = verifier._working()
    eventually(lambda: working.follower.knowledge is None)
    assert verdict(verifier, keyturn.token(stolen)) == "unknown_key"
    assert stolen.kid not in verifier.status().keys
    assert keyturn.introspected == []


def test_keys_are_asked_for_until_a_revoked_one_is_not_among_them(keyturn, verifier, eventually, monkeypatch):
    monkeypatch.setattr("keyturn.verifier.keyring._OUTDATED_PAUSE", 0.02)
    stolen, new = keyturn.keys[0], SigningKey()
    keyturn.keys.append(new)
    asked = keyturn.asked["jwks"]
    # A cache on the way, or a server that has not heard of it yet.
    keyturn.revoke_key(stolen, still_published=True)
    eventually(lambda: keyturn.asked["jwks"] > asked + 3)
    assert verifier.status().keys == (new.kid,)
    assert verifier.status().trouble == ("the issuer's key set still has a revoked key",)
    assert verdict(verifier, keyturn.token(stolen)) == "unknown_key"
    assert verdict(verifier, keyturn.token(new)) == "good"
    keyturn.faults["jwks"] = 500
    eventually(lambda: "the issuer's keys are answered with 500" in verifier.status().trouble)
    assert verdict(verifier, keyturn.token(stolen)) == "unknown_key"
    keyturn.keys.remove(stolen)
    keyturn.faults.clear()
    eventually(lambda: not verifier.status().trouble)
    # What the answer says about its age counts again.
    eventually(lambda: verifier._working().keys._pause() > 100)


def test_a_key_revoked_before_the_start_is_refused_though_it_is_published(keyturn, make, eventually):
    stolen = keyturn.keys[0]
    keyturn.keys.append(SigningKey())
    keyturn.revoke_key(stolen, still_published=True)
    verifier = make(staleness=20.0)
    assert verdict(verifier, keyturn.token(stolen)) == "unknown_key"
    eventually(lambda: verifier.status().keys == (keyturn.keys[1].kid,))


def test_a_forked_process_knows_which_keys_its_parent_had_seen_revoked(keyturn, verifier, eventually):
    stolen = keyturn.keys[0]
    keyturn.keys.append(SigningKey())
    keyturn.revoke_key(stolen, still_published=True)
    eventually(lambda: verdict(verifier, keyturn.token(stolen)) == "unknown_key")
    keyturn.forget()
    parents = verifier._working()
    verifier.after_fork()
    parents.stop()
    assert verdict(verifier, keyturn.token(stolen)) == "unknown_key"
    assert verdict(verifier, keyturn.token(keyturn.keys[1])) == "good"
