"""The browser client: a half-done flow in a cookie that nothing else can use, and no cookie once one is signed in."""

import hashlib

import pytest
from django.db import OperationalError

from keyturn.accounts.flows import FlowStore
from keyturn.accounts.models import Flow
from keyturn.sessions.models import Session
from tests.accounts.engine import PASSWORD, AuthClient, last_letter

pytestmark = pytest.mark.django_db

COOKIE = "keyturn_flow_" + hashlib.sha256(b"testserver\n/").hexdigest()[:8]


def test_the_token_of_a_flow_travels_in_a_cookie_that_no_script_reads():
    client = AuthClient("browser")
    answer = client.sign_up()
    assert "session_token" not in answer.json()["meta"]
    cookie = answer.cookies[COOKIE]
    assert cookie["httponly"]
    assert cookie["samesite"] == "Lax"
    assert cookie["path"] == "/auth/browser/"
    assert not cookie["secure"]
    assert cookie.value not in answer.content.decode()


def test_the_cookie_is_secure_where_the_request_was():
    client = AuthClient("browser")
    client.secure = True
    answer = client.sign_up()
    assert answer.cookies[COOKIE]["secure"]


def test_the_cookie_goes_when_the_flow_ends_in_a_session():
    client = AuthClient("browser")
    client.sign_up()
    answer = client.verify(last_letter("new@example.com").code)
    assert answer.status_code == 200
    assert answer.cookies[COOKIE].value == ""
    assert answer.cookies[COOKIE]["path"] == "/auth/browser/"
    assert "sessionid" not in client.http.cookies
    assert not Flow.objects.exists()
    assert client.call("GET", "auth/session").status_code == 200


def test_a_cookie_of_a_flow_that_is_gone_is_taken_back_and_nobody_is_told_off():
    client = AuthClient("browser")
    client.http.cookies[COOKIE] = "x" * 43
    answer = client.call("GET", "auth/session")
    assert answer.status_code == 401
    assert answer.cookies[COOKIE].value == ""


@pytest.mark.parametrize("held", ["\xff\xfe", "x" * 8_000, "\0", "..", '"quoted"'])
def test_a_cookie_that_no_flow_can_have_is_none(held):
    client = AuthClient("browser")
    client.http.cookies[COOKIE] = held
    answer = client.call("GET", "auth/session")
    assert (answer.status_code, answer.json()["code"]) == (401, "not_authenticated")


def test_the_app_takes_no_cookie_and_the_browser_no_header(ada):
    client = AuthClient("app")
    client.sign_up()
    flow = client.flow
    other = AuthClient("browser")
    other.http.cookies.clear()
    code = last_letter("new@example.com").code
    answer = other.call("POST", "auth/email/verify", {"key": code}, x_session_token=flow)
    assert answer.status_code == 409
    app = AuthClient("app")
    app.http.cookies[COOKIE] = str(flow)
    assert app.verify(code).status_code == 409


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("auth/login", {"username": "ada", "password": PASSWORD}),
        ("auth/signup", {"email": "new@example.com", "password": PASSWORD}),
        ("auth/email/verify", {"key": "BBBB-BBBB"}),
    ],
)
def test_a_call_that_no_page_of_ours_can_have_sent_is_refused(ada, path, body, django_user_model):
    client = AuthClient("browser", enforce_csrf_checks=True)
    answer = client.call("POST", path, body)
    assert answer.status_code == 403
    assert answer.json()["code"] == "csrf_failed"
    assert not Session.objects.exists()
    assert django_user_model.objects.count() == 1


def test_the_proof_is_told_by_every_question_and_lets_the_page_sign_in(ada):
    client = AuthClient("browser", enforce_csrf_checks=True)
    asked = client.call("GET", "config")
    assert asked.status_code == 200
    assert asked.cookies["csrftoken"].value
    assert client.csrf
    assert client.log_in().status_code == 200


def test_a_call_from_another_site_is_refused_though_it_shows_the_proof(ada):
    client = AuthClient("browser", enforce_csrf_checks=True)
    client.call("GET", "config")
    answer = client.call(
        "POST", "auth/login", {"username": "ada", "password": PASSWORD}, origin="https://evil.example.com"
    )
    assert answer.status_code == 403


def test_an_access_token_is_proof_enough(ada):
    client = AuthClient("browser", enforce_csrf_checks=True)
    client.call("GET", "config")
    client.log_in()
    client.csrf = None
    assert client.call("POST", "auth/reauthenticate", {"password": PASSWORD}).status_code == 200
    assert client.call("DELETE", "auth/session").status_code == 401
    assert Session.objects.get().revoked_at is not None


def test_the_session_of_djangos_that_a_page_has_is_left_alone(ada):
    client = AuthClient("browser")
    client.http.force_login(ada)
    cookie = client.http.cookies["sessionid"].value
    answer = client.call("GET", "auth/session")
    assert answer.status_code == 401
    assert client.sign_up().status_code == 401
    assert client.http.cookies["sessionid"].value == cookie
    assert client.http.get("/admin/login/").wsgi_request.user == ada


@pytest.mark.parametrize(
    ("method", "path", "body", "status"),
    [
        ("GET", "config", None, 200),
        ("POST", "auth/email/verify", {"key": "BBBB-BBBB"}, 403),
        ("POST", "auth/email/verify", "no JSON", 403),
    ],
)
def test_a_call_that_does_not_come_to_the_flow_leaves_its_cookie(method, path, body, status):
    client = AuthClient("browser", enforce_csrf_checks=status == 403)
    client.call("GET", "config")
    client.sign_up()
    kept, client.csrf = client.http.cookies[COOKIE].value, None
    answer = client.call(method, path, body)
    assert answer.status_code == status
    assert COOKIE not in answer.cookies
    assert client.http.cookies[COOKIE].value == kept


def test_a_database_that_is_away_for_a_moment_costs_nobody_a_flow(monkeypatch):
    client = AuthClient("browser")
    client.sign_up()

    def fail(*_: object, **__: object) -> None:
        raise OperationalError

    with monkeypatch.context() as patched:
        patched.setattr(FlowStore, "of_token", fail)
        answer = client.call("GET", "auth/session")
    assert answer.status_code == 503
    assert COOKIE not in answer.cookies
    assert client.verify(last_letter("new@example.com").code).status_code == 200
