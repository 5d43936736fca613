"""The second step of a sign-in at ``/token/``: a code or a passkey for what a right password has begun.

Only imported where ``allauth.mfa`` is installed. Locks are taken in one order: the flow, the counts, the user, the
factor, the session; a transaction that ends in a refusal is committed, so that what was counted stays counted.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final, Generic, TypeVar

from django.db import transaction
from django.views.decorators.debug import sensitive_variables

from keyturn.accounts.flows import flow_database
from keyturn.accounts.half_signed_in import HalfSignedIn
from keyturn.defence import attempts
from keyturn.errors import Reason, RefusedError
from keyturn.mfa import trusted
from keyturn.mfa.codes import accept_code
from keyturn.mfa.enrolling import enrol_totp
from keyturn.mfa.factors import is_enrolled
from keyturn.mfa.passkeys import Purpose, accept, request_options
from keyturn.mfa.provisioning import Provisioning, provisioning
from keyturn.mfa.sealing import FactorSecretError
from keyturn.mfa.totp import new_secret
from keyturn.sessions.assurance import Method, Proof, amr_of
from keyturn.sessions.client import Client
from keyturn.signin.identifying import account_of
from keyturn.signin.users import locked_user
from keyturn.trail.events import Event
from keyturn.trail.recording import record

__all__ = ["Done", "Shown", "finish", "passkey_options", "set_up"]

_T = TypeVar("_T")

_PASSWORD: Final = Proof(Method.PASSWORD)


@dataclass(frozen=True, slots=True)
class Shown:
    """What a client shows with its token: one of the two.

    Args:
        code: of an app, or a recovery code.
        credential: a passkey's answer, as a browser's ``PublicKeyCredential`` writes itself.
    """

    code: str | None = field(default=None, repr=False)
    credential: Mapping[str, Any] | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Done(Generic[_T]):
    """A sign-in that is complete.

    Args:
        user: who.
        issued: what :func:`finish` was told to issue.
        recovery_codes: made with a factor that was set up in this step; to be shown this once.
    """

    user: Any
    issued: _T = field(repr=False)
    recovery_codes: tuple[str, ...] = field(default=(), repr=False)


@sensitive_variables()
def finish(
    token: str,
    *,
    shown: Shown,
    trusts: bool,
    client: Client,
    now: datetime,
    issue: Callable[[Any, str, Mapping[str, Any]], _T],
) -> Done[_T]:
    """End a sign-in with a second factor. Of those who do it at once with one token, one does.

    Args:
        token: as :func:`keyturn.accounts.half_signed_in.begin` gave it.
        shown: a code or a passkey's answer. Every guess is counted before it is looked at, with those at the account's
            other doors.
        trusts: whether to ask for no second factor at this device for a while.
        client: who shows it.
        now: aware.
        issue: opens the session: it is handed the user, the session's ``amr``, and what was remembered of the door.

    Raises:
        TooManyAttemptsError: nothing was looked at.
        RefusedError: ``mfa_token_invalid``; ``wrong_code``, ``passkey_invalid`` or ``passkey_copied``: the token stays
            good unless that was the last of its guesses; what ``issue`` raises.
        FactorSecretError: whether the code was right cannot be told; it counts as a guess all the same.
    """
    with transaction.atomic(using=flow_database()):
        try:
            return _finished(token, shown, trusts=trusts, client=client, now=now, issue=issue)
        except (RefusedError, FactorSecretError) as error:
            # What was counted stays counted, so the transaction ends well.
            refused = error
    raise refused


def _finished(
    token: str,
    shown: Shown,
    *,
    trusts: bool,
    client: Client,
    now: datetime,
    issue: Callable[[Any, str, Mapping[str, Any]], _T],
) -> Done[_T]:
    half = HalfSignedIn.of(token, client=client, now=now)
    user = half.user
    attempt = attempts.begin(account=account_of(user), ip=client.ip, now=now, action="code", user_id=user.pk)
    try:
        if half.must_set_up:
            # All of it or nothing: an app whose user does not come in by it is nobody's.
            with transaction.atomic(using=flow_database()):
                recovery_codes = _set_up(half, shown, now=now)
                issued = _issued(half, Proof(Method.TOTP), issue)
        else:
            recovery_codes, proof = (), _looked_at(user, shown, now=now)
            issued = _issued(half, proof, issue)
    except RefusedError as error:
        if error.reason is Reason.MFA_TOKEN_INVALID:
            half.end()
        else:
            half.guessed_wrong()
            kind = Method.TOTP if shown.credential is None else Method.WEBAUTHN
            record(Event.CODE_REJECTED, user_id=user.pk, reason=kind.value, at=now)
        raise
    except FactorSecretError:
        half.guessed_wrong()
        raise
    attempt.succeeded(now=now)
    half.end()
    if trusts:
        trusted.trust(user=user, client=client, now=now)
    return Done(user, issued, recovery_codes)


def _issued(half: HalfSignedIn, proof: Proof, issue: Callable[[Any, str, Mapping[str, Any]], _T]) -> _T:
    try:
        return issue(half.user, amr_of([_PASSWORD, proof]), half.door)
    except RefusedError as error:
        raise RefusedError(Reason.MFA_TOKEN_INVALID, f"no session was opened: {error.reason}") from error


def _looked_at(user: Any, shown: Shown, *, now: datetime) -> Proof:
    if shown.credential is not None:
        passkey = accept(credential=shown.credential, purpose=Purpose.SECOND_FACTOR, user=user, now=now)
        return Proof(Method.WEBAUTHN, is_synced=passkey.backup_eligible, user_verified=passkey.user_verified)
    kind = accept_code(user=user, code=shown.code or "", now=now)
    if kind is None:
        raise RefusedError(Reason.WRONG_CODE)
    return Proof(Method(kind))


@sensitive_variables()
def _set_up(half: HalfSignedIn, shown: Shown, *, now: datetime) -> tuple[str, ...]:
    """Add the app whose secret the token was given. The code that shows it is the second factor of this sign-in."""
    user = locked_user(half.user.pk)
    if user.password != half.user.password or is_enrolled(user):
        # Who has set up a factor meanwhile is asked for that one, by a token of its own.
        raise RefusedError(Reason.MFA_TOKEN_INVALID, "the user has changed")
    return enrol_totp(user=user, secrets=[half.secret] if half.secret else [], code=shown.code or "", now=now)


def set_up(token: str, *, client: Client, now: datetime) -> Provisioning:
    """What an authenticator app is to be told, for a user who must have one. The same for as long as the token is good.

    Args:
        token: as :func:`finish`.
        client: who asks.
        now: aware.

    Raises:
        RefusedError: ``mfa_token_invalid``, also where there is nothing to set up.
    """
    with transaction.atomic(using=flow_database()):
        try:
            half = HalfSignedIn.of(token, client=client, now=now)
            if not half.must_set_up:
                raise RefusedError(Reason.MFA_TOKEN_INVALID, "there is a factor")
            if not half.secret:
                half.keep_secret(new_secret())
            return provisioning(half.user, half.secret)
        except RefusedError as error:
            refused = error
    raise refused


def passkey_options(token: str, *, client: Client, now: datetime) -> dict[str, Any]:
    """What a browser is asked to have a passkey answer, for the user of a token. The token stays good.

    Args:
        token: as :func:`finish`.
        client: who asks.
        now: aware.

    Returns:
        ``{"publicKey": …}`` (WebAuthn section 5.5).

    Raises:
        RefusedError: ``mfa_token_invalid``.
    """
    with transaction.atomic(using=flow_database()):
        try:
            half = HalfSignedIn.of(token, client=client, now=now)
            if half.must_set_up:
                raise RefusedError(Reason.MFA_TOKEN_INVALID, "there is no factor to ask for")
            return request_options(purpose=Purpose.SECOND_FACTOR, user=half.user, now=now)
        except RefusedError as error:
            refused = error
    raise refused
