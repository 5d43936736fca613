"""What passkeys are used for at ``/auth/``: who may come in with one, and who goes on.

Imported only where ``allauth.mfa`` is installed.
"""

from collections.abc import Mapping
from datetime import datetime
from types import MappingProxyType
from typing import Any

from keyturn.defence import attempts
from keyturn.errors import Reason, RefusedError
from keyturn.mfa.passkeys import Passkey, Purpose, accept
from keyturn.sessions.policy import Policy
from keyturn.signin import identity_of
from keyturn.signin.identifying import account_of
from keyturn.trail.events import Event
from keyturn.trail.recording import record

__all__ = ["prove_again", "second_factor", "sign_in_alone"]


def sign_in_alone(credential: Mapping[str, Any], *, ip: str | None, now: datetime) -> Passkey:
    """Say who signs in with a passkey and nothing else. Wrong answers count for the address they come from.

    Args:
        credential: as the browser gave it.
        ip: the client's address.
        now: aware.

    Raises:
        TooManyAttemptsError: not looked at.
        RefusedError: ``passkey_invalid``, ``passkey_copied``; with the right passkey ``bad_credentials``: the user may
            not sign in; ``password_reset_required``.
    """
    attempt = attempts.begin(account="", ip=ip, now=now, action="code")
    try:
        passkey = accept(credential=credential, purpose=Purpose.SIGN_IN, now=now)
    except RefusedError as error:
        record(Event.LOGIN_FAILED, reason=error.reason.value, at=now)
        raise
    attempt.succeeded(now=now)
    user = passkey.user
    reason = None
    if not Policy.current().admits(user):
        reason = Reason.BAD_CREDENTIALS
    elif identity_of(user).reset_required:
        reason = Reason.PASSWORD_RESET_REQUIRED
    if reason is not None:
        record(Event.LOGIN_FAILED, user_id=user.pk, reason=reason.value, at=now)
        raise RefusedError(reason)
    return passkey


def second_factor(
    user: Any,
    credential: Mapping[str, Any],
    *,
    ip: str | None,
    now: datetime,
    details: Mapping[str, Any] = MappingProxyType({}),
) -> Passkey:
    """Let somebody whose password was right go on with a passkey; counted with all guesses at codes of the account.

    Args:
        user: loaded.
        credential: as the browser gave it.
        ip: the client's address.
        now: aware.
        details: of a refusal, for the trail.

    Raises:
        TooManyAttemptsError: not looked at.
        RefusedError: ``passkey_invalid``, ``passkey_copied``.
    """
    return _shown(user, credential, Purpose.SECOND_FACTOR, Event.CODE_REJECTED, ip=ip, now=now, details=details)


def prove_again(user: Any, credential: Mapping[str, Any], *, ip: str | None, now: datetime) -> Passkey:
    """Let somebody who is signed in show once more who they are; counted as :func:`second_factor`.

    Raises:
        TooManyAttemptsError: not looked at.
        RefusedError: ``passkey_invalid``, ``passkey_copied``.
    """
    return _shown(user, credential, Purpose.REAUTHENTICATE, Event.REAUTHENTICATION_FAILED, ip=ip, now=now)


def _shown(
    user: Any,
    credential: Mapping[str, Any],
    purpose: Purpose,
    failed: Event,
    *,
    ip: str | None,
    now: datetime,
    details: Mapping[str, Any] = MappingProxyType({}),
) -> Passkey:
    attempt = attempts.begin(account=account_of(user), ip=ip, now=now, action="code", user_id=user.pk)
    try:
        passkey = accept(credential=credential, purpose=purpose, user=user, now=now)
    except RefusedError as error:
        record(failed, user_id=user.pk, reason="webauthn", details={**details, "why": error.reason.value}, at=now)
        raise
    attempt.succeeded(now=now)
    return passkey
