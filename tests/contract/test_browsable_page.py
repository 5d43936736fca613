"""The tutorial's "fill this form": an HTML page in development, never in production."""

import html
import re
from typing import Any

import pytest

from keyturn.sessions.models import Session
from tests.contract.caller import PASSWORD, claims

# What a browser sends.
BROWSER = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"

FIELDS = {
    "/token/": {"username", "password"},
    "/token/refresh/": {"refresh"},
    "/token/verify/": {"token"},
    "/token/blacklist/": {"refresh"},
    "/logout/": {"refresh_token"},
}


@pytest.fixture
def development(settings):
    settings.DEBUG = True


def page(answer: Any, status: int) -> str:
    assert answer.status_code == status, answer.content[:500]
    assert answer["Content-Type"].startswith("text/html")
    assert answer["Cache-Control"] == "no-store"
    return html.unescape(answer.content.decode())


def fields_of_form(text: str, path: str) -> set[str]:
    form = re.search(rf'<form action="{path}" method="POST".*?</form>', text, re.DOTALL)
    assert form, text
    return set(re.findall(r'<input[^>]*name="(\w+)"', form[0])) - {"csrfmiddlewaretoken"}


@pytest.mark.parametrize(("path", "fields"), FIELDS.items(), ids=FIELDS)
def test_opening_a_token_address_in_a_browser_shows_a_form_to_fill(development, db, caller, path, fields):
    text = page(caller.call("GET", path, HTTP_ACCEPT=BROWSER), 405)

    assert fields_of_form(text, path) == fields


def test_the_password_field_hides_what_is_typed(development, db, caller):
    text = page(caller.call("GET", "/token/", HTTP_ACCEPT=BROWSER), 405)

    assert re.search(r'<input[^>]*name="password"[^>]*type="password"|type="password"[^>]*name="password"', text)


def test_the_filled_form_shows_both_tokens(development, ada, caller):
    answer = caller.form("/token/", {"username": "ada", "password": PASSWORD}, HTTP_ACCEPT=BROWSER)

    text = page(answer, 200)
    access, refresh = (re.search(rf'"{name}": "([\w.-]+)"', text) for name in ("access", "refresh"))
    assert access
    assert refresh
    assert caller.home(access[1]).status_code == 200

    second = page(caller.form("/token/refresh/", {"refresh": refresh[1]}, HTTP_ACCEPT=BROWSER), 200)
    rotated = re.search(r'"refresh": "([\w.-]+)"', second)
    assert rotated
    assert claims(rotated[1])["gen"] == 1


def test_a_form_filled_wrongly_shows_the_error_and_the_form_again(development, ada, caller):
    answer = caller.form("/token/", {"username": "ada", "password": "wrong"}, HTTP_ACCEPT=BROWSER)

    text = page(answer, 401)
    assert "No active account found with the given credentials" in text
    assert fields_of_form(text, "/token/") == FIELDS["/token/"]
    assert "wrong" not in re.sub(r"<(script|style).*?</\1>", "", text, flags=re.DOTALL)


def test_sessions_and_home_have_their_pages_too(development, ada, caller):
    tokens = caller.log_in()
    text = page(caller.call("GET", "/sessions/", access=tokens.access, HTTP_ACCEPT=BROWSER), 200)
    assert claims(tokens.access)["sid"] in text

    for path in ("/sessions/", "/logout/all/"):
        assert "credentials were not provided" in page(caller.call("GET", path, HTTP_ACCEPT=BROWSER), 401)


def test_sliding_pages_show_their_forms_where_turned_on(development, settings, db, caller):
    assert caller.call("GET", "/token/sliding/", HTTP_ACCEPT=BROWSER).status_code == 404

    settings.KEYTURN = {"SLIDING_TOKENS": True}
    text = page(caller.call("GET", "/token/sliding/", HTTP_ACCEPT=BROWSER), 405)
    assert fields_of_form(text, "/token/sliding/") == {"username", "password"}
    text = page(caller.call("GET", "/token/sliding/refresh/", HTTP_ACCEPT=BROWSER), 405)
    assert fields_of_form(text, "/token/sliding/refresh/") == {"token"}


def test_a_program_gets_json_in_development_too(development, ada, caller):
    for accept in ("*/*", "application/json", "application/json, text/plain, */*"):
        answer = caller.call("POST", "/token/", {"username": "ada", "password": PASSWORD}, HTTP_ACCEPT=accept)
        assert answer["Content-Type"] == "application/json"
        assert set(answer.json()) == {"access", "refresh"}


def test_in_production_a_browser_gets_json(ada, caller):
    got = caller.call("GET", "/token/", HTTP_ACCEPT=BROWSER)
    filled = caller.form("/token/", {"username": "ada", "password": PASSWORD}, HTTP_ACCEPT=BROWSER)

    assert (got.status_code, got["Content-Type"]) == (405, "application/json")
    assert (filled.status_code, filled["Content-Type"]) == (200, "application/json")
    assert set(filled.json()) == {"access", "refresh"}


@pytest.mark.parametrize("path", [*FIELDS, "/sessions/", "/logout/all/"])
def test_in_production_there_is_no_html_however_it_is_asked_for(ada, caller, path):
    access = caller.log_in().access
    before = Session.objects.values().get()

    for answer in (
        caller.call("GET", path, access=access, HTTP_ACCEPT="text/html"),
        caller.form(path, {"username": "ada", "password": PASSWORD}, access=access, HTTP_ACCEPT="text/html"),
        caller.call("GET", f"{path}?format=api", access=access),
    ):
        assert answer.status_code in {404, 406}
        assert answer["Content-Type"] == "application/json"
        assert answer.json()["code"] in {"not_found", "not_acceptable"}

    assert Session.objects.values().get() == before
