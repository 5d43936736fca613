"""A sign-in at ``/token/`` that a right password has begun and a second factor will end, named by a token.

What is known of it stands in a flow (:mod:`keyturn.accounts.flows`): sealed, under the hash of 256 random bits, and
locked while somebody presents the token. So a token is good once, however many present it at the same time, and five
wrong answers end it wherever they are given.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final

from django.contrib.auth import get_user_model
from django.core.exceptions import ValidationError

from keyturn.accounts.flows import FlowStore
from keyturn.errors import Reason, RefusedError
from keyturn.sessions.client import Client
from keyturn.sessions.fingerprint import password_fingerprint
from keyturn.sessions.policy import Policy
from keyturn.signin import identity_of
from keyturn.signin.users import user_database

__all__ = ["GUESSES", "LIFETIME", "HalfSignedIn", "begin"]

LIFETIME: Final = timedelta(minutes=5)
"""From the right password to the second factor."""
GUESSES: Final = 5
"""Wrong answers that a token survives one less of."""

_KEY: Final = "keyturn_half"


@dataclass(slots=True)
class HalfSignedIn:
    """Somebody whose password was right, and whose token is held until the transaction ends.

    Args:
        user: as stored now; the password is the one that was verified.
        must_set_up: whether a second factor is to be set up, since there must be one and is none.
        door: what :func:`begin` was told to remember.
        secret: of an app that is being set up; empty before it was asked for.
    """

    user: Any
    must_set_up: bool
    door: Mapping[str, Any] = field(repr=False)
    secret: str = field(repr=False)
    _flow: FlowStore = field(repr=False)

    @classmethod
    def of(cls, token: str, *, client: Client, now: datetime) -> "HalfSignedIn":
        """Find whose sign-in a token goes on with, and hold it until the transaction ends.

        Args:
            token: as presented.
            client: who presents it: what the first step was bound to must come along.
            now: aware.

        Raises:
            RefusedError: ``mfa_token_invalid``: unknown, used, too old, of another client, or of a user who changed.
            TransactionManagementError: outside of a transaction.
        """
        flow = FlowStore.of_token(token, now=now)
        known = None if flow is None else flow.get(_KEY)
        if flow is None or known is None:
            raise RefusedError(Reason.MFA_TOKEN_INVALID, "unknown or used")
        kind, hash_ = known["binding"]
        if not client.carries(kind=kind, hash=hash_):
            raise RefusedError(Reason.MFA_TOKEN_INVALID, "shown by another client")
        user = None
        if now.timestamp() - known["at"] <= LIFETIME.total_seconds():
            user = _standing(known)
        if user is None:
            flow.close()
            raise RefusedError(Reason.MFA_TOKEN_INVALID, "too old, or the user has changed")
        return cls(user, bool(known["sets_up"]), known["door"], known.get("secret", ""), flow)

    def keep_secret(self, secret: str) -> None:
        """Remember the secret of an app that is being set up."""
        self.secret = secret
        self._flow[_KEY] = {**self._flow[_KEY], "secret": secret}
        self._flow.save()

    def guessed_wrong(self) -> None:
        """Count a wrong answer; the last one ends the sign-in."""
        wrong = self._flow[_KEY]["wrong"] + 1
        if wrong >= GUESSES:
            self._flow.close()
            return
        self._flow[_KEY] = {**self._flow[_KEY], "wrong": wrong}
        self._flow.save()

    def end(self) -> None:
        """The token is used."""
        self._flow.close()


def begin(*, user: Any, must_set_up: bool, door: Mapping[str, Any], client: Client, now: datetime) -> str:
    """Remember that a password was right.

    Args:
        user: as loaded when the password was verified.
        must_set_up: whether a second factor is to be set up first.
        door: what the caller needs at the end; JSON. It is stored encrypted.
        client: who showed the password; the first of its bindings has to come with the second step.
        now: aware.

    Returns:
        The token that names it.
    """
    binding = client.bindings[0] if client.bindings else None
    flow = FlowStore()
    flow[_KEY] = {
        "user": str(user.pk),
        "password": password_fingerprint(user.password),
        "at": now.timestamp(),
        "binding": ["", ""] if binding is None else [binding.kind.value, binding.hash],
        "sets_up": must_set_up,
        "door": dict(door),
        "wrong": 0,
    }
    flow.save()
    return flow.token


def _standing(known: dict[str, Any]) -> Any:
    """The user of the first step, where nothing has changed that would have stopped it."""
    try:
        user = get_user_model()._base_manager.using(user_database()).filter(pk=known["user"]).first()
    except (TypeError, ValueError, ValidationError):
        return None
    if user is None or password_fingerprint(user.password) != known["password"] or not Policy.current().admits(user):
        return None
    identity = identity_of(user)
    return None if identity.reset_required or identity.needs_verification else user
