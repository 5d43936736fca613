"""Which factors a user has: rows of django-allauth's ``mfa_authenticator``. Without that app, nobody has any."""

from typing import Any, Final

from django.apps import apps
from django.db.models import Q

from keyturn.mfa import recovery, recovery_seeds
from keyturn.signin.users import user_database

__all__ = ["KINDS", "RECOVERY_CODES", "TOTP", "WEBAUTHN", "is_enrolled", "methods_of", "recovery_codes_left", "rows_of"]

TOTP: Final = "totp"
RECOVERY_CODES: Final = "recovery_codes"
WEBAUTHN: Final = "webauthn"
KINDS: Final = (TOTP, RECOVERY_CODES, WEBAUTHN)
"""In the order in which they are offered; django-allauth's words."""


def rows_of(user_pk: Any) -> Any:
    """The user's rows of ``mfa_authenticator`` in the database that users are written to, the oldest first.

    Only to be called where ``allauth.mfa`` is installed.
    """
    model: Any = apps.get_model("mfa", "Authenticator")
    return model._base_manager.using(user_database()).filter(user_id=user_pk).order_by("pk")


def methods_of(user: Any) -> tuple[str, ...]:
    """What a user can show beside a password, in the order of :data:`KINDS`.

    Recovery codes are among them as long as one is left. They alone are no factor: see :func:`is_enrolled`.
    """
    if not apps.is_installed("allauth.mfa"):
        return ()
    found = dict(rows_of(user.pk).values_list("type", "data"))
    if RECOVERY_CODES in found and not recovery_codes_left(user.pk, found[RECOVERY_CODES]).unused:
        del found[RECOVERY_CODES]
    return tuple(kind for kind in KINDS if kind in found)


def is_enrolled(user: Any) -> bool:
    """Whether a user has a second factor: an authenticator app or a passkey."""
    if not apps.is_installed("allauth.mfa"):
        return False
    return bool(rows_of(user.pk).filter(~Q(type=RECOVERY_CODES)).exists())


def recovery_codes_left(user_pk: Any, data: Any) -> recovery.Left:
    """How many recovery codes a user has.

    Args:
        user_pk: whose.
        data: of the user's row of that type.
    """
    of_seed = recovery_seeds.left_of(data)
    return of_seed if of_seed.total else recovery.left(user_pk)
