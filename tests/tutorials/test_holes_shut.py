"""Keyturn added to the second tutorial's backend shuts the holes, over HTTP, on one process and on two."""

import pytest
from requests import Response

from tests.tutorials.backend import OLD_HAND, Backend
from tests.tutorials.client import Client, Tokens

pytestmark = pytest.mark.server


def assert_refused(answer: Response, reason: str) -> None:
    """Expect a 401 in JSON that gives this reason."""
    assert answer.status_code == 401, answer.text[:500]
    body = answer.json()
    assert body["reason"] == reason
    assert {"detail", "code"} <= set(body)
    assert answer.headers["WWW-Authenticate"].startswith("Bearer")


def spend(client: Client, tokens: Tokens, times: int) -> list[Tokens]:
    """Refresh so many times and return every generation, the first one included."""
    generations = [tokens]
    for _ in range(times):
        generations.append(client.refresh(generations[-1].refresh))
    return generations


@pytest.mark.parametrize("attempt", range(3))
def test_callers_at_once_share_one_successor_across_processes(
    keyturn: Backend, two_workers: Client, attempt: int
) -> None:
    refresh = keyturn.log_in().refresh

    answers = two_workers.refresh_at_once(refresh, callers=32)

    assert [answer.status_code for answer in answers] == [200] * 32, [a.text[:200] for a in answers if not a.ok]
    [successor] = {answer.json()["refresh"] for answer in answers}
    assert successor != refresh
    for access in {answer.json()["access"] for answer in answers}:
        assert two_workers.home(access).status_code == 200
    assert two_workers.refresh(successor).refresh != successor


def test_a_replayed_generation_ends_the_session_and_its_access_tokens(keyturn: Backend, two_workers: Client) -> None:
    username = keyturn.newcomer()
    elsewhere = keyturn.log_in(username)
    generations = spend(keyturn.client, keyturn.log_in(username), times=3)

    assert_refused(keyturn.client.try_refresh(generations[0].refresh), "refresh_reused")

    for tokens in generations:
        assert_refused(keyturn.client.try_refresh(tokens.refresh), "refresh_reused")
        assert_refused(keyturn.client.home_once_heard(tokens.access), "refresh_reused")
        assert_refused(two_workers.home_once_heard(tokens.access), "refresh_reused")
    assert keyturn.client.home(elsewhere.access).status_code == 200
    keyturn.client.refresh(elsewhere.refresh)


def test_a_retry_after_a_lost_reply_gets_the_identical_refresh_token(keyturn: Backend) -> None:
    tokens = keyturn.log_in()
    lost = keyturn.client.refresh(tokens.refresh)

    again = keyturn.client.refresh(tokens.refresh)

    assert again.refresh == lost.refresh
    keyturn.client.refresh(again.refresh)


def test_a_logout_ends_the_access_token_at_once_in_every_process(keyturn: Backend, two_workers: Client) -> None:
    tokens = keyturn.log_in()

    assert two_workers.log_out(tokens.refresh, tokens.access).status_code == 205

    assert_refused(keyturn.client.home_once_heard(tokens.access), "session_revoked")
    assert_refused(two_workers.home_once_heard(tokens.access), "session_revoked")


def test_a_stranger_cannot_log_another_user_out(keyturn: Backend) -> None:
    victim, stranger = keyturn.log_in(), keyturn.log_in()

    answer = keyturn.client.log_out(victim.refresh, stranger.access)

    assert answer.status_code == 400
    assert {"detail", "code"} <= set(answer.json())
    assert keyturn.client.home(victim.access).status_code == 200
    keyturn.client.refresh(victim.refresh)
    keyturn.client.refresh(stranger.refresh)


@pytest.mark.parametrize("refresh", [None, 1, [], {}, "", "a.b.c", "\x00"])
def test_a_logout_needs_a_refresh_token(keyturn: Backend, refresh: object) -> None:
    tokens = keyturn.log_in()

    answer = keyturn.client.log_out(refresh, tokens.access)

    assert answer.status_code == 400
    assert {"detail", "code"} <= set(answer.json())
    assert keyturn.client.home(tokens.access).status_code == 200


def test_a_repeated_logout_is_205(keyturn: Backend) -> None:
    tokens = keyturn.log_in()

    statuses = [keyturn.client.log_out(tokens.refresh, tokens.access).status_code for _ in range(3)]

    assert statuses == [205, 205, 205]


def test_any_generation_of_the_session_logs_out(keyturn: Backend) -> None:
    generations = spend(keyturn.client, keyturn.log_in(), times=4)

    assert keyturn.client.log_out(generations[0].refresh, generations[4].access).status_code == 205

    assert_refused(keyturn.client.try_refresh(generations[4].refresh), "session_revoked")


def test_an_access_token_is_no_refresh_token_to_log_out_with(keyturn: Backend) -> None:
    tokens = keyturn.log_in()

    assert keyturn.client.log_out(tokens.access, tokens.access).status_code == 400

    keyturn.client.refresh(tokens.refresh)


def test_a_deleted_user_gets_401(keyturn: Backend) -> None:
    username = keyturn.newcomer()
    tokens = keyturn.log_in(username)
    keyturn.project.shell(f"User.objects.get(username={username!r}).delete()")

    refreshed = keyturn.client.try_refresh(tokens.refresh)
    opened = keyturn.client.home_once_heard(tokens.access)
    logged_out = keyturn.client.log_out(tokens.refresh, tokens.access)

    for answer in (refreshed, opened):
        assert answer.status_code == 401
        assert {"detail", "code", "reason"} <= set(answer.json())
    assert logged_out.status_code in {205, 400, 401}
    assert keyturn.client.call("POST", "/token/verify/", json={"token": tokens.refresh}).status_code == 401


def test_a_user_deactivated_behind_djangos_back_gets_401(keyturn: Backend) -> None:
    username = keyturn.newcomer()
    tokens = keyturn.log_in(username)
    keyturn.project.database.execute("UPDATE auth_user SET is_active = FALSE WHERE username = ?", username)

    assert_refused(keyturn.client.try_refresh(tokens.refresh), "user_inactive")


def test_a_password_changed_behind_djangos_back_ends_the_session(keyturn: Backend) -> None:
    username = keyturn.newcomer()
    tokens = keyturn.log_in(username)
    keyturn.project.database.execute("UPDATE auth_user SET password = ? WHERE username = ?", "md5$salt$0", username)

    assert_refused(keyturn.client.try_refresh(tokens.refresh), "password_changed")


def test_a_login_that_upgrades_the_password_hash_keeps_every_session(keyturn: Backend) -> None:
    first = keyturn.log_in(OLD_HAND)
    second = keyturn.log_in(OLD_HAND)

    for tokens in (first, second):
        assert keyturn.client.home(tokens.access).status_code == 200
        keyturn.client.refresh(tokens.refresh)


def test_a_refused_login_says_why_in_a_word(keyturn: Backend) -> None:
    answer = keyturn.client.call("POST", "/token/", json={"username": keyturn.newcomer(), "password": "wrong"})

    assert_refused(answer, "bad_credentials")
    assert answer.json()["code"] == "no_active_account"


def test_token_answers_are_not_stored(keyturn: Backend) -> None:
    tokens = keyturn.log_in()

    answer = keyturn.client.try_refresh(tokens.refresh)

    assert "no-store" in answer.headers["Cache-Control"]
