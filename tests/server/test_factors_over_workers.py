"""Codes of a second factor shown to several processes at one moment: what counts once counts once over all of them."""

from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest

from keyturn.clock import utc_now
from keyturn.mfa import totp
from tests.accounts.racing import at_once
from tests.server.over_workers import ON_EITHER, database, made, working
from tests.server.running import ask
from tests.services.process import ServerProcess

pytestmark = [pytest.mark.server, pytest.mark.needs("/proc")]

PASSWORD = "of no value to anybody"
SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"
MAKE = f"""
from allauth.mfa.models import Authenticator
from django.contrib.auth.models import User
from keyturn.clock import utc_now
from keyturn.mfa import recovery
for name in ("ada", "bob", "eve"):
    user = User.objects.create_user(name, password="{PASSWORD}")
    Authenticator.objects.create(user=user, type="totp", data={{"secret": "{SECRET}"}})
    Authenticator.objects.create(user=user, type="recovery_codes", data={{"migrated_codes": []}})
    if name == "bob":
        print(*recovery.make(user.pk, now=utc_now()))
"""
LIMITS = "login_pair=off,login_account=off,login_address=off,code_pair=5/10m,code_account=5/10m,code_address=off"


@pytest.fixture(params=ON_EITHER)
def served(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[ServerProcess, list[str]]]:
    """A server of several workers, and bob's recovery codes."""
    env = {**database(request), "KEYTURN_LIMITS": LIMITS}
    codes = made(tmp_path, env, MAKE).split()
    with working(tmp_path, env) as server:
        yield server, codes


def _tokens(server: ServerProcess, name: str) -> list[str]:
    body = {"username": name, "password": PASSWORD}
    answers = [ask(server.port, "POST", "/token/", json_body=body) for _ in range(20)]
    assert {answer.status for answer in answers} == {401}, answers[0].body
    return [answer.json["mfa_token"] for answer in answers]


def _shown(server: ServerProcess, token: str, code: str) -> int:
    return ask(server.port, "POST", "/token/mfa/", json_body={"mfa_token": token, "code": code}).status


def _guesses(server: ServerProcess, token: str, number: int) -> list[int]:
    return [_shown(server, token, f"{900_000 + number * 10 + one}0") for one in range(10)]


def test_a_code_lets_one_of_twenty_in_over_all_workers_and_of_two_hundred_guesses_five_are_looked_at(served):
    server, recovery_codes = served

    tokens = _tokens(server, "ada")
    code = totp.code_at(SECRET, totp.step_at(utc_now()))
    statuses = at_once([partial(_shown, server, token, code) for token in tokens])
    assert statuses.count(200) == 1, statuses
    # The others were wrong, or too many.
    assert set(statuses) <= {200, 400, 429}

    # One token, shown with codes each of which would be right.
    token = _tokens(server, "bob")[0]
    others = [code for code in recovery_codes if code != recovery_codes[4]]
    statuses = at_once([partial(_shown, server, token, others[number % 9]) for number in range(20)])
    assert sorted(statuses) == [200] + [401] * 19

    tokens = _tokens(server, "bob")
    statuses = at_once([partial(_shown, server, token, recovery_codes[4]) for token in tokens])
    assert statuses.count(200) == 1, statuses
    assert set(statuses) <= {200, 400, 429}

    tokens = _tokens(server, "eve")
    guesses = at_once([partial(_guesses, server, token, number) for number, token in enumerate(tokens)])
    statuses = [status for some in guesses for status in some]
    assert len(statuses) == 200
    assert statuses.count(400) == 5, statuses
    assert statuses.count(429) == 195
