"""The index, home/, the schema, static files, CORS: what a running server answers beside the API."""

import json
from typing import Any

import pytest

from tests.server.running import ask


@pytest.mark.server
def test_the_index_names_endpoints_that_exist(either):
    endpoints = ask(either.port, "GET", "/").json["endpoints"]
    assert {"login", "refresh", "logout", "sessions", "home"} <= set(endpoints)
    for url in endpoints.values():
        path = "/" + url.split("/", 3)[3]
        assert ask(either.port, "OPTIONS", path).status != 404


@pytest.mark.server
def test_the_index_names_the_inbox_where_there_is_one(development, production):
    inbox = ask(development.port, "GET", "/").json["endpoints"]["inbox"]
    assert inbox.endswith("/dev/inbox/")
    assert "inbox" not in ask(production.port, "GET", "/").json["endpoints"]


@pytest.mark.server
@pytest.mark.parametrize("query", ["", "?version=a%0d%0ab&lang=zz&format=xml"])
def test_the_schema_is_an_openapi_document_whatever_is_asked(either, query):
    schema = ask(either.port, "GET", f"/schema/{query}").json
    assert schema["openapi"].startswith("3.")
    assert {"/token/", "/token/refresh/", "/home/", "/logout/"} <= set(schema["paths"])


@pytest.mark.server
def test_static_files_are_served_without_being_collected_first(either):
    answer = ask(either.port, "GET", "/static/admin/css/base.css")
    assert answer.status == 200
    assert answer.headers["content-type"].startswith("text/css")


@pytest.mark.server
def test_the_login_form_of_development_is_a_page(development):
    answer = ask(development.port, "GET", "/token/", accept="text/html")
    assert answer.status == 405
    assert b"<form" in answer.body


@pytest.mark.server
def test_production_has_no_browsable_page(production):
    answer = ask(
        production.port, "POST", "/token/", json_body={"username": "x", "password": "y"}, accept="text/html,*/*"
    )
    assert answer.status == 401
    assert answer.json["code"] == "no_active_account"


@pytest.mark.server
def test_development_lets_every_page_call_it_without_credentials(development):
    answer = ask(development.port, "GET", "/home/", origin="https://anywhere.example")
    assert answer.headers["access-control-allow-origin"] == "*"
    assert "access-control-allow-credentials" not in answer.headers


@pytest.mark.server
def test_production_lets_only_named_origins_call_it_and_read_its_refusals(production):
    ours: Any = {"origin": "https://app.example.com"}
    assert ask(production.port, "GET", "/home/", **ours).headers["access-control-allow-origin"] == ours["origin"]
    refused = ask(production.port, "POST", "/token/", body=b" " * 70_000, content_type="application/json", **ours)
    assert refused.status == 413
    assert refused.headers["access-control-allow-origin"] == ours["origin"]
    for other in ("https://evil.example", "https://app.example.com.evil.example", "null", "http://["):
        assert "access-control-allow-origin" not in ask(production.port, "GET", "/home/", origin=other).headers


@pytest.mark.server
def test_a_preflight_is_answered_and_the_admin_stays_closed_to_other_pages(production):
    asked: Any = {"origin": "https://app.example.com", "access_control_request_method": "POST"}
    preflight = ask(production.port, "OPTIONS", "/token/", **asked)
    assert preflight.status == 200
    assert "authorization" in preflight.headers["access-control-allow-headers"]
    assert "access-control-allow-origin" not in ask(production.port, "OPTIONS", "/admin/login/", **asked).headers


@pytest.mark.server
def test_api_answers_set_no_cookie_and_admin_pages_do(either):
    for path in ("/", "/home/", "/token/", "/nowhere/"):
        assert "set-cookie" not in ask(either.port, "GET", path).headers
    assert "csrftoken=" in ask(either.port, "GET", "/admin/login/").headers["set-cookie"]


@pytest.mark.server
def test_over_https_cookies_are_secure_and_hsts_speaks_for_this_name_only(production):
    answer = ask(production.port, "GET", "/admin/login/")
    assert "Secure" in answer.headers["set-cookie"]
    assert answer.headers["strict-transport-security"] == "max-age=31536000"


@pytest.mark.server
def test_in_development_nothing_claims_https(development):
    answer = ask(development.port, "GET", "/admin/login/")
    assert "Secure" not in answer.headers["set-cookie"]
    assert "strict-transport-security" not in answer.headers


def test_the_gate_takes_the_servers_environment_out_of_a_request(monkeypatch):
    from keyturn_server.gate import Gate

    monkeypatch.setenv("DATABASE_URL", "postgresql://ada:hunter2@h/db")
    seen = {}

    def application(environ, start_response):
        seen.update(environ)
        return []

    gate = Gate(application, most_bytes=lambda: 10)
    gate({"DATABASE_URL": "postgresql://ada:hunter2@h/db", "PATH_INFO": "/"}, lambda *_: None)
    assert "hunter2" not in json.dumps(seen)
    assert seen["PATH_INFO"] == "/"
