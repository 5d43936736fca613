"""A browser that goes to a provider and comes back, through Django's test client."""

from typing import Any, Final
from urllib.parse import parse_qs, urlsplit

from tests.accounts.engine import AuthClient
from tests.services.openid_provider import Person, path_of

__all__ = ["BACK_AT", "CALLBACK_PAGE", "PUBLIC_URL", "Browser", "error_of"]

PUBLIC_URL: Final = "http://localhost:8000"
BACK_AT: Final = f"{PUBLIC_URL}/auth/browser/v1/auth/provider/callback/"
CALLBACK_PAGE: Final = f"{PUBLIC_URL}/sign-in/provider"


class Browser(AuthClient):
    """One browser with the page of ours in it."""

    def __init__(self, **options: Any) -> None:
        super().__init__("browser", **options)
        self.call("GET", "config")

    def begin(self, provider: str = "acme", *, process: str = "login", callback_url: str = CALLBACK_PAGE) -> Any:
        """Ask where to go."""
        body = {"provider": provider, "process": process, "callback_url": callback_url}
        return self.call("POST", "auth/provider/redirect", body)

    def location(self, provider: str = "acme", *, process: str = "login") -> str:
        """Where to go."""
        answer = self.begin(provider, process=process)
        assert answer.status_code == 200, answer.content
        found: str = answer.json()["data"]["location"]
        return found

    def come_back(self, address: str) -> Any:
        """Open the address that a provider leads back to: a navigation, so without the access token."""
        return self.http.get(path_of(address), HTTP_ACCEPT="text/html")

    def finish(self) -> Any:
        """Use what the provider has said."""
        return self.call("POST", "auth/provider/finish", {})

    def go_through(self, person: Person, *, process: str = "login") -> Any:
        """The whole way."""
        address = person.visit(self.location(process=process), back_at=BACK_AT)
        led = self.come_back(address)
        assert led.status_code == 303, led.content
        assert led["Location"] == CALLBACK_PAGE, led["Location"]
        return self.finish()


def error_of(answer: Any) -> str:
    """The word in the address that a browser is led back to."""
    return parse_qs(urlsplit(answer["Location"]).query).get("error", [""])[0]
