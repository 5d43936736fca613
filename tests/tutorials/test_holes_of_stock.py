"""The holes of the tutorials' backend are there: what the tests of Keyturn shut is really open without it."""

import pytest

from tests.tutorials.backend import Backend

pytestmark = pytest.mark.server


def test_two_callers_spend_one_refresh_token_twice(stock: Backend) -> None:
    for _ in range(20):
        answers = stock.client.refresh_at_once(stock.log_in().refresh, callers=4)
        successors = {answer.json()["refresh"] for answer in answers if answer.status_code == 200}
        if len(successors) > 1:
            for successor in successors:
                stock.client.refresh(successor)
            return
    pytest.fail("no token was spent twice")


def test_after_a_replay_the_thief_goes_on(stock: Backend) -> None:
    stolen = stock.log_in().refresh
    thief = stock.client.refresh(stolen)

    assert stock.client.try_refresh(stolen).status_code == 401

    stock.client.refresh(thief.refresh)


def test_an_access_token_survives_the_logout(stock: Backend) -> None:
    tokens = stock.log_in()

    assert stock.client.log_out(tokens.refresh, tokens.access).status_code == 205

    assert stock.client.home(tokens.access).status_code == 200


def test_a_stranger_logs_another_user_out(stock: Backend) -> None:
    victim, stranger = stock.log_in(), stock.log_in()

    assert stock.client.log_out(victim.refresh, stranger.access).status_code == 205

    assert stock.client.try_refresh(victim.refresh).status_code == 401


def test_a_null_refresh_token_is_said_to_be_logged_out(stock: Backend) -> None:
    assert stock.client.log_out(None, stock.log_in().access).status_code == 205


def test_a_second_logout_is_an_error(stock: Backend) -> None:
    tokens = stock.log_in()
    stock.client.log_out(tokens.refresh, tokens.access)

    assert stock.client.log_out(tokens.refresh, tokens.access).status_code == 400


def test_a_deleted_user_brings_the_server_down(stock: Backend) -> None:
    username = stock.newcomer()
    tokens = stock.log_in(username)
    stock.project.shell(f"User.objects.get(username={username!r}).delete()")

    assert stock.client.try_refresh(tokens.refresh).status_code == 500


def test_raw_refresh_tokens_lie_in_the_database_two_rows_a_refresh(stock: Backend) -> None:
    username = stock.newcomer()
    tokens = stock.log_in(username)
    stock.client.refresh(stock.client.refresh(tokens.refresh).refresh)

    assert any(value == tokens.refresh for _, _, value in stock.project.database.cells())
    rows = stock.project.database.execute(
        "SELECT o.id, b.id FROM token_blacklist_outstandingtoken o "
        "LEFT JOIN token_blacklist_blacklistedtoken b ON b.token_id = o.id WHERE o.user_id = ?",
        stock.user_id(username),
    )
    assert sorted(blacklisted is not None for _, blacklisted in rows) == [False, True, True]
