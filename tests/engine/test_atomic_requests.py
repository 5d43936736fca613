"""ATOMIC_REQUESTS rolls back with an error what a view did. What ends a session outlives the 401 all the same."""

import pytest
from django.db import connection, transaction
from rest_framework.test import APIClient

from keyturn.clock import utc_now
from keyturn.sessions.models import Session
from tests.engine.acting import FIREFOX
from tests.engine.overlap import elsewhere
from tests.engine.tokens import claims_of, login, refreshed

pytestmark = pytest.mark.django_db(transaction=True)

REFRESH_DOORS = pytest.mark.parametrize(
    "door", ["/token/refresh/", "/api/token/refresh/", "/api/token/refresh/function/"]
)


@pytest.fixture(autouse=True, params=[False, True], ids=["autocommit", "ATOMIC_REQUESTS"])
def atomic_requests(request, monkeypatch, settings):
    monkeypatch.setitem(connection.settings_dict, "ATOMIC_REQUESTS", request.param)
    settings.ROOT_URLCONF = "tests.engine.stock_urls"


@pytest.fixture
def api(db):
    return APIClient(headers={"user-agent": FIREFOX.user_agent})


def committed(token):
    """The token's session as everybody else sees it."""
    return elsewhere(lambda: Session.objects.get(pk=claims_of(token)["sid"]))


@REFRESH_DOORS
def test_reuse_ends_the_session_for_good_though_the_answer_is_401(user, api, door):
    old = login(user, now=utc_now()).refresh
    refreshed(refreshed(refreshed(old, now=utc_now()), now=utc_now()), now=utc_now())
    answer = api.post(door, {"refresh": old})
    assert (answer.status_code, answer.data["reason"]) == (401, "refresh_reused")
    assert committed(old).revoked_reason == "refresh_reused"


def test_reuse_at_a_projects_own_view_ends_the_session_though_its_transaction_is_rolled_back(user, api):
    old = login(user, now=utc_now()).refresh
    newest = refreshed(refreshed(refreshed(old, now=utc_now()), now=utc_now()), now=utc_now())
    assert api.post("/own/refresh/", {"refresh": old}).status_code in {401, 403}
    assert committed(old).revoked_reason == "refresh_reused"
    assert api.post("/own/refresh/", {"refresh": newest}).status_code in {401, 403}


@REFRESH_DOORS
def test_a_rotation_over_http_is_committed_when_its_answer_leaves(user, api, door):
    old = login(user, now=utc_now()).refresh
    answer = api.post(door, {"refresh": old})
    assert answer.status_code == 200
    assert committed(old).generation == 1


def test_a_reused_refresh_token_whose_rotation_is_off_ends_its_session_too(user, api, settings):
    old = login(user, now=utc_now()).refresh
    refreshed(refreshed(refreshed(old, now=utc_now()), now=utc_now()), now=utc_now())
    settings.SIMPLE_JWT = {"ROTATE_REFRESH_TOKENS": False}
    answer = api.post("/token/refresh/", {"refresh": old})
    assert (answer.status_code, answer.data["reason"]) == (401, "refresh_reused")
    assert committed(old).revoked_reason == "refresh_reused"


def test_logging_out_with_a_token_of_another_user_changes_nothing(user, api, django_user_model):
    mine = login(user, now=utc_now())
    theirs = login(django_user_model.objects.create_user("bob"), now=utc_now()).refresh
    answer = api.post("/logout/", {"refresh_token": theirs}, headers={"authorization": f"Bearer {mine.access}"})
    assert answer.status_code == 400
    assert committed(theirs).revoked_at is None
    assert committed(mine.refresh).revoked_at is None


def test_logging_out_is_committed_when_its_answer_leaves(user, api):
    pair = login(user, now=utc_now())
    answer = api.post("/logout/", {"refresh_token": pair.refresh}, headers={"authorization": f"Bearer {pair.access}"})
    assert answer.status_code == 205
    assert committed(pair.refresh).revoked_reason == "logout"


def test_no_view_of_ours_leaves_a_transaction_open(user, api):
    pair = login(user, now=utc_now())
    for path, body in [("/token/refresh/", {"refresh": "bad"}), ("/token/verify/", {"token": pair.access})]:
        api.post(path, body)
        assert not connection.in_atomic_block
        assert transaction.get_autocommit()
