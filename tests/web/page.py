"""A page in a browser that uses Keyturn as a web client, through Django's test client: its headers and its cookies."""

from typing import Any, Final

from django.test import Client

from tests.contract.caller import FIREFOX, PASSWORD

__all__ = ["ORIGIN", "SECURE_ORIGIN", "Page"]

ORIGIN: Final = "http://testserver"
SECURE_ORIGIN: Final = "https://testserver"


class Page:
    """A page of one origin, in one browser.

    Args:
        secure: whether the server is reached over TLS.
        headers: that it sends with every call, under the names that WSGI has for them; None: one not sent.
    """

    def __init__(self, *, secure: bool = False, user_agent: str = FIREFOX, **headers: Any) -> None:
        self.browser: Client = Client(REMOTE_ADDR="192.0.2.7", HTTP_USER_AGENT=user_agent)
        self.secure = secure
        self.headers: dict[str, str | None] = {
            "HTTP_X_KEYTURN_CLIENT": "web",
            "HTTP_ORIGIN": SECURE_ORIGIN if secure else ORIGIN,
            "HTTP_SEC_FETCH_SITE": "same-origin",
            "HTTP_SEC_FETCH_MODE": "cors",
            **headers,
        }

    def call(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        access: str | None = None,
        content_type: str = "application/json",
        **headers: Any,
    ) -> Any:
        """Send ``body`` as JSON, with the page's headers or others."""
        sent = {name: value for name, value in {**self.headers, **headers}.items() if value is not None}
        if access is not None:
            sent["HTTP_AUTHORIZATION"] = f"Bearer {access}"
        options: dict[str, Any] = {} if body is None else {"data": body, "content_type": content_type}
        return getattr(self.browser, method.lower())(path, secure=self.secure, **options, **sent)

    def try_sign_in(self, username: str = "ada", password: str = PASSWORD, **headers: Any) -> Any:
        """POST credentials."""
        return self.call("POST", "/token/", {"username": username, "password": password}, **headers)

    def sign_in(self, username: str = "ada", password: str = PASSWORD) -> str:
        """POST credentials, and expect an access token and nothing else."""
        return _access(self.try_sign_in(username, password))

    def try_refresh(self, body: Any = None, **headers: Any) -> Any:
        """Trade the cookie."""
        return self.call("POST", "/token/refresh/", {} if body is None else body, **headers)

    def refresh(self) -> str:
        """Trade the cookie, and expect an access token and nothing else."""
        return _access(self.try_refresh())

    def cookie(self, what: str) -> Any:
        """The cookie of a kind (``refresh``, ``device``, ``flow``) as the browser has it; None where it has none."""
        found = [one for name, one in self.browser.cookies.items() if f"keyturn_{what}_" in name and one.value]
        assert len(found) < 2, [one.key for one in found]
        return found[0] if found else None

    def held(self, what: str) -> str:
        """The value of a cookie that is there."""
        cookie = self.cookie(what)
        assert cookie is not None, list(self.browser.cookies)
        return cookie.value

    def hold(self, what: str, value: str) -> None:
        """Change the value of a cookie that is there."""
        cookie = self.cookie(what)
        assert cookie is not None
        self.browser.cookies[cookie.key] = value

    def lose(self, what: str) -> None:
        """Let the browser forget a cookie."""
        cookie = self.cookie(what)
        assert cookie is not None
        del self.browser.cookies[cookie.key]


def _access(answer: Any) -> str:
    assert answer.status_code == 200, (answer.status_code, answer.content[:500])
    body = answer.json()
    assert set(body) == {"access"}
    return str(body["access"])
