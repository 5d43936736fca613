"""Nobody is logged out by installing Keyturn: tokens that the stock backend issued before go on."""

from uuid import UUID

import jwt
import pytest

from tests.tutorials.backend import PASSWORD, Backend
from tests.tutorials.client import Client
from tests.tutorials.test_holes_shut import assert_refused, spend

pytestmark = pytest.mark.server


def test_an_old_access_token_still_opens_home(keyturn: Backend) -> None:
    _, tokens = keyturn.before.pop()

    assert keyturn.client.home(tokens.access).status_code == 200


def test_an_old_refresh_token_refreshes_without_anyone_noticing(keyturn: Backend) -> None:
    username, tokens = keyturn.before.pop()

    generations = spend(keyturn.client, tokens, times=3)

    assert len({generation.refresh for generation in generations}) == 4
    assert keyturn.client.home(generations[-1].access).status_code == 200
    keyturn.client.log_in(username, PASSWORD)


def test_an_old_refresh_token_presented_again_gets_the_identical_successor(keyturn: Backend) -> None:
    _, tokens = keyturn.before.pop()
    successor = keyturn.client.refresh(tokens.refresh)

    again = keyturn.client.refresh(tokens.refresh)

    assert again.refresh == successor.refresh
    keyturn.client.refresh(successor.refresh)


def test_an_old_refresh_token_is_adopted_once_by_callers_at_once(keyturn: Backend, two_workers: Client) -> None:
    _, tokens = keyturn.before.pop()

    answers = two_workers.refresh_at_once(tokens.refresh, callers=16)

    assert [answer.status_code for answer in answers] == [200] * 16, [a.text[:200] for a in answers if not a.ok]
    [successor] = {answer.json()["refresh"] for answer in answers}
    keyturn.client.refresh(successor)


def test_an_old_refresh_token_replayed_generations_later_ends_the_session(keyturn: Backend) -> None:
    _, tokens = keyturn.before.pop()
    generations = spend(keyturn.client, tokens, times=3)

    assert_refused(keyturn.client.try_refresh(tokens.refresh), "refresh_reused")

    for generation in generations[1:]:
        assert_refused(keyturn.client.try_refresh(generation.refresh), "refresh_reused")
        assert_refused(keyturn.client.home_once_heard(generation.access), "refresh_reused")


def test_old_tokens_log_out(keyturn: Backend) -> None:
    _, tokens = keyturn.before.pop()

    assert keyturn.client.log_out(tokens.refresh, tokens.access).status_code == 205

    assert_refused(keyturn.client.try_refresh(tokens.refresh), "session_revoked")
    assert keyturn.client.log_out(tokens.refresh, tokens.access).status_code == 205


def test_an_old_refresh_token_logs_out_after_it_was_rotated(keyturn: Backend) -> None:
    _, tokens = keyturn.before.pop()
    successor = keyturn.client.refresh(tokens.refresh)

    assert keyturn.client.log_out(tokens.refresh, successor.access).status_code == 205

    assert_refused(keyturn.client.try_refresh(successor.refresh), "session_revoked")


def test_what_the_stock_backend_had_ended_stays_ended(keyturn: Backend) -> None:
    assert len(keyturn.spent) == 2

    for refresh in keyturn.spent:
        answer = keyturn.client.try_refresh(refresh)
        assert answer.status_code == 401
        assert answer.json()["code"] == "token_not_valid"


def test_the_common_log_out_everywhere_loop_ends_every_session(keyturn: Backend) -> None:
    username, never_refreshed = keyturn.before.pop()
    opened_later = keyturn.log_in(username)
    rotated = keyturn.client.refresh(keyturn.log_in(username).refresh)
    bystander = keyturn.log_in()

    keyturn.project.shell(
        "from rest_framework_simplejwt.token_blacklist.models import BlacklistedToken, OutstandingToken\n"
        f"for token in OutstandingToken.objects.filter(user__username={username!r}):\n"
        "    BlacklistedToken.objects.get_or_create(token=token)\n"
    )

    for tokens in (never_refreshed, opened_later, rotated):
        assert_refused(keyturn.client.try_refresh(tokens.refresh), "session_revoked")
    for tokens in (opened_later, rotated):
        assert_refused(keyturn.client.home_once_heard(tokens.access), "session_revoked")
    keyturn.client.refresh(bystander.refresh)


