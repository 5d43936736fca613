"""Many hands on one session: over HTTP, against two worker processes, on SQLite and on PostgreSQL."""

import time
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
    winners: list[Answer] = []
    for _ in range(_ROUNDS):
        token = house.sign_in("anna")
        answers = house.crowd.ask_at_once([_refresh(token)] * CROWD)
        assert Counter(answer.status for answer in answers) == {200: 1, 401: CROWD - 1}
        refused = [answer.json for answer in answers if answer.status == 401]
        assert {(body["code"], body["reason"]) for body in refused} == {("token_not_valid", "refresh_reused")}
        # Strict means that the second use is reuse (RFC 9700 section 4.14.2): the winner is signed out as well.
        (won,) = [answer for answer in answers if answer.status == 200]
        late = house.crowd.ask(_refresh(won.json["refresh"]))
        assert (late.status, late.json["reason"]) == (401, "refresh_reused")
        winners.append(won)
    for won in winners:
        home = _once_heard(house, won)
        assert (home.status, home.json["reason"]) == (401, "refresh_reused")
    assert house.administrator("sessions", "anna") == [_ROUNDS, 0, 1]


def _wave(house: House, token: str, *others: Ask) -> tuple[str, list[Answer]]:
    """Refresh by eight callers at once, beside others; return what the next wave holds, and all the answers."""
    answers = house.crowd.ask_at_once([*[_refresh(token)] * 8, *others])
    return next((answer.json["refresh"] for answer in answers[:8] if answer.status == 200), token), answers


def _once_heard(house: House, answer: Answer) -> Answer:
    """Open the page when the workers have had time to hear of the end: a second at most, and more where all is busy."""
    deadline = time.monotonic() + 15
    opened = house.crowd.ask(_home(answer))
    while opened.status == 200 and time.monotonic() < deadline:
        time.sleep(0.05)
        opened = house.crowd.ask(_home(answer))
    return opened


def _must_be_dead(house: House, token: str, answers: list[Answer], *, reason: str) -> None:
    """Whatever was minted before, during or after the race opens nothing any more."""
    winners = [answer for answer in answers if answer.status == 200]
    tokens = {token, *(answer.json["refresh"] for answer in winners)}
    late = [house.crowd.ask(_refresh(one)) for one in tokens]
    late += [_once_heard(house, answer) for answer in winners[:CROWD]]
    refused = [answer for answer in answers if answer.status != 200] + late
    assert {(answer.status, answer.json["reason"]) for answer in refused} == {(401, reason)}


def test_a_refresh_that_races_a_log_out_leaves_nothing_alive(open_house: OpenHouse) -> None:
    house = open_house(**_PATIENT)
    for _ in range(_RACES):
        token = house.sign_in("anna")
        later, (*refreshed, left) = _wave(house, token, Ask("/token/blacklist/", {"refresh": token}))
        assert left == Answer(200, {})
        _, too_late = _wave(house, later)
        _must_be_dead(house, token, refreshed + too_late, reason="session_revoked")
    assert house.administrator("sessions", "anna")[:2] == [_RACES, 0]


@pytest.mark.parametrize(
    ("change", "reason"),
    [("change", "password_changed"), ("deactivate", "user_inactive"), ("delete", "session_revoked")],
)
def test_a_refresh_that_races_a_change_of_its_user_leaves_nothing_alive(
    open_house: OpenHouse, change: str, reason: str
) -> None:
    house = open_house(**_PATIENT)
    for _ in range(_RACES):
        first = later = house.sign_in("anna")
        house.administrator("prepare", "anna")
        refreshed: list[Answer] = []
        house.administrator.begin(change, "anna")
        # Wave after wave, so that the change comes in the middle of one.
        is_done = False
        while not is_done:
            later, answers = _wave(house, later)
            refreshed += answers
            is_done = house.administrator.is_done()
        house.administrator.end()
        _must_be_dead(house, first, refreshed, reason=reason)
        # The user can sign in again, as before; the sessions of before stay dead.
        house.administrator("restore", "anna")
        _must_be_dead(house, first, [answer for answer in refreshed if answer.status == 200], reason=reason)
    assert house.administrator("sessions", "anna")[1] == 0
