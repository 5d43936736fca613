"""Whoever holds a refresh token and only asks about it must not learn when its rightful client refreshes.

The moment of a rotation is all that a thief of an unbound session needs: within the grace time after it the stolen
token converges, unnoticed, and so does the next one. A thief who has to guess that moment is caught within a few uses.
"""

from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Final

import pytest
from django.contrib.auth import get_user_model
from rest_framework.test import APIClient

from keyturn.errors import RefusedError
from keyturn.models import Session
from keyturn.sessions.client import Client
from keyturn.tokens.issuing import issue_pair
from keyturn.tokens.refreshing import refresh
from keyturn.tokens.verifying import verify_token

_START: Final = datetime(2030, 1, 1, tzinfo=UTC)
_PERIOD: Final = timedelta(seconds=270)
_BROWSER: Final = Client(user_agent="Firefox on Linux")
_CURL: Final = Client(user_agent="curl")
_N: Final = 8


def _accepted(token: str, client: Client, now: datetime) -> bool:
    try:
        verify_token(token, now=now, client=client)
    except RefusedError:
        return False
    return True


@pytest.fixture
def tokens(db: None) -> list[str]:
    """A victim's refresh tokens of the generations 0 to ``_N``, the last one current and 270 s old."""
    user = get_user_model()._default_manager.create_user("anna")
    tokens = [str(issue_pair(user=user, now=_START, client=_BROWSER).refresh)]
    for n in range(_N):
        tokens.append(str(refresh(tokens[-1], now=_START + n * _PERIOD, client=_BROWSER).refresh))
    return tokens


@pytest.mark.parametrize("after", [timedelta(0), timedelta(seconds=3), timedelta(seconds=10)], ids=str)
@pytest.mark.parametrize("client", [_BROWSER, _CURL], ids=lambda client: client.user_agent)
@pytest.mark.parametrize("behind", [0, 1, 2, 3])
@pytest.mark.parametrize("forgiven", [None, _N - 6, _N - 5, _N - 4, _N - 1, _N])
def test_the_answer_about_a_token_is_the_same_before_and_right_after_a_rotation(
    tokens: list[str], forgiven: int | None, behind: int, client: Client, after: timedelta
) -> None:
    Session.objects.update(forgiven=forgiven)
    rotation = _START + _N * _PERIOD
    before = _accepted(tokens[_N - behind], client, rotation - timedelta(microseconds=1))

    refresh(tokens[_N], now=rotation, client=_BROWSER)

    assert _accepted(tokens[_N - behind], client, rotation + after) == before


_Question = Callable[[list[str], datetime], bool]


def _the_newest_as_another(held: list[str], now: datetime) -> bool:
    return _accepted(held[-1], _CURL, now)


def _the_newest(held: list[str], now: datetime) -> bool:
    return _accepted(held[-1], _BROWSER, now)


def _the_one_before(held: list[str], now: datetime) -> bool:
    return _accepted(held[-2], _BROWSER, now)


@pytest.mark.parametrize("question", [_the_newest_as_another, _the_newest, _the_one_before])
@pytest.mark.parametrize("forgiven", [_N - 6, _N - 1, _N])
def test_a_thief_who_asks_every_three_seconds_is_caught_or_shut_out(
    tokens: list[str], question: _Question, forgiven: int
) -> None:
    """The thief has the last two tokens, and uses the newest as soon as the answer to the question changes."""
    Session.objects.update(forgiven=forgiven)
    victim, held = tokens[-1], tokens[-2:]
    now = _START + (_N - 1) * _PERIOD + timedelta(seconds=12)
    followed = 0
    answer: bool | None = None
    with suppress(RefusedError):
        for n in range(_N, _N + 20):
            while now < _START + n * _PERIOD:
                last, answer = answer, question(held, now)
                if last not in {None, answer}:
                    held.append(str(refresh(held[-1], now=now, client=_BROWSER).refresh))
                    followed += 1
                    answer = None
                now += timedelta(seconds=3)
            victim = str(refresh(victim, now=_START + n * _PERIOD, client=_BROWSER).refresh)
    # Forgiveness, where it is not spent, lets one late use pass, and for a generation any number of repeats of it.
    assert followed <= 1, f"followed the victim through {followed} rotations"


def test_the_list_of_sessions_is_the_same_before_and_right_after_a_rotation(db: None) -> None:
    """A thief has an access token too, and can ask with it every few seconds."""
    get_user_model()._default_manager.create_user("anna", password="for this test only")
    caller = APIClient(headers={"User-Agent": "Firefox on Linux"})
    pair = caller.post("/token/", {"username": "anna", "password": "for this test only"}).json()

    def listed() -> object:
        return caller.get("/sessions/", headers={"Authorization": f"Bearer {pair['access']}"}).json()

    seen = []
    # Twice, since a full hour may pass in between, once.
    for _ in range(2):
        rotated_at = datetime.now(tz=UTC) - timedelta(minutes=90)
        Session.objects.update(rotated_at=rotated_at, idle_expires_at=rotated_at + timedelta(days=2))
        before = listed()
        answer = caller.post("/token/refresh/", {"refresh": pair["refresh"]})
        assert answer.status_code == 200
        pair["refresh"] = answer.json()["refresh"]
        seen.append((before, listed()))
    assert any(before == after for before, after in seen), seen[-1]