def test_the_log_out_everywhere_loop_ends_an_adopted_session(keyturn: Backend) -> None:
    username, tokens = keyturn.before.pop()
    adopted = keyturn.client.refresh(tokens.refresh)

    keyturn.project.shell(
        "from rest_framework_simplejwt.token_blacklist.models import BlacklistedToken, OutstandingToken\n"
        f"for token in OutstandingToken.objects.filter(user__username={username!r}):\n"
        "    BlacklistedToken.objects.get_or_create(token=token)\n"
    )

    assert_refused(keyturn.client.try_refresh(adopted.refresh), "session_revoked")
    assert_refused(keyturn.client.home_once_heard(adopted.access), "session_revoked")


def test_a_new_password_ends_old_refresh_tokens_nobody_has_shown_yet(keyturn: Backend) -> None:
    username, tokens = keyturn.before.pop()

    keyturn.project.shell(
        "from django.contrib.auth import get_user_model\n"
        f"user = get_user_model().objects.get(username={username!r})\n"
        "user.set_password('quite another')\n"
        "user.save()\n"
    )

    assert_refused(keyturn.client.try_refresh(tokens.refresh), "session_revoked")
    keyturn.client.log_in(username, "quite another")


def test_saving_a_user_with_the_same_password_leaves_old_refresh_tokens_alone(keyturn: Backend) -> None:
    username, tokens = keyturn.before.pop()

    keyturn.project.shell(
        "from django.contrib.auth import get_user_model\n"
        f"user = get_user_model().objects.get(username={username!r})\n"
        "user.first_name = 'Ada'\n"
        "user.save()\n"
    )

    keyturn.client.refresh(tokens.refresh)


def test_a_reactivated_user_does_not_get_old_refresh_tokens_back(keyturn: Backend) -> None:
    username, tokens = keyturn.before.pop()

    keyturn.project.shell(
        "from django.contrib.auth import get_user_model\n"
        f"user = get_user_model().objects.get(username={username!r})\n"
        "for user.is_active in (False, True):\n"
        "    user.save()\n"
    )

    assert_refused(keyturn.client.try_refresh(tokens.refresh), "session_revoked")


def test_logging_out_everywhere_ends_old_refresh_tokens_nobody_has_shown_yet(keyturn: Backend) -> None:
    username, tokens = keyturn.before.pop()
    signed_in = keyturn.log_in(username)

    assert keyturn.client.call("POST", "/logout/all/", bearer=signed_in.access).status_code == 205

    assert_refused(keyturn.client.try_refresh(tokens.refresh), "session_revoked")


def test_an_adopted_session_takes_over_the_row_that_stock_wrote(keyturn: Backend) -> None:
    username, tokens = keyturn.before.pop()
    stock_jti = jwt.decode(tokens.refresh, options={"verify_signature": False})["jti"]
    assert [jti for jti, _ in _outstanding(keyturn, username)] == [stock_jti]

    spend(keyturn.client, tokens, times=4)

    [(jti, what_was_raw)] = _outstanding(keyturn, username)
    [(session,)] = keyturn.project.database.execute(
        "SELECT id FROM keyturn_session WHERE user_id = ?", keyturn.user_id(username)
    )
    assert UUID(jti) == UUID(what_was_raw) == UUID(str(session))


def test_pruning_empties_the_raw_tokens_of_sessions_nobody_has_come_back_to(keyturn: Backend) -> None:
    _, tokens = keyturn.before.pop()

    keyturn.project.manage("prune_sessions")

    stored = {value for _, _, value in keyturn.project.database.cells() if isinstance(value, str)}
    assert stored.isdisjoint({tokens.refresh, *keyturn.spent})
    spend(keyturn.client, tokens, times=2)


def _outstanding(backend: Backend, username: str) -> list[tuple[str, str]]:
    return backend.project.database.execute(
        "SELECT jti, token FROM token_blacklist_outstandingtoken WHERE user_id = ?", backend.user_id(username)
    )
