"""A client that names its refreshes (``Idempotency-Key``) gets the reply it lost at any age, and nobody else does."""

from dataclasses import replace

import pytest

from keyturn.errors import Reason
from keyturn.sessions.client import Client
from keyturn.sessions.outcome import Converged, Forgiven, Refused, Reused, Rotated
from tests.engine.acting import COOKIE, CURL, DPOP, FIREFOX, examined, later, opened, present, row

KEY = "0b6f2d4c-7f0e-4f0a-9a53-6f1f8f7f3d11"
OTHER = "a9f0c1de-5a53-4c6b-8d0e-1f2e3d4c5b6a"
BINDINGS = pytest.mark.parametrize("binding", [None, COOKIE, DPOP], ids=["unbound", "cookie", "dpop"])


def naming(text, client=FIREFOX):
    return replace(client, retry_key=Client.key_of(text))


@BINDINGS
def test_each_reply_may_be_lost_for_an_hour_and_the_session_lives(user, binding):
    """Without a key two such losses in a row end an unbound session, and one bound to a cookie."""
    session = opened(user, binding=binding)
    for generation in range(40):
        client = naming(f"{KEY}-{generation}")
        moment = later(hours=generation)
        assert isinstance(present(session, generation, binding=binding, client=client, now=moment), Rotated)
        for minutes in (1, 30, 59):
            moment = later(hours=generation, minutes=minutes)
            again = present(session, generation, binding=binding, client=client, now=moment)
            assert isinstance(again, Converged)
            assert again.session.generation == generation + 1
    assert row(session).forgiven is None


@BINDINGS
def test_a_retry_writes_nothing(user, binding):
    session = opened(user, binding=binding)
    present(session, 0, binding=binding, client=naming(KEY))
    before = row(session)
    assert isinstance(present(session, 0, binding=binding, client=naming(KEY), now=later(3600)), Converged)
    after = row(session)
    assert all(getattr(after, one.attname) == getattr(before, one.attname) for one in before._meta.fields)


def test_whoever_has_another_key_is_judged_as_if_there_were_none(user):
    session = opened(user)
    present(session, 0, client=naming(KEY))
    assert isinstance(present(session, 0, client=naming(OTHER), now=later(3600)), Forgiven)
    assert isinstance(present(session, 1, client=naming(KEY), now=later(3601)), Rotated)
    assert isinstance(present(session, 1, client=naming(OTHER), now=later(7200)), Reused)


def test_a_thief_and_a_victim_who_name_their_refreshes_are_told_apart_as_before(user):
    session = opened(user)
    held = {"victim": 0, "thief": 0}
    outcomes = []
    for turn in range(8):
        who = ("thief", "victim")[turn % 2]
        outcome = present(session, held[who], client=naming(f"{who} {turn} {KEY}"), now=later(hours=turn))
        outcomes.append(type(outcome))
        if isinstance(outcome, Reused):
            break
        assert not isinstance(outcome, Refused)
        held[who] = outcome.session.generation
    assert outcomes[-1] is Reused
    assert outcomes.count(Forgiven) == 1


def test_a_key_of_an_earlier_refresh_is_worth_nothing(user):
    session = opened(user)
    present(session, 0, client=naming(KEY))
    present(session, 1, client=naming(OTHER), now=later(60))
    assert isinstance(present(session, 0, client=naming(KEY), now=later(3600)), Reused)


@BINDINGS
def test_a_key_that_comes_with_every_refresh_speaks_for_nobody(user, binding):
    """A constant, or a gateway's hash of an empty body, is the thief's as well."""
    session = opened(user, binding=binding)
    client = naming(KEY)
    for generation in range(6):
        assert isinstance(present(session, generation, binding=binding, client=client), Rotated)
    assert row(session).retry_key == client.worn_key
    assert not client.retries(client.worn_key)
    assert isinstance(present(session, 5, binding=binding, client=client, now=later(3600)), Forgiven)


def test_a_thief_who_shares_a_constant_key_with_the_victim_is_caught_as_before(user):
    session = opened(user)
    held, outcomes = {"victim": 0, "thief": 0}, []
    for turn in range(20):
        who = ("thief", "victim")[turn % 2]
        outcome = present(session, held[who], client=naming(KEY), now=later(hours=turn))
        outcomes.append(type(outcome))
        if isinstance(outcome, Reused):
            break
        assert not isinstance(outcome, Refused)
        held[who] = outcome.session.generation
    assert outcomes[-1] is Reused
    assert len(outcomes) < 8


def test_after_a_refresh_without_a_key_nobody_can_claim_it(user):
    session = opened(user)
    present(session, 0, client=naming(KEY))
    present(session, 1, now=later(60))
    assert row(session).retry_key == ""
    assert isinstance(present(session, 1, client=naming(""), now=later(3600)), Forgiven)


def test_asking_whether_a_token_is_good_is_not_helped_by_the_key(user):
    session = opened(user)
    present(session, 0, client=naming(KEY))
    present(session, 0, client=naming(OTHER), now=later(60))
    present(session, 1, client=naming(KEY), now=later(120))
    assert examined(session, 1, client=naming(KEY), now=later(3600)) == Refused(Reason.REFRESH_REUSED)


def test_the_retry_may_come_from_another_user_agent(user):
    session = opened(user)
    present(session, 0, client=naming(KEY))
    assert isinstance(present(session, 0, client=naming(KEY, CURL), now=later(3600)), Converged)


@pytest.mark.parametrize("text", ["", "1", "x" * 19, "x" * 201, "x" * 100_000])
def test_a_text_that_could_be_guessed_or_is_too_long_is_no_key(text):
    assert Client.key_of(text) == ""
    assert not Client(retry_key="").retries("")


@pytest.mark.parametrize("text", ["x" * 20, "x" * 200, KEY, "\udcff" * 30, "\x00" * 30, "\u00fc" * 30])
def test_of_a_key_the_database_has_half_a_hash(user, text):
    session = opened(user)
    present(session, 0, client=naming(text))
    kept = row(session).retry_key
    assert len(kept) == 32
    assert text not in kept
    assert kept not in repr(naming(text))
