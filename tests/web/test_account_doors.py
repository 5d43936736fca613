"""``/auth/``: web clients of both trees get their refresh token in the cookie, and Django's CSRF token is not asked."""

from typing import Any

import pytest

from keyturn.sessions.models import Session
from tests.accounts.engine import NEW_PASSWORD, PASSWORD, AuthClient, last_letter
from tests.contract.caller import claims, session_of
from tests.web.page import ORIGIN

pytestmark = pytest.mark.django_db

TREES = pytest.mark.parametrize("tree", ["browser", "app"])
PAGE = {"HTTP_X_KEYTURN_CLIENT": "web", "HTTP_ORIGIN": ORIGIN, "HTTP_SEC_FETCH_SITE": "same-origin"}


def web(tree: str, **headers: str) -> AuthClient:
    """A page of ours that speaks to one of the trees, in a browser of its own."""
    return AuthClient(tree, enforce_csrf_checks=True, **{**PAGE, **headers})


def cookie(client: AuthClient, what: str = "refresh") -> str:
    """What the browser holds; empty where it holds none."""
    found = [one.value for name, one in client.http.cookies.items() if f"keyturn_{what}_" in name]
    assert len(found) < 2
    return found[0] if found else ""


def refreshed(client: AuthClient) -> Any:
    """Trade the cookie at ``/token/refresh/``."""
    return client.http.post("/token/refresh/", {}, content_type="application/json")


@TREES
def test_signing_in_puts_the_refresh_token_into_the_cookie_and_into_no_body(ada, tree):
    client = web(tree)
    answer = client.log_in()
    assert answer.status_code == 200
    assert "refresh_token" not in answer.json()["meta"]
    assert cookie(client).encode() not in answer.content
    assert claims(cookie(client))["sid"] == claims(answer.json()["meta"]["access_token"])["sid"]
    session = session_of(cookie(client))
    assert session.binding_kind == "cookie"
    assert refreshed(client).status_code == 200


@TREES
def test_a_sign_up_ends_in_the_cookie_too(tree):
    client = web(tree)
    assert client.sign_up().status_code == 401
    assert cookie(client) == ""
    answer = client.verify(last_letter("new@example.com").code)
    assert answer.status_code == 200
    assert "refresh_token" not in answer.content.decode()
    assert refreshed(client).status_code == 200


@TREES
def test_a_new_password_comes_with_a_new_session_in_the_cookie(ada, tree):
    client = web(tree)
    client.log_in()
    before = cookie(client)
    answer = client.call(
        "POST", "account/password/change", {"current_password": PASSWORD, "new_password": NEW_PASSWORD}
    )
    assert answer.status_code == 200, answer.content
    assert "refresh_token" not in answer.content.decode()
    assert claims(cookie(client))["sid"] != claims(before)["sid"]
    assert session_of(before).revoked_reason == "password_changed"
    assert session_of(cookie(client)).binding_hash == session_of(before).binding_hash
    assert refreshed(client).status_code == 200


@TREES
def test_a_bearer_client_gets_the_pair_in_the_body_and_no_cookie_of_it(ada, tree):
    client = AuthClient(tree)
    answer = client.log_in()
    assert {"access_token", "refresh_token"} <= set(answer.json()["meta"])
    assert not [name for name in answer.cookies if "keyturn" in name and "flow" not in name]
    assert Session.objects.get().binding_kind == ""


@TREES
def test_signing_out_takes_the_cookie_back(ada, tree):
    client = web(tree)
    client.log_in()
    held = cookie(client)
    assert client.call("DELETE", "auth/session").status_code == 401
    assert cookie(client) == ""
    assert cookie(client, "device")
    assert session_of(held).revoked_reason == "logout"


def test_ending_this_session_in_the_list_takes_the_cookie_back(ada):
    client = web("browser")
    client.log_in()
    answer = client.call("DELETE", "auth/sessions", {"sessions": [claims(cookie(client))["sid"]]})
    assert answer.status_code == 401
    assert cookie(client) == ""


def test_the_trees_own_refresh_takes_and_gives_the_cookie(ada):
    client = web("app")
    client.log_in()
    before = cookie(client)
    answer = client.call("POST", "tokens/refresh", {"refresh_token": "whatever"})
    assert answer.status_code == 200
    assert set(answer.json()["data"]) == {"access_token"}
    assert "refresh_token" not in answer.content.decode()
    assert cookie(client) != before
    assert session_of(before).generation == 1


def test_the_trees_own_refresh_says_when_there_is_no_cookie(ada):
    client = web("app")
    answer = client.call("POST", "tokens/refresh", {"refresh_token": "whatever"})
    assert (answer.status_code, answer.json()["reason"]) == (401, "refresh_missing")


def test_the_trees_own_refresh_takes_the_cookie_back_after_the_last_word(ada):
    client = web("app")
    client.log_in()
    Session.objects.all().delete()
    client.access = None
    answer = client.call("POST", "tokens/refresh", {})
    assert (answer.status_code, answer.json()["reason"]) == (401, "session_revoked")
    assert cookie(client) == ""


@TREES
@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("auth/login", {"username": "ada", "password": PASSWORD}),
        ("auth/signup", {"email": "new@example.com", "password": PASSWORD}),
        ("auth/password/request", {"email": "ada@example.com"}),
        ("tokens/refresh", {}),
    ],
)
@pytest.mark.parametrize("origin", ["", "null", "https://evil.example", "http://testserver.evil.example"])
def test_a_page_of_another_origin_is_refused(ada, tree, path, body, origin):
    client = web(tree, HTTP_ORIGIN=origin)
    answer = client.call("POST", path, body)
    if (tree, path) == ("browser", "tokens/refresh"):
        assert answer.status_code == 404
        return
    assert (answer.status_code, answer.json()["code"]) == (403, "origin_refused")
    assert not answer.cookies
    assert not Session.objects.exists()


def test_without_the_header_the_browser_tree_asks_for_djangos_token_as_before(ada):
    client = AuthClient("browser", enforce_csrf_checks=True, HTTP_ORIGIN=ORIGIN)
    answer = client.log_in()
    assert (answer.status_code, answer.json()["code"]) == (403, "csrf_failed")
    client.call("GET", "auth/session")
    assert client.log_in().status_code == 200


@TREES
def test_another_word_in_the_header_is_refused(ada, tree):
    answer = web(tree, HTTP_X_KEYTURN_CLIENT="Web").log_in()
    assert (answer.status_code, answer.json()["code"]) == (400, "unknown_client")


@TREES
@pytest.mark.parametrize(
    "wrong", [{"HTTP_AUTHORIZATION": "Bearer x"}, {"CONTENT_TYPE": "application/json; charset=rot13"}, {}]
)
def test_another_word_in_the_header_is_refused_whatever_else_is_wrong_of_a_call_that_only_reads(db, tree, wrong):
    answer = web(tree, HTTP_X_KEYTURN_CLIENT="Web", **wrong).http.get(f"/auth/{tree}/v1/auth/session")
    assert (answer.status_code, answer.json()["code"]) == (400, "unknown_client")
