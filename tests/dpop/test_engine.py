"""What the rule gives a session that is bound to a key: no reply is lost for good, and a thief dies at once."""

import random

import pytest

from keyturn.errors import Reason
from keyturn.sessions.outcome import Converged, Forgiven, Rotated
from tests.contract.caller import session_of
from tests.engine.acting import COOKIE, CURL, DPOP, later, opened, placed, present, row
from tests.engine.tokens import claims_of, login, refresh_pair, refusal


@pytest.fixture
def user(db, django_user_model):
    return django_user_model.objects.create_user("ada", password="correct horse battery staple")


@pytest.mark.parametrize("seed", range(5))
def test_a_client_that_loses_half_of_all_replies_is_never_signed_out(user, seed):
    chance = random.Random(seed)
    held = login(user, binding=DPOP)
    moment, refreshes, lost = later(), 0, 0
    while moment < later(days=8):
        moment += chance.choice([later(1), later(30), later(3600), later(hours=5)]) - later()
        answer = refresh_pair(held.refresh, now=moment, binding=DPOP)
        refreshes += 1
        # Never for as long as the token lives that the client holds: two days.
        lost = lost + 1 if chance.random() < 0.5 and lost < 3 else 0
        if not lost:
            held = answer
    assert refreshes > 60
    session = session_of(held.refresh)
    assert session.revoked_at is None
    assert session.generation - claims_of(held.refresh)["gen"] in {0, 1}


@pytest.mark.parametrize("hours", [0, 1, 11, 47])
def test_the_token_before_is_let_in_again_and_again(user, hours):
    session = placed(opened(user, binding=DPOP), generation=7, forgiven=7)
    for _ in range(3):
        assert isinstance(present(session, 6, binding=DPOP, now=later(hours=hours)), Converged)
    session = placed(session, forgiven=6)
    assert isinstance(present(session, 6, binding=DPOP, now=later(hours=hours + 0.01)), (Converged, Forgiven))
    assert isinstance(present(session, 7, binding=DPOP, now=later(hours=hours + 0.02)), Rotated)
    assert isinstance(present(session, 7, binding=DPOP, now=later(hours=47.9)), Forgiven)
    assert row(session).revoked_at is None


@pytest.mark.parametrize("behind", [0, 1, 2, 5])
def test_a_thief_without_the_key_dies_at_the_first_use_whatever_the_token(user, behind):
    tokens = [login(user, binding=DPOP)]
    for number in range(1, 6):
        tokens.append(refresh_pair(tokens[-1].refresh, now=later(number), binding=DPOP))
    stolen = tokens[-1 - behind].refresh
    assert refusal(stolen, now=later(6), client=CURL, binding=COOKIE) is Reason.REFRESH_REUSED
    assert refusal(tokens[-1].refresh, now=later(7), binding=DPOP) is Reason.REFRESH_REUSED
