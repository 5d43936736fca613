"""What the second tutorial has its reader do, on its own backend and on the same backend with Keyturn."""

import pytest

from tests.tutorials.backend import PASSWORD, Backend

pytestmark = pytest.mark.server

HTML = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"}


def test_step_10_shows_a_form_at_token(backend: Backend) -> None:
    page = backend.client.call("GET", "/token/", headers=HTML)

    assert page.headers["Content-Type"].startswith("text/html")
    assert "<form" in page.text
    assert 'name="username"' in page.text
    assert 'name="password"' in page.text


def test_step_10_shows_a_form_at_token_refresh(backend: Backend) -> None:
    page = backend.client.call("GET", "/token/refresh/", headers=HTML)

    assert page.headers["Content-Type"].startswith("text/html")
    assert "<form" in page.text
    assert 'name="refresh"' in page.text


def test_step_10_the_filled_form_shows_both_tokens(backend: Backend) -> None:
    filled = {"username": backend.newcomer(), "password": PASSWORD}

    page = backend.client.call("POST", "/token/", headers=HTML, data=filled)

    assert page.status_code == 200
    assert page.headers["Content-Type"].startswith("text/html")
    assert "&quot;access&quot;" in page.text
    assert "&quot;refresh&quot;" in page.text


def test_step_10_a_login_without_accept_header_answers_json(backend: Backend) -> None:
    filled = {"username": backend.newcomer(), "password": PASSWORD}

    answer = backend.client.call("POST", "/token/", headers={"Accept": None}, data=filled)

    assert answer.status_code == 200
    assert set(answer.json()) == {"access", "refresh"}


def test_step_10_a_wrong_password_answers_401(backend: Backend) -> None:
    answer = backend.client.call("POST", "/token/", json={"username": backend.newcomer(), "password": "wrong"})

    assert answer.status_code == 401
    assert answer.json()["detail"] == "No active account found with the given credentials"


def test_step_10_an_empty_form_answers_field_errors(backend: Backend) -> None:
    answer = backend.client.call("POST", "/token/", json={})

    assert answer.status_code == 400
    assert answer.json()["username"] == ["This field is required."]
    assert answer.json()["password"] == ["This field is required."]


def test_step_10_a_refresh_answers_a_new_access_and_a_new_refresh_token(backend: Backend) -> None:
    tokens = backend.log_in()

    successor = backend.client.refresh(tokens.refresh)

    assert successor.refresh != tokens.refresh
    assert successor.access != tokens.access
    assert backend.client.home(successor.access).status_code == 200


def test_step_13_home_opens_with_the_access_token(backend: Backend) -> None:
    answer = backend.client.home(backend.log_in().access)

    assert answer.status_code == 200
    assert answer.json() == {"message": "Welcome to the django jwt authentication page "}


def test_step_13_home_stays_shut_without_a_token(backend: Backend) -> None:
    answer = backend.client.home()

    assert answer.status_code == 401
    assert answer.json()["detail"] == "Authentication credentials were not provided."
    assert answer.headers["WWW-Authenticate"].startswith("Bearer")


@pytest.mark.parametrize("presented", ["nonsense", "refresh token"])
def test_step_13_home_stays_shut_to_what_is_no_access_token(backend: Backend, presented: str) -> None:
    token = backend.log_in().refresh if presented == "refresh token" else presented

    answer = backend.client.home(token)

    assert answer.status_code == 401
    assert answer.json()["code"] == "token_not_valid"


def test_step_16_a_logout_answers_205_and_ends_the_refresh_token(backend: Backend) -> None:
    tokens = backend.log_in()

    assert backend.client.log_out(tokens.refresh, tokens.access).status_code == 205

    answer = backend.client.try_refresh(tokens.refresh)
    assert answer.status_code == 401
    assert answer.json()["code"] == "token_not_valid"
    assert answer.json()["detail"] == "Token is blacklisted"


def test_step_16_a_logout_takes_a_form_body_too(backend: Backend) -> None:
    tokens = backend.log_in()

    answer = backend.client.call("POST", "/logout/", bearer=tokens.access, data={"refresh_token": tokens.refresh})

    assert answer.status_code == 205
    assert backend.client.try_refresh(tokens.refresh).status_code == 401


def test_step_16_a_logout_without_authorization_revokes_nothing(backend: Backend) -> None:
    tokens = backend.log_in()

    assert backend.client.log_out(tokens.refresh, None).status_code == 401

    backend.client.refresh(tokens.refresh)


@pytest.mark.parametrize("body", [{"refresh_token": "nonsense"}, {}, {"refresh": "misnamed"}])
def test_step_16_a_logout_with_a_bad_token_answers_400(backend: Backend, body: dict[str, str]) -> None:
    tokens = backend.log_in()

    assert backend.client.call("POST", "/logout/", bearer=tokens.access, json=body).status_code == 400

    backend.client.refresh(tokens.refresh)


def test_step_6_any_origin_may_call(backend: Backend) -> None:
    answer = backend.client.call("OPTIONS", "/token/", headers={"Origin": "http://localhost:3000"})
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    preflight = {"Origin": "http://localhost:3000", "Access-Control-Request-Method": "POST"}
    answer = backend.client.call("OPTIONS", "/logout/", headers=preflight)
    assert answer.status_code == 200
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
