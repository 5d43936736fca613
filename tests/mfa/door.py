"""The door of ``/token/`` for users with a second factor, as a client walks through it."""

from typing import Any

from allauth.mfa.models import Authenticator

from keyturn.clock import utc_now
from keyturn.mfa import recovery, totp
from keyturn.mfa.sealing import seal_secret

__all__ = ["code_of", "enrol", "finish", "give_codes", "mfa_token"]


def enrol(user: Any) -> str:
    """Give a user an authenticator app by its rows alone; the secret."""
    secret = totp.new_secret()
    sealed = seal_secret(secret, user_pk=user.pk, kind="totp")
    Authenticator.objects.create(user=user, type="totp", data={"secret": sealed})
    return secret


def give_codes(user: Any) -> tuple[str, ...]:
    """Give a user recovery codes by their rows alone."""
    Authenticator.objects.create(user=user, type="recovery_codes", data={"migrated_codes": []})
    return recovery.make(user.pk, now=utc_now())


def code_of(secret: str, *, later: int = 0) -> str:
    """What the app shows so many periods from now."""
    return totp.code_at(secret, totp.step_at(utc_now()) + later)


def mfa_token(client: Any, **credentials: str) -> str:
    """Show the password, and keep what names the sign-in.

    Args:
        client: a ``Caller`` or a ``Page``.
        credentials: others than ada's.
    """
    body = {"username": "ada", "password": "correct horse battery staple", **credentials}
    answer = client.call("POST", "/token/", body)
    assert answer.status_code in {401, 403}, answer.content
    return str(answer.json()["mfa_token"])


def finish(client: Any, token: str, code: str = "", **more: Any) -> Any:
    """Show a token and a code."""
    shown = {"code": code} if code else {}
    return client.call("POST", "/token/mfa/", {"mfa_token": token, **shown, **more})
