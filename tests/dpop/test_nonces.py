"""Nonces that nobody stores."""

import re

import pytest

from keyturn.jose.nonces import Nonces, NonceState
from keyturn.keys.nonces import proof_nonces

NOW = 1_900_000_000
OURS = Nonces((b"0" * 32,))


@pytest.mark.parametrize(
    ("age", "state"),
    [
        (0, NonceState.GOOD),
        (300, NonceState.GOOD),
        (301, NonceState.STALE),
        (-60, NonceState.GOOD),
        (-61, NonceState.STALE),
        (10**9, NonceState.STALE),
    ],
)
def test_a_nonce_is_good_for_five_minutes(age, state):
    assert OURS.judge(OURS.fresh(now=NOW - age), now=NOW) is state


def test_it_has_the_letters_that_the_rfc_allows():
    nonce = OURS.fresh(now=NOW + 0.7)
    assert re.fullmatch(r"[A-Za-z0-9_-]{32}", nonce)
    assert nonce != OURS.fresh(now=NOW + 1)
    assert OURS.fresh(now=-1)


def test_no_letter_of_it_can_be_changed():
    nonce = OURS.fresh(now=NOW)
    for at, letter in enumerate(nonce):
        changed = nonce[:at] + ("A" if letter != "A" else "B") + nonce[at + 1 :]
        assert OURS.judge(changed, now=NOW) is NonceState.FOREIGN


@pytest.mark.parametrize("text", ["", "A", "A" * 31, "A" * 33, "A" * 32, "=" * 32, " " * 32, "é" * 32, "+/" * 16])
def test_anything_else_is_foreign(text):
    assert OURS.judge(text, now=NOW) is NonceState.FOREIGN


def test_one_made_under_a_former_secret_is_still_good(settings):
    settings.SECRET_KEY = "the former secret of this service, long enough"
    former = proof_nonces().fresh(now=NOW)
    settings.SECRET_KEY = "the present secret of this service, long enough"
    assert proof_nonces().judge(former, now=NOW) is NonceState.FOREIGN
    settings.SECRET_KEY_FALLBACKS = ["the former secret of this service, long enough"]
    assert proof_nonces().judge(former, now=NOW) is NonceState.GOOD
    assert proof_nonces().fresh(now=NOW) != former


def test_nothing_of_its_keys_is_shown_when_they_are_printed():
    assert "000" not in repr(OURS)
