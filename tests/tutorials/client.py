"""The tutorials' client: the calls they make with a browser and with Postman."""

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from threading import Barrier
from typing import Any, TypeVar

import requests

__all__ = ["Client", "Tokens", "at_once"]

T = TypeVar("T")


@dataclass(frozen=True)
class Tokens:
    """What a login or a refresh answers. Kept out of reports of failures."""

    access: str = field(repr=False)
    refresh: str = field(repr=False)


class Client:
    """Speaks to one server and remembers every token it was given.

    Args:
        base_url: scheme, host and port.
        prefix: the path in front of ``token/`` and ``token/refresh/``.
    """

    def __init__(self, base_url: str, prefix: str = "/") -> None:
        self.base_url = base_url
        self.prefix = prefix
        self.issued: set[str] = set()

    def call(self, method: str, path: str, *, bearer: str | None = None, **options: Any) -> requests.Response:
        """Make one call on a connection of its own, whatever proxies the environment names."""
        headers = {"Accept": "application/json"} | options.pop("headers", {})
        if bearer is not None:
            headers["Authorization"] = f"Bearer {bearer}"
        with requests.Session() as http:
            http.trust_env = False
            return http.request(
                method, f"{self.base_url}{path}", headers=headers, timeout=30, allow_redirects=False, **options
            )

    def _tokens(self, answer: requests.Response) -> Tokens:
        assert answer.status_code == 200, (answer.status_code, answer.text[:500])
        body = answer.json()
        assert set(body) == {"access", "refresh"}
        self.issued |= set(body.values())
        return Tokens(body["access"], body["refresh"])

    def log_in(self, username: str, password: str) -> Tokens:
        """Log in and expect tokens."""
        answer = self.call("POST", f"{self.prefix}token/", json={"username": username, "password": password})
        return self._tokens(answer)

    def try_refresh(self, refresh: str) -> requests.Response:
        """Present a refresh token."""
        return self.call("POST", f"{self.prefix}token/refresh/", json={"refresh": refresh})

    def refresh(self, refresh: str) -> Tokens:
        """Present a refresh token and expect new tokens."""
        return self._tokens(self.try_refresh(refresh))

    def home(self, access: str | None = None) -> requests.Response:
        """Open the page for signed-in users."""
        return self.call("GET", "/home/", bearer=access)

    def home_once_heard(self, access: str) -> requests.Response:
        """Open it with the token of a session that has ended elsewhere: asks until the process has heard of that.

        It should within a second; on a machine that is busy with other tests it has ten.
        """
        deadline = time.monotonic() + 10
        answer = self.home(access)
        while answer.status_code == 200 and time.monotonic() < deadline:
            time.sleep(0.05)
            answer = self.home(access)
        return answer

    def log_out(self, refresh: Any, access: str | None, path: str = "/logout/") -> requests.Response:
        """Log out as step 16 does: the access token in Authorization, the refresh token in the body."""
        return self.call("POST", path, bearer=access, json={"refresh_token": refresh})

    def refresh_at_once(self, refresh: str, callers: int) -> list[requests.Response]:
        """Present one refresh token from several callers at the same moment."""
        return at_once(callers, lambda: self.try_refresh(refresh))


def at_once(callers: int, call: Callable[[], T]) -> list[T]:
    """Run ``call`` in so many threads that all start together, and return what they returned."""
    barrier = Barrier(callers)

    def wait_and_call(_: int) -> T:
        barrier.wait(timeout=30)
        return call()

    with ThreadPoolExecutor(callers) as pool:
        return list(pool.map(wait_and_call, range(callers)))
