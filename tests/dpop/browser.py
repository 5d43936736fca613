"""A client that holds a key: it sends a proof with each request, and the nonce that it was given last."""

from typing import Any

from tests.contract.caller import FIREFOX, PASSWORD, Caller, Tokens
from tests.dpop.key import DpopKey

__all__ = ["ORIGIN", "KeyHolder"]

ORIGIN = "http://testserver"


class KeyHolder:
    """A caller with a key of its own."""

    def __init__(self, *, key: DpopKey | None = None, user_agent: str = FIREFOX) -> None:
        self.key = key or DpopKey()
        self.caller = Caller(user_agent=user_agent)

    def call(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        access: str | None = None,
        proof: str | None = None,
        **more: str,
    ) -> Any:
        """Send JSON with a proof; with ``access`` by the scheme DPoP."""
        if access is not None:
            more["HTTP_AUTHORIZATION"] = f"DPoP {access}"
        made = self.key.proof(method, ORIGIN + path.partition("?")[0], token=access) if proof is None else proof
        return self.caller.call(method, path, body, HTTP_DPOP=made, **more)

    def try_log_in(self, **more: str) -> Any:
        """POST credentials."""
        return self.call("POST", "/token/", {"username": "ada", "password": PASSWORD}, **more)

    def log_in(self) -> Tokens:
        """POST credentials and expect bound tokens."""
        return bound_tokens(self.try_log_in())

    def try_refresh(self, refresh: str, **more: str) -> Any:
        """POST a refresh token."""
        return self.call("POST", "/token/refresh/", {"refresh": refresh}, **more)

    def refresh(self, refresh: str) -> Tokens:
        """POST a refresh token and expect bound tokens."""
        return bound_tokens(self.try_refresh(refresh))

    def home(self, access: str, **more: str) -> Any:
        """GET the page for signed-in users."""
        return self.call("GET", "/home/", access=access, **more)


def bound_tokens(answer: Any) -> Tokens:
    """The tokens of an answer that says that they are bound."""
    assert answer.status_code == 200, (answer.status_code, answer.content[:500])
    body = answer.json()
    assert body["token_type"] == "DPoP"
    assert set(body) == {"access", "refresh", "token_type"}
    return Tokens(body["access"], body["refresh"])
