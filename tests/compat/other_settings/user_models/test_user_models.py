"""Whatever the user model: sign in, refresh, retry, replay, change the password, see and end sessions."""

from typing import Any

import pytest
from django.apps import apps
from django.contrib.auth import get_user_model
from rest_framework_simplejwt.tokens import RefreshToken

from keyturn.clock import utc_now
from keyturn.sessions.models import Session
from keyturn.tokens.authenticating import authenticate
from keyturn.tokens.claims import read_access
from tests.compat.stock import stock_access, stock_refresh
from tests.contract.caller import PASSWORD, Caller, Tokens, assert_refused, claims, session_of, turn_back

User: Any = get_user_model()


@pytest.fixture
def ada(db: None) -> Any:
    """A user of the project's own model."""
    return new_user("ada@example.com")


def new_user(name: str) -> Any:
    return User.objects.create_user(**{User.USERNAME_FIELD: name}, password=PASSWORD)


def log_in(caller: Caller, name: str = "ada@example.com", password: str = PASSWORD) -> Tokens:
    answer = caller.call("POST", "/token/", {User.USERNAME_FIELD: name, "password": password})
    assert answer.status_code == 200, answer.content
    return Tokens(**answer.json())


def test_a_login_names_the_user_and_opens_the_page(ada, caller):
    tokens = log_in(caller)

    assert claims(tokens.access)["user_id"] == str(ada.pk)
    assert session_of(tokens.access).user == ada
    assert caller.home(tokens.access).json() == {"message": "Welcome, ada@example.com."}


def test_a_login_asks_for_the_models_own_name_field(ada, caller):
    answer = caller.call("POST", "/token/", {})

    assert answer.status_code == 400
    assert set(answer.json()) == {User.USERNAME_FIELD, "password", "detail", "code"}
    wrong = caller.call("POST", "/token/", {User.USERNAME_FIELD: "ada@example.com", "password": "wrong"})
    assert (wrong.status_code, wrong.json()["code"]) == (401, "no_active_account")


def test_a_refresh_rotates_and_a_retry_converges(ada, caller):
    first = log_in(caller)

    second = caller.refresh(first.refresh)

    assert caller.refresh(first.refresh).refresh == second.refresh
    assert caller.verify(second.refresh).status_code == 200
    assert session_of(second.refresh).generation == 1
    assert caller.home(second.access).status_code == 200


def test_a_late_predecessor_is_forgiven_once(ada, caller):
    first = log_in(caller)
    caller.refresh(first.refresh)
    turn_back(first.refresh, minutes=5)

    assert claims(caller.refresh(first.refresh).refresh)["gen"] == 1
    assert session_of(first.refresh).forgiven == 1


def test_a_replay_ends_the_session(ada, caller):
    stolen = log_in(caller)
    current = caller.refresh(caller.refresh(caller.refresh(stolen.refresh).refresh).refresh)

    assert_refused(caller.try_refresh(stolen.refresh), "refresh_reused")

    assert_refused(caller.try_refresh(current.refresh), "refresh_reused")
    assert_refused(caller.home(current.access), "refresh_reused")


def test_a_changed_password_ends_every_session(ada, caller):
    tokens = log_in(caller)
    user = User.objects.get(pk=ada.pk)
    user.set_password("another one entirely")
    user.save()

    assert_refused(caller.try_refresh(tokens.refresh), "password_changed")
    assert_refused(caller.home(tokens.access), "password_changed")
    fresh = log_in(caller, password="another one entirely")
    assert caller.home(fresh.access).status_code == 200


def test_a_password_changed_behind_the_models_back_counts_at_the_next_refresh(ada, caller):
    tokens = log_in(caller)
    User.objects.filter(pk=ada.pk).update(password="another")

    assert_refused(caller.try_refresh(tokens.refresh), "password_changed")


def test_a_deactivated_user_is_out(ada, caller):
    tokens = log_in(caller)
    user = User.objects.get(pk=ada.pk)
    user.is_active = False
    user.save()

    assert_refused(caller.try_refresh(tokens.refresh), "user_inactive", code="no_active_account")
    assert_refused(caller.home(tokens.access), "user_inactive")
    answer = caller.call("POST", "/token/", {User.USERNAME_FIELD: "ada@example.com", "password": PASSWORD})
    assert (answer.status_code, answer.json()["code"]) == (401, "no_active_account")


