"""Guesses at once against a server of two worker processes: by HTTP, with real hashes, on either database."""

from collections import Counter

import pytest

from tests.proofs.administrator import PASSWORD
from tests.services.valkey import start_valkey

pytestmark = [pytest.mark.server, pytest.mark.slow]

GUESSES = 200


@pytest.mark.parametrize("with_cache", [False, True], ids=["database", "valkey"])
def test_of_200_guesses_at_once_exactly_five_are_evaluated(open_guarded, with_cache, request):
    more = {"KEYTURN_CACHE_URL": request.getfixturevalue("valkey_url")} if with_cache else {}
    server = open_guarded(**more)

    answers = server.guess(*[("anna", f"wrong {number}") for number in range(GUESSES)])

    assert Counter(answer.status for answer in answers) == {401: 5, 429: GUESSES - 5}
    for answer in answers:
        if answer.status == 429:
            # A second more for who knocked a moment before the one whose attempt began the window.
            assert 1 <= int(answer.headers["retry-after"]) <= 301
            assert answer.json["code"] == answer.json["reason"] == "too_many_attempts"
            assert answer.headers["cache-control"] == "no-store"
    # The right password is one more guess, and nobody else is in the way.
    (anna, bela) = server.guess(("anna", PASSWORD), ("bela", PASSWORD))
    assert (anna.status, bela.status) == (429, 200)


def test_guesses_at_many_names_at_once_stop_at_a_hundred_for_their_address(open_guarded):
    server = open_guarded(KEYTURN_UPDATE_LAST_LOGIN="0")

    answers = server.guess(*[(f"user {number}", "wrong") for number in range(GUESSES)])

    assert Counter(answer.status for answer in answers) == {401: 100, 429: GUESSES - 100}


def test_when_the_cache_dies_logins_go_on_and_guesses_are_still_counted(open_guarded):
    valkey, url = start_valkey()
    try:
        server = open_guarded(KEYTURN_CACHE_URL=url)
        before = server.guess(*[("anna", "wrong")] * 20, ("bela", PASSWORD))
        assert Counter(answer.status for answer in before) == {401: 5, 429: 15, 200: 1}
        assert server.metric("keyturn_attempts_without_cache_total") == 0
    finally:
        valkey.stop()

    for _ in range(3):
        after = server.guess(*[("anna", "wrong")] * 20, ("bela", PASSWORD))
        assert after[-1].status == 200
        assert {answer.status for answer in after[:-1]} <= {401, 429}
        before += after

    # The database begins to count where the cache left off unseen: one window's worth of guesses, and no more.
    assert Counter(answer.status for answer in before)[401] == 10
    told = server.process.output()
    assert 1 <= told.count("attempts are counted in the database") <= 2, "once for each process"
    assert PASSWORD not in told
