"""The first tutorial gives settings only: with Keyturn they get the endpoints they configure."""

import re

import jwt
import pytest

from tests.tutorials.backend import Backend
from tests.tutorials.test_holes_shut import assert_refused, spend

pytestmark = pytest.mark.server

Sheet = tuple[Backend, Backend]


def claims(token: str) -> dict[str, int]:
    """Read a token's claims as a client does, unverified."""
    return dict(jwt.decode(token, options={"verify_signature": False}))


def test_step_9_the_server_runs_but_has_nothing_but_the_admin(sheet: Sheet) -> None:
    stock, _ = sheet

    assert stock.client.call("GET", "/admin/login/").status_code == 200
    assert stock.client.call("POST", "/token/", json={}).status_code == 404


def test_keyturn_gives_the_sheet_its_endpoints(sheet: Sheet) -> None:
    _, keyturn = sheet
    tokens = keyturn.client.refresh(keyturn.log_in().refresh)

    assert keyturn.client.call("POST", "/token/verify/", json={"token": tokens.access}).status_code == 200
    assert keyturn.client.log_out(tokens.refresh, tokens.access).status_code == 205
    assert_refused(keyturn.client.try_refresh(tokens.refresh), "session_revoked")


def test_step_7_access_tokens_live_five_minutes_and_refresh_tokens_two_days(sheet: Sheet) -> None:
    _, keyturn = sheet
    tokens = keyturn.log_in()

    for generation in spend(keyturn.client, tokens, times=1):
        access, refresh = claims(generation.access), claims(generation.refresh)
        assert access["exp"] - access["iat"] == 5 * 60
        assert refresh["exp"] - refresh["iat"] == 2 * 24 * 60 * 60


def test_step_7_tokens_carry_the_claims_named_and_the_algorithm_and_key_given(sheet: Sheet) -> None:
    _, keyturn = sheet
    username = keyturn.newcomer()
    tokens = keyturn.log_in(username)
    secret = re.search(r"^SECRET_KEY = '(.*)'$", keyturn.project.read("backend/settings.py"), re.MULTILINE)
    assert secret

    for token, kind in ((tokens.access, "access"), (tokens.refresh, "refresh")):
        verified = jwt.decode(token, secret[1], algorithms=["HS256"])
        assert verified["token_type"] == kind
        assert verified["user_id"] == str(keyturn.user_id(username))
        assert verified["jti"]
        assert not {"aud", "iss"} & set(verified)


def test_step_8_any_origin_may_call(sheet: Sheet) -> None:
    for backend in sheet:
        answer = backend.client.call("GET", "/admin/login/", headers={"Origin": "http://localhost:3000"})
        assert answer.headers["Access-Control-Allow-Origin"] == "*"


def test_a_replay_ends_the_session(sheet: Sheet) -> None:
    _, keyturn = sheet
    generations = spend(keyturn.client, keyturn.log_in(), times=3)

    assert_refused(keyturn.client.try_refresh(generations[0].refresh), "refresh_reused")

    assert_refused(keyturn.client.try_refresh(generations[-1].refresh), "refresh_reused")


def test_a_deployment_is_warned_of_open_cors_and_of_tokens_signed_with_secret_key(sheet: Sheet) -> None:
    _, keyturn = sheet
    warnings = keyturn.project.manage("check", "--deploy", "--fail-level", "CRITICAL")

    ours = [line for line in warnings.splitlines() if "(keyturn." in line]
    assert any("CORS" in line for line in ours), warnings
    assert any("SECRET_KEY" in line for line in ours), warnings
