"""The admin of a running server, as a browser uses it: sign in, look at a user, act, act as the user, the dashboard."""

import html
import re
from collections.abc import Iterator
from http.cookiejar import CookieJar
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.parse import urlencode
from urllib.request import HTTPCookieProcessor, ProxyHandler, Request, build_opener

import pytest

from tests.server.conftest import running
from tests.server.running import ask
from tests.services.migrated import Superuser
from tests.services.process import ServerProcess

pytestmark = pytest.mark.server

PASSWORD = "correct horse battery staple"


class Browser:
    """Keeps cookies, and sends the CSRF token of the form it has just seen."""

    def __init__(self, port: int) -> None:
        self._base = f"http://127.0.0.1:{port}"
        self._opener = build_opener(HTTPCookieProcessor(CookieJar()), ProxyHandler({}))
        self._seen = ""

    def get(self, path: str, **headers: str) -> str:
        """Open a page."""
        return self._open(Request(self._base + path, headers=headers))

    def post(self, path: str, **fields: Any) -> str:
        """Send a form, and follow where it leads."""
        token = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', self._seen)
        body = urlencode({"csrfmiddlewaretoken": token[1] if token else "", **fields}, doseq=True).encode()
        return self._open(Request(self._base + path, body))

    def _open(self, request: Request) -> str:
        try:
            with self._opener.open(request, timeout=30) as answer:
                self._seen = html.unescape(answer.read().decode())
        except HTTPError as error:
            pytest.fail(f"{request.full_url}: {error.code} {error.read()[:500]!r}")
        return self._seen


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    """A server with an administrator and a user."""
    directory: Path = tmp_path_factory.mktemp("administered")
    env = {"KEYTURN_DEBUG": "1"}
    users = [Superuser(name, f"{name}@example.com", PASSWORD) for name in ("root", "ada")]
    yield from running(directory, env, superusers=users)


@pytest.fixture
def browser(server: ServerProcess) -> Browser:
    """Signed in as the administrator."""
    signed_in = Browser(server.port)
    signed_in.get("/admin/")
    front = signed_in.post("/admin/login/?next=/admin/", username="root", password=PASSWORD)
    assert "Dashboard" in front
    return signed_in


def test_an_administrator_ends_a_users_sessions_on_the_servers_own_page(server, browser):
    tokens = ask(server.port, "POST", "/token/", json_body={"username": "ada", "password": PASSWORD}).json
    listed = browser.get("/admin/auth/user/?q=ada")
    (path,) = set(re.findall(r'href="(/admin/auth/user/\d+/)change/', listed))

    page = browser.get(f"{path}change/")
    assert "live session" in page
    browser.get(f"{path}keyturn/end-sessions/")
    done = browser.post(f"{path}keyturn/end-sessions/")

    assert re.search(r"\d+ sessions? (was|were) ended", done)
    assert "revoked_by_admin" in done
    refused = ask(server.port, "POST", "/token/refresh/", json_body={"refresh": tokens["refresh"]})
    assert (refused.status, refused.json["reason"]) == (401, "session_revoked")


def test_an_administrator_acts_as_a_user_by_one_token(server, browser):
    listed = browser.get("/admin/auth/user/?q=ada")
    (path,) = set(re.findall(r'href="(/admin/auth/user/\d+/)change/', listed))

    browser.get(f"{path}keyturn/impersonate/")
    page = browser.post(f"{path}keyturn/impersonate/", reason="ticket 4711")
    (access,) = re.findall(r"<textarea[^>]*>([^<]+)</textarea>", page)

    assert ask(server.port, "GET", "/me/", authorization=f"Bearer {access}").json["username"] == "ada"
    refused = ask(server.port, "GET", "/me/export/", authorization=f"Bearer {access}")
    assert (refused.status, refused.json["code"]) == (403, "impersonated")


def test_the_pages_find_their_style_sheet(server, browser):
    for path in ("/admin/keyturn/tally/", "/admin/keyturn/tally/?span=30d"):
        sheets = re.findall(r'href="(/static/keyturn/[^"]+)"', browser.get(path))
        assert sheets
        for sheet in sheets:
            answer = ask(server.port, "GET", sheet)
            assert (answer.status, answer.headers["content-type"]) == (200, 'text/css; charset="utf-8"')


def test_every_page_of_the_front_page_opens(browser):
    paths = sorted(set(re.findall(r'href="(/admin/\w+/\w+/)"', browser.get("/admin/"))))

    assert {"/admin/keyturn/auditevent/", "/admin/keyturn/outgoingmail/", "/admin/keyturn/accountstate/"} <= set(paths)
    for path in paths:
        assert "<h1>" in browser.get(path)


def test_the_pages_speak_the_language_of_the_browser(server, browser):
    dashboard = browser.get("/admin/keyturn/tally/", **{"Accept-Language": "de-AT"})
    assert "Gescheiterte Anmeldungen" in dashboard
    assert "Failed logins" not in dashboard
    # Numbers in the drawings stay as SVG has them.
    assert not re.search(r'[xy]="[^"]*,', dashboard)
    # The words of the API are for programs.
    answer = ask(server.port, "POST", "/token/", json_body={"username": "no", "password": "no"}, accept_language="de")
    assert answer.json["detail"].startswith("No active account")


def test_the_browsers_language_goes_with_its_request(server, browser):
    for _ in range(12):
        browser.get("/admin/login/?next=/admin/", **{"Accept-Language": "de"})
    said = {ask(server.port, "GET", "/home/").json["detail"] for _ in range(24)}
    assert said == {"Authentication credentials were not provided."}
