"""A client of /auth/ with a software authenticator beside it."""

from typing import Any

from tests.accounts.engine import AuthClient
from tests.mfa.authenticator import ORIGIN, SoftAuthenticator

__all__ = ["PASSKEYS", "add", "authenticate", "begun", "options", "sign_in", "signed_in"]

PASSKEYS = {"PUBLIC_URL": ORIGIN, "SITE_NAME": "Example"}
"""Settings of a project where passkeys have a site to belong to."""


def signed_in(username: str = "ada") -> AuthClient:
    """Somebody who has just signed in with a password."""
    client = AuthClient()
    assert client.log_in(username).status_code == 200
    return client


def options(client: AuthClient, path: str) -> dict[str, Any]:
    """What a GET hands to the browser."""
    answer = client.call("GET", path)
    assert answer.status_code == 200, answer.content
    data: dict[str, Any] = answer.json()["data"]
    return data["creation_options"] if "creation_options" in data else data["request_options"]


def add(
    client: AuthClient, authenticator: SoftAuthenticator, *, alone: bool = True, name: str = "Laptop", **wrong: Any
) -> Any:
    """Make a passkey and have it kept."""
    asked = options(client, f"account/authenticators/webauthn{'?passwordless' if alone else ''}")
    credential = authenticator.create(asked, **wrong)
    return client.call("POST", "account/authenticators/webauthn", {"name": name, "credential": credential})


def sign_in(authenticator: SoftAuthenticator, client: AuthClient | None = None, **wrong: Any) -> Any:
    """Sign in with a passkey alone."""
    client = client or AuthClient()
    credential = authenticator.get(options(client, "auth/webauthn/login"), **wrong)
    return client.call("POST", "auth/webauthn/login", {"credential": credential})


def begun(username: str = "ada") -> AuthClient:
    """Somebody whose password was right, and who is asked for a second factor."""
    client = AuthClient()
    answer = client.log_in(username)
    assert answer.status_code == 401, answer.content
    return client


def authenticate(client: AuthClient, authenticator: SoftAuthenticator, **wrong: Any) -> Any:
    """Show a passkey as the second factor."""
    credential = authenticator.get(options(client, "auth/webauthn/authenticate"), **wrong)
    return client.call("POST", "auth/webauthn/authenticate", {"credential": credential})
