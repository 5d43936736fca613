"""SIMPLE_JWT: where the token is looked for, how it names its user, and who may come in."""

from typing import Any

import pytest

from keyturn.sessions.models import Session
from keyturn.tokens.minting import password_claim
from tests.contract.caller import PASSWORD, assert_refused, claims, session_of

ALL_USERS = "django.contrib.auth.backends.AllowAllUsersModelBackend"


def test_several_auth_header_types_are_all_accepted_and_the_first_is_announced(settings, ada, caller):
    settings.SIMPLE_JWT = {"AUTH_HEADER_TYPES": ("JWT", "Bearer")}
    access = caller.log_in().access

    for scheme in ("JWT", "Bearer"):
        assert caller.home(HTTP_AUTHORIZATION=f"{scheme} {access}").status_code == 200
    assert caller.home(HTTP_AUTHORIZATION=f"Token {access}").status_code == 401
    assert caller.home()["WWW-Authenticate"] == 'JWT realm="api"'
    assert caller.try_log_in(password="wrong")["WWW-Authenticate"] == 'JWT realm="api"'


def test_another_auth_header_type_replaces_bearer(settings, ada, caller):
    settings.SIMPLE_JWT = {"AUTH_HEADER_TYPES": ("JWT",)}
    tokens = caller.log_in()

    assert caller.home(tokens.access).status_code == 401
    assert caller.log_out(tokens.refresh, tokens.access).status_code == 401
    body = {"refresh_token": tokens.refresh}
    answer = caller.call("POST", "/logout/", body, HTTP_AUTHORIZATION=f"JWT {tokens.access}")
    assert answer.status_code == 205


def test_auth_header_name_moves_the_token_to_another_header(settings, ada, caller):
    settings.SIMPLE_JWT = {"AUTH_HEADER_NAME": "HTTP_X_ACCESS_TOKEN"}
    tokens = caller.log_in()

    assert caller.home(tokens.access).status_code == 401
    assert caller.home(HTTP_X_ACCESS_TOKEN=f"Bearer {tokens.access}").status_code == 200
    body = {"refresh_token": tokens.refresh}
    answer = caller.call("POST", "/logout/", body, HTTP_X_ACCESS_TOKEN=f"Bearer {tokens.access}")
    assert answer.status_code == 205


@pytest.mark.parametrize("field", ["username", "email", "pk"])
def test_user_id_field_and_claim_name_the_user_in_every_token(settings, ada, eve, caller, field):
    settings.SIMPLE_JWT = {"USER_ID_FIELD": field, "USER_ID_CLAIM": "sub"}
    tokens = caller.log_in()

    for token in (tokens.access, tokens.refresh):
        assert claims(token)["sub"] == str(getattr(ada, field))
        assert "user_id" not in claims(token)
        assert caller.verify(token).status_code == 200
    assert caller.home(tokens.access).json() == {"message": "Welcome, ada."}
    tokens = caller.refresh(tokens.refresh)
    assert claims(tokens.access)["sub"] == str(getattr(ada, field))
    thief = caller.log_in("eve")
    assert_refused(caller.log_out(tokens.refresh, thief.access), "user_mismatch", status=400)
    assert caller.log_out(tokens.refresh, tokens.access).status_code == 205
    assert_refused(caller.home(tokens.access), "session_revoked")
    assert caller.home(thief.access).status_code == 200


def test_a_token_of_another_users_session_is_refused(settings, ada, eve, caller):
    """As where a field that names users was given to somebody else meanwhile."""
    settings.SIMPLE_JWT = {"USER_ID_FIELD": "username"}
    tokens = caller.log_in("ada")
    type(ada).objects.filter(pk=ada.pk).update(username="countess")
    type(ada).objects.filter(pk=eve.pk).update(username="ada")

    assert_refused(caller.try_refresh(tokens.refresh), "user_mismatch")
    assert_refused(caller.verify(tokens.refresh), "user_mismatch")
    assert_refused(caller.home(tokens.access), "user_mismatch")


def only_e(user: Any) -> bool:
    """A rule of a project: who may sign in, and stay so."""
    return bool(user.is_active and user.username.startswith("e"))


def test_a_user_authentication_rule_of_the_project_decides_at_login_and_at_every_refresh(settings, ada, eve, caller):
    before = caller.log_in("ada")
    settings.SIMPLE_JWT = {"USER_AUTHENTICATION_RULE": "tests.compat.test_header_and_user_names.only_e"}

    answer = caller.try_log_in("ada")
    assert (answer.status_code, answer.json()["code"]) == (401, "no_active_account")
    body = assert_refused(caller.try_refresh(before.refresh), "user_inactive", code="no_active_account")
    assert body["detail"] == "No active account found for the given token."
    assert caller.verify(before.refresh).json() == body
    assert session_of(before.refresh).generation == 0
    assert caller.home(before.access).status_code == 200, "stock asks the rule at the token endpoints only"

    tokens = caller.log_in("eve")
    assert caller.try_refresh(tokens.refresh).status_code == 200


def test_a_rule_of_the_project_costs_one_statement_more(settings, eve, caller, count_statements):
    settings.SIMPLE_JWT = {"USER_AUTHENTICATION_RULE": only_e}
    tokens = caller.log_in("eve")

    with count_statements(exactly=2):
        caller.refresh(tokens.refresh)


def anybody(user: Any) -> bool:
    """A rule that lets inactive users in."""
    return user is not None


