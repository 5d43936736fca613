"""Mails that sign in, shown to several processes at one moment: what works once works once over all of them."""

import re
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest

from tests.accounts.racing import at_once
from tests.server.over_workers import ON_EITHER, database, made, working
from tests.server.running import Answer, ask
from tests.services.process import ServerProcess

pytestmark = [pytest.mark.server, pytest.mark.needs("/proc")]

MAKE = """
from allauth.account.models import EmailAddress
from django.contrib.auth.models import User
for name in ("ada", "bob", "eve"):
    user = User.objects.create_user(name, f"{name}@example.com")
    EmailAddress.objects.create(user=user, email=user.email, verified=True, primary=True)
"""
CROWD = 20
LIMITS = "code_pair=5/10m,code_account=5/10m,code_address=off,mail_address=off,mail_email=off,link_address=off"


@pytest.fixture(params=ON_EITHER)
def served(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[ServerProcess]:
    """A server of several workers with sign-in by mail."""
    env = {**database(request), "KEYTURN_LIMITS": LIMITS, "KEYTURN_SIGN_IN_BY_MAIL": "1"}
    made(tmp_path, env, MAKE)
    with working(tmp_path, env) as server:
        yield server


def _asked(server: ServerProcess, name: str) -> str:
    """Have a mail sent; the flow's token."""
    body = {"email": f"{name}@example.com"}
    answer = ask(server.port, "POST", "/auth/app/v1/auth/code/request", json_body=body)
    assert answer.status == 401, answer.body
    return str(answer.json["meta"]["session_token"])


def _mail(server: ServerProcess, name: str) -> tuple[str, str]:
    """Code and key of the newest mail."""
    text = ask(server.port, "GET", f"/dev/inbox/latest/?to={name}@example.com").body.decode()
    code, key = re.search(r"^\s+([A-Z]{4}-[A-Z]{4})$", text, re.MULTILINE), re.search(r"/sign-in/link\?key=(\S+)", text)
    assert code is not None, text
    assert key is not None, text
    return code[1], key[1]


def _confirm(server: ServerProcess, flow: str, code: str) -> Answer:
    path = "/auth/app/v1/auth/code/confirm"
    return ask(server.port, "POST", path, json_body={"code": code}, x_session_token=flow)


def _follow(server: ServerProcess, key: str) -> Answer:
    return ask(server.port, "POST", "/auth/app/v1/auth/code/link", json_body={"key": key})


def _guess(server: ServerProcess, flow: str) -> list[int]:
    return [_confirm(server, flow, "BBBB-BBBB").status for _ in range(10)]


def test_of_twenty_one_signs_in_over_all_workers_and_of_two_hundred_guesses_five_are_looked_at(served):
    flow = _asked(served, "ada")
    code, _ = _mail(served, "ada")
    statuses = [answer.status for answer in at_once([partial(_confirm, served, flow, code)] * CROWD)]
    assert statuses.count(200) == 1, statuses
    assert set(statuses) <= {200, 409, 410, 429}

    flow = _asked(served, "bob")
    code, key = _mail(served, "bob")
    calls = [partial(_follow, served, key)] * (CROWD - 4) + [partial(_confirm, served, flow, code)] * 4
    answers = at_once(calls)
    statuses = [answer.status for answer in answers]
    assert statuses.count(200) == 1, statuses
    assert set(statuses) <= {200, 400, 409, 410, 429}
    assert {answer.json["reason"] for answer in answers if answer.status == 400} <= {"link_used", "wrong_code"}

    flows = [_asked(served, "eve") for _ in range(CROWD)]
    statuses = [status for some in at_once([partial(_guess, served, flow) for flow in flows]) for status in some]
    assert len(statuses) == 200
    assert statuses.count(400) == 5, statuses
    assert statuses.count(429) == 195
