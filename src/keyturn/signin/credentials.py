"""What a login is: whose account, whether it may be tried, credentials, the project's rule, its hooks.

Tokens are issued by whoever asked. Every door goes through here, so that a guess counts the same at each of them.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Final, TypeVar
from uuid import UUID

from django.contrib.auth import authenticate, get_user_model
from django.contrib.auth.models import update_last_login
from django.core.exceptions import ValidationError
from django.http import HttpRequest
from django.utils.module_loading import import_string
from django.views.decorators.debug import sensitive_variables

from keyturn import conf
from keyturn.clock import utc_now
from keyturn.defence import attempts
from keyturn.defence.passwords import spellings
from keyturn.errors import Reason, RefusedError
from keyturn.sessions.policy import Policy
from keyturn.signin.factor_rule import FactorRequiredError, must_have_factor
from keyturn.signin.identifying import Identity, identify, identity_of
from keyturn.trail.calling import current_caller
from keyturn.trail.events import Event
from keyturn.trail.recording import record

__all__ = ["Verified", "check_credentials", "sign_in", "signed_in", "verify"]

_T = TypeVar("_T")

_HIDDEN: Final = "********************"
"""What Django's own signal of a failed login shows in place of a password."""


@dataclass(frozen=True, slots=True)
class Verified:
    """Somebody whose password was right, in an attempt that still counts.

    Args:
        user: as loaded when the password was verified.
        identity: what else is known of the account.
        attempt: to be told when the login has succeeded.
    """

    user: Any
    identity: Identity
    attempt: attempts.Attempt = field(repr=False)

    def succeeded(self, *, now: datetime) -> None:
        """Give the attempt back."""
        self.attempt.succeeded(now=now)


@sensitive_variables("credentials")
def sign_in(
    credentials: Mapping[str, str],
    *,
    issue: Callable[[Any], _T],
    request: HttpRequest | None = None,
    now: datetime | None = None,
    lets_off: Callable[[Any], bool] | None = None,
) -> _T:
    """Sign a user in, from credentials to tokens, by the password alone.

    The tokens are issued only if the verified password is still the user's. Where it is not, another login may merely
    have upgraded its hash in between, so the credentials are checked once more before they are called wrong.

    Args:
        credentials: see :func:`verify`.
        issue: opens the session of the user it is given, and returns its tokens.
        request: see :func:`verify`.
        now: aware; None: this moment.
        lets_off: see :func:`check_credentials`.

    Returns:
        What ``issue`` returned.

    Raises:
        TooManyAttemptsError: nothing was looked at.
        RefusedError: ``bad_credentials``; after the right password also what :func:`check_credentials` raises.
    """
    now = now or utc_now()
    verified = verify(credentials, request=request, now=now)
    _check_ready(verified, now=now, lets_off=lets_off)
    try:
        tokens = issue(verified.user)
    except RefusedError:
        verified = replace(verified, user=_checked(credentials, verified.identity, request=request, now=now))
        tokens = issue(verified.user)
    verified.succeeded(now=now)
    signed_in(verified.user, request=request, session_id=getattr(tokens, "session_id", None), now=now)
    return tokens


@sensitive_variables("credentials")
def check_credentials(
    credentials: Mapping[str, str],
    *,
    request: HttpRequest | None = None,
    now: datetime | None = None,
    steps_follow: bool = False,
    lets_off: Callable[[Any], bool] | None = None,
) -> Any:
    """Return the user whose password is right and who may go on. The attempt is given back.

    Args:
        credentials: see :func:`verify`.
        request: see :func:`verify`.
        now: aware; None: this moment.
        steps_follow: whether the caller itself sees to a verified address and a second factor; otherwise the password
            alone must do.
        lets_off: asked of a user with a second factor, and of no other: whether it may be left out this time.

    Raises:
        TooManyAttemptsError: nothing was looked at.
        FactorRequiredError: with the right password, unless steps follow: ``mfa_required``, or of who must have a
            second factor and has none ``factor_setup_required``.
        RefusedError: ``bad_credentials``; with the right password ``password_reset_required`` and, unless steps follow,
            ``email_not_verified``.
    """
    now = now or utc_now()
    verified = verify(credentials, request=request, now=now)
    _check_ready(verified, now=now, steps_follow=steps_follow, lets_off=lets_off)
    verified.succeeded(now=now)
    return verified.user


