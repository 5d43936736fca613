"""Many hands on one session: over HTTP, against two worker processes, on SQLite and on PostgreSQL."""

from collections import Counter

import pytest

from tests.proofs.conftest import CROWD, House, OpenHouse
from tests.proofs.crowd import Answer, Ask

pytestmark = [pytest.mark.server, pytest.mark.slow]

_ROUNDS = 50
_RACES = 20
# So long that a busy machine cannot make an honest caller late: what is proved here is not about time.
_PATIENT = {"KEYTURN_REFRESH_GRACE": "60s"}


def _refresh(token: str) -> Ask:
    return Ask("/token/refresh/", {"refresh": token})


def _home(answer: Answer) -> Ask:
    return Ask("/home/", bearer=answer.json["access"])


def test_thirty_two_callers_at_once_all_get_the_same_successor(open_house: OpenHouse) -> None:
    house = open_house(**_PATIENT)
    token = house.sign_in("anna")
    seen = {token}
    for _ in range(_ROUNDS):
        answers = house.crowd.ask_at_once([_refresh(token)] * CROWD)
        assert Counter(answer.status for answer in answers) == {200: CROWD}
        (token,) = {answer.json["refresh"] for answer in answers}
        assert token not in seen, "a round without a successor"
        seen.add(token)
        homes = house.crowd.ask_at_once([_home(answer) for answer in answers])
        assert Counter(answer.status for answer in homes) == {200: CROWD}
    # One row, and each round moved it on by exactly one generation, whoever won.
    assert house.administrator("sessions", "anna") == [1, 1, _ROUNDS]


def test_with_no_grace_exactly_one_of_thirty_two_wins_and_the_session_ends(open_house: OpenHouse) -> None:
    house = open_house(KEYTURN_REFRESH_GRACE="0")
    for _ in range(_ROUNDS):
        token = house.sign_in("anna")
        answers = house.crowd.ask_at_once([_refresh(token)] * CROWD)
        assert Counter(answer.status for answer in answers) == {200: 1, 401: CROWD - 1}
        refused = [answer.json for answer in answers if answer.status == 401]
        assert {(body["code"], body["reason"]) for body in refused} == {("token_not_valid", "refresh_reused")}
        # Strict means that the second use is reuse (RFC 9700 section 4.14.2): the winner is signed out as well.
        (won,) = [answer for answer in answers if answer.status == 200]
        late, home = house.crowd.ask_at_once([_refresh(won.json["refresh"]), _home(won)])
        assert (late.status, late.json["reason"]) == (401, "refresh_reused")
        assert (home.status, home.json["reason"]) == (401, "refresh_reused")
    assert house.administrator("sessions", "anna") == [_ROUNDS, 0, 1]


def _meanwhile(house: House, token: str, *others: Ask) -> tuple[list[Answer], list[Answer]]:
    """Refresh in waves, each with what the last one gave, while something happens to the session.

    Args:
        house: the server.
        token: the first wave's.
        others: asked together with the first wave.

    Returns:
        The answers to the refreshes, and the answers to the others.
    """
    refreshed: list[Answer] = []
    other: list[Answer] = []
    for wave in range(3):
        beside = others if wave == 0 else ()
        answers = house.crowd.ask_at_once([*[_refresh(token)] * 8, *beside])
        other += answers[8:]
        refreshed += answers[:8]
        token = next((answer.json["refresh"] for answer in answers[:8] if answer.status == 200), token)
    return refreshed, other


def _must_be_dead(house: House, token: str, answers: list[Answer], *, reason: str) -> None:
    """Whatever was minted before, during or after the race opens nothing any more."""
    winners = [answer for answer in answers if answer.status == 200]
    tokens = {token, *(answer.json["refresh"] for answer in winners)}
    late = [house.crowd.ask(_refresh(one)) for one in tokens]
    late += house.crowd.ask_at_once([_home(answer) for answer in winners]) if winners else []
    refused = [answer for answer in answers if answer.status != 200] + late
    assert {(answer.status, answer.json["reason"]) for answer in refused} == {(401, reason)}


def _must_have_raced(answers: list[Answer]) -> None:
    """Over all rounds some refreshes came in time and some too late; otherwise nothing has been proved."""
    assert {answer.status for answer in answers} == {200, 401}


def test_a_refresh_that_races_a_log_out_leaves_nothing_alive(open_house: OpenHouse) -> None:
    house = open_house(**_PATIENT)
    all_answers: list[Answer] = []
    for _ in range(_RACES):
        token = house.sign_in("anna")
        answers, (left,) = _meanwhile(house, token, Ask("/token/blacklist/", {"refresh": token}))
        assert left == Answer(200, {})
        _must_be_dead(house, token, answers, reason="session_revoked")
        all_answers += answers
    _must_have_raced(all_answers)
    assert house.administrator("sessions", "anna")[:2] == [_RACES, 0]


@pytest.mark.parametrize(
    ("change", "reason"),
    [("change", "password_changed"), ("deactivate", "user_inactive"), ("delete", "session_revoked")],
)
def test_a_refresh_that_races_a_change_of_its_user_leaves_nothing_alive(
    open_house: OpenHouse, change: str, reason: str
) -> None:
    house = open_house(**_PATIENT)
    all_answers: list[Answer] = []
    for _ in range(_RACES):
        token = house.sign_in("anna")
        house.administrator("prepare", "anna")
        house.administrator.begin(change, "anna")
        answers, _ = _meanwhile(house, token)
        house.administrator.end()
        _must_be_dead(house, token, answers, reason=reason)
        # The user can sign in again, as before; the sessions of before stay dead.
        house.administrator("restore", "anna")
        _must_be_dead(house, token, [answer for answer in answers if answer.status == 200], reason=reason)
        all_answers += answers
    _must_have_raced(all_answers)
    assert house.administrator("sessions", "anna")[1] == 0
