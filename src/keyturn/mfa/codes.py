"""The one place where a code of a second factor is looked at: whatever door it came through, it counts once."""

from datetime import datetime
from typing import Any, Final

from django.apps import apps
from django.views.decorators.debug import sensitive_variables

from keyturn.clock import stored
from keyturn.errors import RefusedError
from keyturn.mfa import recovery, recovery_seeds, totp
from keyturn.mfa.factors import RECOVERY_CODES, TOTP, recovery_codes_left, rows_of
from keyturn.mfa.models import FactorState
from keyturn.mfa.sealing import FactorSecretError, open_secret, seal_secret
from keyturn.mfa.telling import tell_of_recovery
from keyturn.signin.users import locked_user, user_database

__all__ = ["LONGEST", "accept_code"]

LONGEST: Final = 64
"""Characters of a code, spaces and hyphens included, that are looked at."""


@sensitive_variables("code", "typed")
def accept_code(*, user: Any, code: str, now: datetime) -> str | None:
    """Use up a code of the user's authenticator app, or one of the recovery codes.

    To be called inside of a transaction, and after the guess was counted: this looks at as many as it is given. What
    decides is a conditional ``UPDATE``, so that of many calls at once, on any number of workers, one is told that the
    code was right. A code of the app is of no use either once one of a later moment was accepted (RFC 6238 section
    5.2).

    Args:
        user: whose.
        code: as typed; spaces and hyphens do not count.
        now: aware.

    Returns:
        ``totp`` or ``recovery_codes``, which it was; None: neither, or used before.

    Raises:
        FactorSecretError: it cannot be told; 503.
        TransactionManagementError: outside of a transaction, where rows can be locked.
    """
    typed = _compact(code)
    if not typed or not apps.is_installed("allauth.mfa"):
        return None
    try:
        # Before any row of a factor, in the order of everybody who changes factors.
        locked_user(user.pk)
    except RefusedError:
        return None  # deleted meanwhile
    was_looked_at = _accept_totp(user.pk, typed, now=now)
    if was_looked_at:
        return TOTP
    try:
        return RECOVERY_CODES if _accept_recovery(user, typed, now=now) else None
    except FactorSecretError:
        if was_looked_at is None:
            raise
        # A wrong code of the app. Whoever guesses at that must not be told that something else went wrong.
        return None


def _compact(code: str) -> str:
    """What was typed without spaces and hyphens; empty where it cannot be a code."""
    if len(code) > LONGEST or not code.isascii():
        return ""
    compact = "".join(code.split()).replace("-", "")
    return compact if compact.isalnum() else ""


@sensitive_variables("typed", "secret")
def _accept_totp(user_pk: Any, typed: str, *, now: datetime) -> bool | None:
    """Whether it is a right code of the app; None where there is no app, or it cannot be a code of one."""
    if not totp.can_be_code(typed):
        return None
    rows = rows_of(user_pk).filter(type=TOTP)
    factor = rows.first()
    if factor is None:
        return None
    try:
        secret = open_secret(factor.data["secret"], user_pk=user_pk, kind=TOTP)
        step = totp.matching_step(secret.plain, typed, now=now)
    except (TypeError, KeyError, AttributeError, ValueError):
        # Not of the shape in which anybody keeps one.
        raise FactorSecretError(user_pk, TOTP, is_damaged=True) from None
    if step is None or not _advance(factor.pk, step):
        return False
    changes: dict[str, Any] = {"last_used_at": stored(now)}
    if not secret.is_current:
        changes["data"] = {**factor.data, "secret": seal_secret(secret.plain, user_pk=user_pk, kind=TOTP)}
    rows.filter(pk=factor.pk).update(**changes)
    return True


def _advance(factor_id: int, step: int) -> bool:
    """Move an app's counter on to a step; False where it is there or beyond."""
    states = FactorState._base_manager.using(user_database())
    before = states.filter(factor_id=factor_id, counter__lt=step)
    if before.update(counter=step):
        return True
    if states.filter(factor_id=factor_id).exists():
        return False
    # Of an app that was set up before Keyturn kept count.
    states.bulk_create([FactorState(factor_id=factor_id)], ignore_conflicts=True)
    return bool(before.update(counter=step))


@sensitive_variables("typed")
def _accept_recovery(user: Any, typed: str, *, now: datetime) -> bool:
    rows = rows_of(user.pk).filter(type=RECOVERY_CODES)
    if recovery.use(user.pk, typed, now=now):
        rows.update(last_used_at=stored(now))
    elif not recovery_seeds.use(rows, user.pk, typed, now=now):
        return False
    factor = rows.first()
    tell_of_recovery(user, unused=recovery_codes_left(user.pk, factor and factor.data).unused)
    return True
