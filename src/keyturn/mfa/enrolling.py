"""Setting up an authenticator app and recovery codes, and removing factors; each under the lock of the user's row."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.apps import apps
from django.conf import settings
from django.views.decorators.debug import sensitive_variables

from keyturn.clock import stored
from keyturn.errors import Reason, RefusedError
from keyturn.mfa import recovery, totp
from keyturn.mfa.factors import RECOVERY_CODES, TOTP, rows_of
from keyturn.mfa.models import FactorState
from keyturn.mfa.recovery_seeds import NO_SEED
from keyturn.mfa.sealing import seal_secret
from keyturn.mfa.telling import tell_of_addition, tell_of_new_codes, tell_of_removal
from keyturn.signin.models import AccountState
from keyturn.signin.users import user_database

__all__ = ["enrol_totp", "first_recovery_codes", "follow", "forget_traces", "new_recovery_codes", "remove_factors"]


@sensitive_variables("secrets", "code", "secret")
def enrol_totp(*, user: Any, secrets: Iterable[str], code: str, now: datetime) -> tuple[str, ...]:
    """Add an authenticator app whose code shows that it was set up. That code counts as used.

    Args:
        user: the row that the caller holds (:func:`keyturn.signin.users.locked_user`).
        secrets: base32; those that were offered: the code may be of any.
        code: as typed.
        now: aware.

    Returns:
        The recovery codes that were made along with it, to be shown this once; none where there are some already.

    Raises:
        RefusedError: ``email_not_verified``; ``factor_exists``; ``wrong_code``.
    """
    _check_owner(user)
    if rows_of(user.pk).filter(type=TOTP).exists():
        raise RefusedError(Reason.FACTOR_EXISTS)
    typed = "".join(code.split())
    for secret in secrets:
        step = totp.matching_step(secret, typed, now=now)
        if step is None:
            continue
        factor = _added(user, TOTP, {"secret": seal_secret(secret, user_pk=user.pk, kind=TOTP)}, now=now)
        states = FactorState._base_manager.using(user_database())
        states.update_or_create(factor_id=factor.pk, defaults={"counter": step, "credential_hash": None})
        tell_of_addition(user, factor)
        return first_recovery_codes(user=user, now=now)
    raise RefusedError(Reason.WRONG_CODE)


def first_recovery_codes(*, user: Any, now: datetime) -> tuple[str, ...]:
    """Make recovery codes along with another factor, where the user has none.

    Args:
        user: the row that the caller holds.
        now: aware.

    Returns:
        The codes, to be shown this once; none where there are some already.
    """
    if rows_of(user.pk).filter(type=RECOVERY_CODES).exists():
        return ()
    factor = _added(user, RECOVERY_CODES, dict(NO_SEED), now=now)
    codes = recovery.make(user.pk, now=now)
    tell_of_addition(user, factor)
    return codes


def new_recovery_codes(*, user: Any, now: datetime) -> tuple[str, ...]:
    """Make recovery codes in the place of those there are, which are of no use any more.

    Args:
        user: the row that the caller holds. That there is a factor beside them is the caller's to ask.
        now: aware.

    Returns:
        The codes, to be shown this once.
    """
    rows_of(user.pk).filter(type=RECOVERY_CODES).delete()
    factor = _added(user, RECOVERY_CODES, dict(NO_SEED), now=now)
    codes = recovery.make(user.pk, now=now)
    tell_of_new_codes(user, factor)
    return codes


def remove_factors(*, user: Any, factors: Iterable[Any]) -> None:
    """Remove factors, and the recovery codes along with the last of them.

    That a way to sign in is left, and that nobody demands a factor, is the caller's to ask.

    Args:
        user: the row that the caller holds.
        factors: the user's rows.
    """
    for factor in factors:
        _remove(user, factor)
    rest = list(rows_of(user.pk))
    if all(factor.type == RECOVERY_CODES for factor in rest):
        for factor in rest:
            _remove(user, factor)


def follow() -> None:
    """Drop what Keyturn keeps of a factor with its row, whoever deletes that. Safe to call twice."""
    if not apps.is_installed("allauth.mfa"):
        return
    from django.db.models.signals import post_delete  # noqa: PLC0415

    post_delete.connect(_deleted, sender=apps.get_model("mfa", "Authenticator"), dispatch_uid="keyturn.mfa.deleted")


def forget_traces(factor_id: int) -> None:
    """Drop how far a factor was used.

    Args:
        factor_id: of a row that is gone.
    """
    FactorState._base_manager.using(user_database()).filter(factor_id=factor_id).delete()


def _check_owner(user: Any) -> None:
    """Let nobody guard an account who may have signed up with somebody else's address, in wait for its owner.

    Raises:
        RefusedError: ``email_not_verified``.
    """
    if getattr(settings, "MFA_ALLOW_UNVERIFIED_EMAIL", False):
        return
    if getattr(settings, "ACCOUNT_EMAIL_VERIFICATION", "optional") == "none":
        return  # then nobody ever verifies one
    states = AccountState._base_manager.using(user_database())
    if states.filter(pk=user.pk, signed_up_at__isnull=False, verified_at__isnull=True).exists():
        raise RefusedError(Reason.EMAIL_NOT_VERIFIED, "setting up a factor")


def _deleted(*, instance: Any, **_: object) -> None:
    forget_traces(instance.pk)
    if instance.type == RECOVERY_CODES:
        recovery.forget(instance.user_id)


def _added(user: Any, kind: str, data: dict[str, Any], *, now: datetime) -> Any:
    model: Any = apps.get_model("mfa", "Authenticator")
    factor = model(user_id=user.pk, type=kind, data=data, created_at=stored(now))
    factor.save(using=user_database(), force_insert=True)
    return factor


def _remove(user: Any, factor: Any) -> None:
    factor.delete(using=user_database())
    tell_of_removal(user, factor)
