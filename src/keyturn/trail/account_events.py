"""What django-allauth tells of accounts, e-mail addresses and factors, written into the trail.

Its signals say it of every door: the headless API, its own pages, a project's code that calls it. New passwords are no
matter of this module: every save of a user is watched (:mod:`keyturn.sessions.user_changes`). E-mail addresses are not
kept here: whoever reads the trail later shall not learn the address that somebody left behind.
"""

from typing import Any

from django.apps import apps

from keyturn.trail.events import Event
from keyturn.trail.recording import record

__all__ = ["follow_accounts"]


def follow_accounts() -> None:
    """Listen where django-allauth is installed. Safe to call twice."""
    if apps.is_installed("allauth.account"):
        _follow_account()
    if apps.is_installed("allauth.mfa"):
        _follow_factors()
    if apps.is_installed("allauth.socialaccount"):
        _follow_providers()


def _follow_account() -> None:
    from allauth.account import signals  # noqa: PLC0415 - not every project has it

    for signal, receiver in (
        (signals.user_signed_up, _signed_up),
        (signals.email_added, _email_added),
        (signals.email_confirmed, _email_verified),
        (signals.email_changed, _email_changed),
        (signals.email_removed, _email_removed),
        (signals.password_reset, _password_reset),
        (signals.authentication_step_completed, _step_completed),
        (signals.email_verification_code_rejected, _email_code_rejected),
        (signals.password_reset_code_rejected, _reset_code_rejected),
        (signals.login_code_rejected, _login_code_rejected),
    ):
        signal.connect(receiver, dispatch_uid=f"keyturn.trail.{receiver.__name__}")


def _follow_factors() -> None:
    from allauth.mfa import signals  # noqa: PLC0415 - not every project has it

    for signal, receiver in (
        (signals.authenticator_added, _factor_added),
        (signals.authenticator_removed, _factor_removed),
        (signals.authenticator_reset, _factor_reset),
        (signals.authentication_failed, _factor_failed),
    ):
        signal.connect(receiver, dispatch_uid=f"keyturn.trail.{receiver.__name__}")


def _follow_providers() -> None:
    from allauth.socialaccount import signals  # noqa: PLC0415 - not every project has it

    for signal, receiver in (
        (signals.social_account_added, _provider_linked),
        (signals.social_account_removed, _provider_unlinked),
    ):
        signal.connect(receiver, dispatch_uid=f"keyturn.trail.{receiver.__name__}")


def _provider_linked(*, sociallogin: Any, **_: object) -> None:
    account = sociallogin.account
    record(Event.PROVIDER_LINKED, user_id=sociallogin.user.pk, details={"provider": str(account.provider)})


def _provider_unlinked(*, socialaccount: Any, **_: object) -> None:
    details = {"provider": str(socialaccount.provider)}
    record(Event.PROVIDER_UNLINKED, user_id=socialaccount.user_id, details=details)


def _signed_up(*, user: Any, **_: object) -> None:
    record(Event.SIGN_UP, user_id=user.pk)


def _email_added(*, email_address: Any, **_: object) -> None:
    record(Event.EMAIL_ADDED, user_id=email_address.user_id)


def _email_verified(*, email_address: Any, **_: object) -> None:
    record(Event.EMAIL_VERIFIED, user_id=email_address.user_id)


def _email_changed(*, user: Any, from_email_address: Any, to_email_address: Any, **_: object) -> None:
    # The first address of a new account is told as a change from none.
    if from_email_address is not None and from_email_address.pk != to_email_address.pk:
        record(Event.EMAIL_CHANGED, user_id=user.pk)


def _email_removed(*, user: Any, **_: object) -> None:
    record(Event.EMAIL_REMOVED, user_id=user.pk)


def _password_reset(*, user: Any, **_: object) -> None:
    record(Event.PASSWORD_RESET, user_id=user.pk)


def _step_completed(*, user: Any, method: str, reauthenticated: bool = False, **more: Any) -> None:
    """A password or a factor was right. The login itself is recorded by whoever opens the session."""
    if reauthenticated:
        record(Event.REAUTHENTICATED, user_id=user.pk, reason=str(more.get("type") or method))


def _email_code_rejected(*, user: Any = None, last_attempt: bool = False, **_: object) -> None:
    _code_rejected(user, "email_verification", last_attempt=last_attempt)


def _reset_code_rejected(*, user: Any = None, last_attempt: bool = False, **_: object) -> None:
    _code_rejected(user, "password_reset", last_attempt=last_attempt)


def _login_code_rejected(*, user: Any = None, last_attempt: bool = False, **_: object) -> None:
    _code_rejected(user, "login", last_attempt=last_attempt)


def _code_rejected(user: Any, reason: str, *, last_attempt: bool) -> None:
    user_id = "" if user is None else user.pk
    record(Event.CODE_REJECTED, user_id=user_id, reason=reason, details={"last_attempt": bool(last_attempt)})


def _factor_added(*, user: Any, authenticator: Any, **_: object) -> None:
    record(Event.FACTOR_ADDED, user_id=user.pk, reason=_type(authenticator))


def _factor_removed(*, user: Any, authenticator: Any, **_: object) -> None:
    record(Event.FACTOR_REMOVED, user_id=user.pk, reason=_type(authenticator))


def _factor_reset(*, user: Any, authenticator: Any, **_: object) -> None:
    """New recovery codes: those before are of no use any more."""
    record(Event.FACTOR_ADDED, user_id=user.pk, reason=_type(authenticator), details={"replaces": True})


def _factor_failed(*, user: Any, authenticator: Any = None, reauthentication: bool = False, **_: object) -> None:
    event = Event.REAUTHENTICATION_FAILED if reauthentication else Event.CODE_REJECTED
    record(event, user_id=user.pk, reason="factor" if authenticator is None else _type(authenticator))


def _type(authenticator: Any) -> str:
    """``totp``, ``recovery_codes`` or ``webauthn``."""
    return str(getattr(authenticator, "type", ""))[:64]
