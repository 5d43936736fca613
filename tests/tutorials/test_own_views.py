"""Views of the project's own on simplejwt's classes get Keyturn's guarantees, with and without ATOMIC_REQUESTS."""

import jwt
import pytest

from tests.tutorials.backend import PASSWORD, Backend
from tests.tutorials.client import Client, Tokens
from tests.tutorials.test_holes_shut import assert_refused, spend

pytestmark = pytest.mark.server


@pytest.fixture(params=["/", "/api/"], ids=["our views", "simplejwt's views"])
def door(request: pytest.FixtureRequest, own_views: Backend) -> Client:
    """A client of the token views in front, Keyturn's, or of simplejwt's own where the project mounted them."""
    client = Client(own_views.client.base_url, prefix=request.param)
    client.issued = own_views.client.issued
    return client


def claims(token: str) -> dict[str, object]:
    """Read a token's claims as a client does, unverified."""
    return dict(jwt.decode(token, options={"verify_signature": False}))


def test_a_serializer_of_the_project_adds_claims_that_survive_refreshes(own_views: Backend, door: Client) -> None:
    username = own_views.newcomer()

    for tokens in spend(door, door.log_in(username, PASSWORD), times=3):
        for token in (tokens.access, tokens.refresh):
            assert claims(token)["email"] == f"{username}@example.com"
            assert claims(token)["plan"] == {"name": "gold", "seats": 3}
    assert door.home(tokens.access).status_code == 200


def test_callers_at_once_share_one_successor(own_views: Backend, door: Client) -> None:
    tokens = door.log_in(own_views.newcomer(), PASSWORD)

    answers = door.refresh_at_once(tokens.refresh, callers=8)

    assert [answer.status_code for answer in answers] == [200] * 8, [a.text[:200] for a in answers if not a.ok]
    [successor] = {answer.json()["refresh"] for answer in answers}
    assert claims(successor)["plan"] == {"name": "gold", "seats": 3}
    door.refresh(successor)


def test_a_replay_ends_the_session_although_the_answer_is_an_error(own_views: Backend, door: Client) -> None:
    generations = spend(door, door.log_in(own_views.newcomer(), PASSWORD), times=3)

    assert_refused(door.try_refresh(generations[0].refresh), "refresh_reused")

    assert_refused(door.home_once_heard(generations[-1].access), "refresh_reused")
    assert_refused(own_views.client.try_refresh(generations[-1].refresh), "refresh_reused")


def test_a_session_goes_through_either_door(own_views: Backend, door: Client) -> None:
    tokens = door.log_in(own_views.newcomer(), PASSWORD)
    for prefix in ("/", "/api/", "/", "/api/"):
        tokens = Client(door.base_url, prefix).refresh(tokens.refresh)
    assert door.home(tokens.access).status_code == 200


def test_the_tutorials_own_logout_view_ends_the_session(own_views: Backend, door: Client) -> None:
    username = own_views.newcomer()
    tokens = door.refresh(door.log_in(username, PASSWORD).refresh)
    elsewhere = door.log_in(username, PASSWORD)

    assert door.log_out(tokens.refresh, tokens.access, path="/my-logout/").status_code == 205

    assert_refused(door.try_refresh(tokens.refresh), "session_revoked")
    assert_refused(door.home_once_heard(tokens.access), "session_revoked")
    door.refresh(elsewhere.refresh)


def test_the_tutorials_own_logout_view_refuses_what_is_no_refresh_token(own_views: Backend) -> None:
    tokens = own_views.log_in()

    for presented in ("nonsense", tokens.access):
        assert own_views.client.log_out(presented, tokens.access, path="/my-logout/").status_code == 400

    own_views.client.refresh(tokens.refresh)


def test_the_tutorials_own_logout_view_refuses_a_session_that_has_ended(own_views: Backend) -> None:
    username = own_views.newcomer()
    ended, alive = own_views.log_in(username), own_views.log_in(username)
    own_views.client.log_out(ended.refresh, ended.access)

    assert own_views.client.log_out(ended.refresh, alive.access, path="/my-logout/").status_code == 400


def test_tokens_a_sign_up_view_hands_out_are_a_session(own_views: Backend) -> None:
    form = {"username": f"signed-up-{own_views.newcomer()}", "password": PASSWORD}
    answer = own_views.client.call("POST", "/sign-up/", json=form)
    assert answer.status_code == 200
    tokens = Tokens(**answer.json())
    assert own_views.client.home(tokens.access).status_code == 200

    generations = spend(own_views.client, tokens, times=3)
    assert_refused(own_views.client.try_refresh(tokens.refresh), "refresh_reused")

    assert_refused(own_views.client.home_once_heard(tokens.access), "refresh_reused")
    assert_refused(own_views.client.home_once_heard(generations[-1].access), "refresh_reused")


def test_a_deleted_user_gets_401_at_either_door(own_views: Backend) -> None:
    username = own_views.newcomer()
    tokens = own_views.log_in(username)
    own_views.project.shell(f"User.objects.get(username={username!r}).delete()")

    for prefix in ("/", "/api/"):
        answer = Client(own_views.client.base_url, prefix).try_refresh(tokens.refresh)
        assert answer.status_code == 401
        assert {"detail", "code", "reason"} <= set(answer.json())