def test_a_deactivation_behind_the_models_back_counts_at_the_next_refresh(ada, caller):
    tokens = log_in(caller)
    column = {"blocked": True} if hasattr(User, "blocked") else {"is_active": False}
    User.objects.filter(pk=ada.pk).update(**column)

    assert_refused(caller.try_refresh(tokens.refresh), "user_inactive", code="no_active_account")
    assert_refused(caller.home(tokens.access), "user_inactive", code="user_inactive")
    assert session_of(tokens.refresh).generation == 0


def test_a_deleted_user_is_out(ada, caller):
    tokens = log_in(caller)
    User.objects.get(pk=ada.pk).delete()

    assert_refused(caller.try_refresh(tokens.refresh), "session_revoked")
    assert_refused(caller.home(tokens.access), "session_revoked")
    assert not Session.objects.exists()


def test_sessions_are_listed_and_ended_each_users_own(ada, caller):
    new_user("eve@example.com")
    here, there, other = log_in(caller), log_in(caller), log_in(caller, "eve@example.com")

    listed = caller.call("GET", "/sessions/", access=here.access).json()
    assert {one["id"] for one in listed} == {claims(each.access)["sid"] for each in (here, there)}
    foreign = caller.call("DELETE", f"/sessions/{claims(other.access)['sid']}/", access=here.access)
    assert foreign.status_code == 404
    mine = caller.call("DELETE", f"/sessions/{claims(there.access)['sid']}/", access=here.access)
    assert mine.status_code == 204
    assert_refused(caller.home(there.access), "session_revoked")
    assert caller.call("POST", "/logout/all/", {}, access=here.access).status_code == 205
    assert_refused(caller.home(here.access), "session_revoked")
    assert caller.home(other.access).status_code == 200


def test_a_log_out_ends_the_users_own_session_only(ada, caller):
    new_user("eve@example.com")
    mine, other = log_in(caller), log_in(caller, "eve@example.com")

    assert_refused(caller.log_out(mine.refresh, other.access), "user_mismatch", status=400)
    assert caller.log_out(mine.refresh, mine.access).status_code == 205
    assert_refused(caller.home(mine.access), "session_revoked")


def test_stock_tokens_of_such_a_user_are_adopted(ada, caller):
    access, refresh = stock_access(ada), stock_refresh(ada)
    assert caller.home(access).status_code == 200
    assert caller.verify(refresh).status_code == 200

    tokens = caller.refresh(refresh)

    assert session_of(tokens.access).user == ada
    assert caller.refresh(refresh).refresh == tokens.refresh


def test_no_token_of_such_a_user_finds_another(ada, caller):
    """Ids that no user of this model can have are refused, not an error."""
    for user_id in ("0", "-1", "99999999999999999999", "not-an-id", "00000000-0000-0000-0000-000000000000", ""):
        assert_refused(caller.home(stock_access(ada, user_id=user_id)), "user_not_found", code="user_not_found")
        assert_refused(caller.try_refresh(stock_refresh(ada, user_id=user_id)), "user_not_found")


def test_simplejwts_classes_know_such_a_user(ada, caller):
    refresh = RefreshToken.for_user(User.objects.get(pk=ada.pk))
    assert caller.home(str(refresh.access_token)).status_code == 200

    RefreshToken(str(refresh)).blacklist()

    assert_refused(caller.try_refresh(str(refresh)), "session_revoked")


def test_the_user_that_authenticates_is_of_the_projects_model(ada, caller):
    now = utc_now()
    found = authenticate(read_access(log_in(caller).access, now=now), now=now)

    assert type(found.user) is User
    assert found.user == ada


def test_beside_token_blacklist_each_session_has_its_row(ada, caller):
    tokens = log_in(caller)
    if not apps.is_installed("rest_framework_simplejwt.token_blacklist"):
        assert "token_blacklist" not in apps.app_configs
        return
    outstanding: Any = apps.get_app_config("token_blacklist").get_model("OutstandingToken")
    blacklisted: Any = apps.get_app_config("token_blacklist").get_model("BlacklistedToken")
    row = outstanding.objects.get()
    assert (row.user, row.jti) == (ada, claims(tokens.access)["sid"])
    blacklisted.objects.get_or_create(token=row)
    assert_refused(caller.home(tokens.access), "session_revoked")