def test_a_rule_that_lets_inactive_users_in_is_obeyed_at_the_token_endpoints(settings, ada, caller):
    settings.AUTHENTICATION_BACKENDS = [ALL_USERS]
    settings.SIMPLE_JWT = {"USER_AUTHENTICATION_RULE": anybody}
    type(ada).objects.update(is_active=False)

    tokens = caller.log_in()

    assert caller.verify(tokens.refresh).status_code == 200
    tokens = caller.refresh(tokens.refresh)
    assert_refused(caller.home(tokens.access), "user_inactive", code="user_inactive")


def test_check_user_is_active_false_lets_inactive_users_be(settings, ada, caller):
    settings.AUTHENTICATION_BACKENDS = [ALL_USERS]
    settings.SIMPLE_JWT = {"CHECK_USER_IS_ACTIVE": False}
    before = caller.log_in()
    ada.is_active = False
    ada.save()

    after = caller.log_in()

    for tokens in (before, after):
        assert caller.home(tokens.access).status_code == 200
        assert caller.verify(tokens.access).status_code == 200
        assert caller.verify(tokens.refresh).status_code == 200
        assert caller.home(caller.refresh(tokens.refresh).access).status_code == 200


def test_check_user_is_active_true_is_the_default_and_ends_the_sessions(ada, caller):
    tokens = caller.log_in()
    ada.is_active = False
    ada.save()

    assert_refused(caller.home(tokens.access), "user_inactive")
    assert_refused(caller.try_refresh(tokens.refresh), "user_inactive", code="no_active_account")


@pytest.mark.parametrize("claim", ["hash_password", "pwd"])
def test_check_revoke_token_ties_access_tokens_to_the_password_by_stocks_claim(settings, ada, caller, claim):
    settings.SIMPLE_JWT = {"CHECK_REVOKE_TOKEN": True, "REVOKE_TOKEN_CLAIM": claim}
    tokens = caller.log_in()
    for token in (tokens.access, tokens.refresh):
        assert claims(token)[claim] == password_claim(ada.password)
    assert caller.home(tokens.access).status_code == 200

    type(ada).objects.update(password="md5$salt$another")

    body = assert_refused(caller.home(tokens.access), "password_changed", code="password_changed")
    assert body["detail"] == "The user's password has been changed."
    assert_refused(caller.verify(tokens.access), "password_changed")


def test_check_revoke_token_refuses_tokens_without_the_claim(settings, ada, caller):
    before = caller.log_in()

    settings.SIMPLE_JWT = {"CHECK_REVOKE_TOKEN": True}

    assert_refused(caller.home(before.access), "password_changed", code="password_changed")
    after = caller.refresh(before.refresh)
    assert caller.home(after.access).status_code == 200, "a session under today's password gets the claim"


def test_a_changed_hash_of_the_same_password_logs_nobody_out(settings, ada, caller):
    """Django upgrades a hash at login; the session's tokens follow at the next refresh."""
    settings.SIMPLE_JWT = {"CHECK_REVOKE_TOKEN": True}
    before = caller.log_in()
    settings.PASSWORD_HASHERS = [
        "django.contrib.auth.hashers.ScryptPasswordHasher",
        "django.contrib.auth.hashers.MD5PasswordHasher",
    ]

    assert caller.log_in()

    ada.refresh_from_db()
    assert ada.password.startswith("scrypt$")
    assert caller.home(caller.refresh(before.refresh).access).status_code == 200


called: list[tuple[str, Any, Any]] = []


def on_success(user: Any, request: Any) -> None:
    """A hook of a project."""
    called.append(("success", user, request))


def on_failure(credentials: Any, request: Any) -> None:
    """The other one."""
    called.append(("failure", credentials, request))


HOOKS = {
    "ON_LOGIN_SUCCESS": "tests.compat.test_header_and_user_names.on_success",
    "ON_LOGIN_FAILED": "tests.compat.test_header_and_user_names.on_failure",
}


@pytest.fixture
def hooks(settings):
    settings.SIMPLE_JWT = HOOKS
    called.clear()


def test_on_login_success_is_called_with_user_and_request_once_the_login_stands(hooks, ada, caller):
    tokens = caller.log_in()

    ((what, user, request),) = called
    assert (what, user) == ("success", ada)
    assert request.path == "/token/"
    caller.refresh(tokens.refresh)
    assert len(called) == 1


def test_on_login_success_of_the_project_replaces_update_last_login(hooks, settings, ada, caller):
    settings.SIMPLE_JWT = {**HOOKS, "UPDATE_LAST_LOGIN": True}
    caller.log_in()

    ada.refresh_from_db()
    assert ada.last_login is None
    assert len(called) == 1


def test_on_login_failed_is_called_with_the_credentials_but_never_the_password(hooks, ada, caller):
    assert caller.try_log_in(password="almost right").status_code == 401

    ((what, credentials, request),) = called
    assert what == "failure"
    assert credentials["username"] == "ada"
    assert set(credentials) == {"username", "password"}
    assert "almost right" not in str(credentials)
    assert request.path == "/token/"


def test_on_login_failed_is_called_for_whom_the_rule_refuses(hooks, settings, ada, caller):
    settings.SIMPLE_JWT = {**HOOKS, "USER_AUTHENTICATION_RULE": only_e}

    assert caller.try_log_in().status_code == 401

    assert [what for what, _, _ in called] == ["failure"]
    assert not Session.objects.exists()


def test_hooks_may_be_callables_and_serve_sliding_logins_too(settings, ada, caller):
    called.clear()
    settings.KEYTURN = {"SLIDING_TOKENS": True}
    settings.SIMPLE_JWT = {"ON_LOGIN_SUCCESS": on_success, "ON_LOGIN_FAILED": on_failure}

    for password in (PASSWORD, "wrong"):
        caller.call("POST", "/token/sliding/", {"username": "ada", "password": password})

    assert [what for what, _, _ in called] == ["success", "failure"]