@sensitive_variables("credentials")
def verify(credentials: Mapping[str, str], *, request: HttpRequest | None = None, now: datetime) -> Verified:
    """Count an attempt, then check a password. What else a login asks for is the caller's to ask.

    Args:
        credentials: by the names that the backends take, such as ``username`` and ``password``. The name may be an
            e-mail address (:func:`keyturn.signin.identifying.identify`).
        request: handed to the backends and, with the credentials but never the password, to ``ON_LOGIN_FAILED``.
        now: aware.

    Returns:
        The user whom the authentication backends and the project's rule accept.

    Raises:
        TooManyAttemptsError: nothing was looked at.
        RefusedError: ``bad_credentials``, the same for unknown, inactive and wrong.
    """
    identity = identify(str(credentials.get(get_user_model().USERNAME_FIELD) or ""))
    attempt = attempts.begin(
        account=identity.account,
        ip=current_caller().ip,
        now=now,
        user_id="" if identity.user_id is None else identity.user_id,
    )
    user = _checked(credentials, identity, request=request, now=now)
    if user.pk != identity.user_id:
        # A backend of the project's own has found somebody by other rules.
        identity = identity_of(user)
    return Verified(user, identity, attempt)


def _checked(credentials: Mapping[str, str], identity: Identity, *, request: HttpRequest | None, now: datetime) -> Any:
    """The user, or a refusal that is recorded; nothing is counted."""
    user = _authenticated({**credentials, get_user_model().USERNAME_FIELD: identity.username}, request)
    if user is None or not Policy.current().admits(user):
        _failed(identity, Reason.BAD_CREDENTIALS, now=now)
        hook = _hook(conf.get().on_login_failed, conf.STOCK.ON_LOGIN_FAILED)
        if hook is not None:
            hook({**credentials, "password": _HIDDEN}, request)
        raise RefusedError(Reason.BAD_CREDENTIALS)
    return user


def _check_ready(
    verified: Verified,
    *,
    now: datetime,
    steps_follow: bool = False,
    lets_off: Callable[[Any], bool] | None = None,
) -> None:
    """Refuse whom the password alone does not let in; nobody learns of it who does not know the password."""
    refused = _what_is_missing(verified, steps_follow=steps_follow, lets_off=lets_off)
    if refused is not None:
        verified.attempt.give_back(now=now)
        if isinstance(refused, FactorRequiredError):
            record(Event.FACTOR_ASKED, user_id=verified.user.pk, reason=refused.reason.value, at=now)
        else:
            _failed(verified.identity, refused.reason, now=now)
        raise refused


def _what_is_missing(
    verified: Verified, *, steps_follow: bool, lets_off: Callable[[Any], bool] | None
) -> RefusedError | None:
    identity, user = verified.identity, verified.user
    if identity.reset_required:
        return RefusedError(Reason.PASSWORD_RESET_REQUIRED)
    if steps_follow:
        return None
    if identity.needs_verification:
        return RefusedError(Reason.EMAIL_NOT_VERIFIED)
    if identity.has_factor:
        return None if lets_off is not None and lets_off(user) else FactorRequiredError(Reason.MFA_REQUIRED, user)
    return FactorRequiredError(Reason.FACTOR_SETUP_REQUIRED, user) if must_have_factor(user) else None


def _failed(identity: Identity, reason: Reason, *, now: datetime) -> None:
    user_id = "" if identity.user_id is None else identity.user_id
    record(Event.LOGIN_FAILED, user_id=user_id, reason=reason.value, at=now)


@sensitive_variables("credentials", "password")
def _authenticated(credentials: Mapping[str, str], request: HttpRequest | None) -> Any:
    """Ask the backends, with the password in the form in which it is kept, then as it was typed."""
    for password in spellings(str(credentials.get("password", ""))):
        user = _asked({**credentials, "password": password}, request)
        if user is not None:
            return user
    return None


@sensitive_variables("credentials")
def _asked(credentials: Mapping[str, str], request: HttpRequest | None) -> Any:
    """Ask the backends; none of them may fail over a user name that the user model's field cannot hold."""
    try:
        return authenticate(request, **credentials)
    except (TypeError, ValueError, ValidationError):
        model = get_user_model()
        field: Any = model._meta.get_field(model.USERNAME_FIELD)
        try:
            field.to_python(credentials.get(model.USERNAME_FIELD))
        except (TypeError, ValueError, ValidationError):
            return None
        raise


def signed_in(
    user: Any,
    *,
    request: HttpRequest | None = None,
    session_id: UUID | None = None,
    now: datetime | None = None,
) -> None:
    """Record that a user has signed in, and tell the project: ``ON_LOGIN_SUCCESS``, or ``UPDATE_LAST_LOGIN``.

    Args:
        user: who.
        request: handed to the project's hook.
        session_id: the session that was opened, where it is known.
        now: aware; None: this moment.
    """
    record(Event.LOGIN, user_id=user.pk, session_id=session_id, at=now)
    settings = conf.get()
    hook = _hook(settings.on_login_success, conf.STOCK.ON_LOGIN_SUCCESS)
    if hook is not None:
        hook(user, request)
    elif settings.update_last_login:
        update_last_login(None, user)  # type: ignore[arg-type] # Django's own signal handler ignores its sender


def _hook(configured: Any, stock: str) -> Any:
    """The project's own callable, or None where the setting says what simplejwt does by default."""
    if configured is None or configured == stock:
        return None
    return import_string(configured) if isinstance(configured, str) else configured
