"""Development's own OpenID provider: a browser signs up and in by it, and nobody is fooled by half of its answers."""

import re
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
import requests

ANSWERED_AT = "/auth/browser/v1/auth/provider/callback/dev"


class Browser:
    """A browser with the app's page in it."""

    def __init__(self, port: int) -> None:
        self.origin = f"http://localhost:{port}"
        self.web = requests.Session()
        self.csrf = self.call("GET", "config").json()["meta"]["csrf_token"]

    def call(self, method: str, path: str, body: Any = None) -> requests.Response:
        headers = {"X-CSRFToken": self.csrf, "Origin": self.origin} if method != "GET" else {}
        return self.web.request(method, f"{self.origin}/auth/browser/v1/{path}", json=body, headers=headers, timeout=30)

    def asked(self) -> str:
        """Where the provider asks who somebody is."""
        begun = self.call(
            "POST",
            "auth/provider/redirect",
            {"provider": "dev", "process": "login", "callback_url": f"{self.origin}/sign-in/provider"},
        )
        assert begun.status_code == 200, begun.text
        found: str = begun.json()["data"]["location"]
        return found

    def answer(self, address: str, **fields: str) -> str:
        """Fill the provider's form in; where it leads back to."""
        page = self.web.get(address, timeout=30)
        assert page.status_code == 200, page.text
        token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', page.text)
        assert token is not None
        sent = self.web.post(
            address, data={"csrfmiddlewaretoken": token[1], **fields}, allow_redirects=False, timeout=30
        )
        assert sent.status_code == 303, sent.text
        return sent.headers["Location"]

    def come_back(self, address: str) -> str:
        """Open it, and say where the app is shown."""
        led = self.web.get(address, allow_redirects=False, timeout=30)
        assert led.status_code == 303, led.text
        return led.headers["Location"]

    def sign_in(self, email: str, **fields: str) -> requests.Response:
        """The whole way."""
        back = self.answer(self.asked(), email=email, **fields)
        assert self.come_back(back) == f"{self.origin}/sign-in/provider"
        return self.call("POST", "auth/provider/finish", {})


@pytest.fixture
def browser(lab):
    return Browser(lab.server.port)


@pytest.mark.server
def test_a_browser_signs_up_and_later_in_by_it(lab, browser):
    first = browser.sign_in("jo@example.com", name="Jo", is_verified="on")
    assert first.status_code == 200, first.text
    user = first.json()["data"]["user"]
    again = Browser(lab.server.port).sign_in("jo@example.com", is_verified="on")
    assert again.status_code == 200, again.text
    assert again.json()["data"]["user"]["id"] == user["id"]


@pytest.mark.server
def test_it_may_claim_no_more_than_was_ticked(browser):
    answer = browser.sign_in("unverified@example.com", name="Someone")
    assert answer.status_code in {400, 401}, answer.text
    assert "access_token" not in answer.json().get("meta", {})


@pytest.mark.server
def test_whoever_declines_is_led_back_with_the_reason(browser):
    back = browser.answer(browser.asked(), decline="1")
    assert parse_qs(urlsplit(back).query)["error"] == ["access_denied"]
    assert "error=" in browser.come_back(back)


@pytest.mark.server
@pytest.mark.parametrize(
    "change",
    [
        {"redirect_uri": "https://elsewhere.example/"},
        {"redirect_uri": "http://localhost.elsewhere.example/"},
        {"client_id": "somebody"},
        {"response_type": "token"},
        {"code_challenge_method": "plain"},
        {"code_challenge": ""},
        {"nonce": "a" * 3_000},
        {"state": "\0"},
    ],
    ids=str,
)
def test_what_this_server_would_not_ask_is_refused(lab, browser, change):
    address = urlsplit(browser.asked())
    asked = {name: values[0] for name, values in parse_qs(address.query).items()} | change
    answer = lab.ask("GET", f"{address.path}?{urlencode(asked)}")
    assert answer.status == 400
    assert answer.headers.get("location") is None


@pytest.mark.server
@pytest.mark.parametrize(
    "change",
    [
        {"code": "none"},
        {"code": ""},
        {"code_verifier": "another" * 8},
        {"redirect_uri": "http://localhost/elsewhere"},
        {"grant_type": "password"},
        {"client_id": "somebody"},
    ],
    ids=str,
)
def test_a_code_is_traded_by_its_own_client_only(lab, browser, change):
    back = browser.answer(browser.asked(), email="jo@example.com", is_verified="on")
    body = {
        "grant_type": "authorization_code",
        "client_id": "this-server",
        "redirect_uri": back.partition("?")[0],
        "code": parse_qs(urlsplit(back).query)["code"][0],
        # The right one is in the browser's sealed flow, and nowhere else.
        "code_verifier": "x" * 43,
        **change,
    }
    answer = lab.ask(
        "POST",
        "/dev/provider/token/",
        body=urlencode(body).encode(),
        content_type="application/x-www-form-urlencoded",
    )
    assert answer.status == 400
    assert answer.json["error"] in {"invalid_grant", "invalid_request"}
