"""Secrets of factors at rest: sealed for one user and one kind, so that no row serves in another's place (ADR 0049)."""

from dataclasses import dataclass, field
from typing import Any, Final

from django.conf import settings

from keyturn.errors import UnavailableError
from keyturn.jose import sealing

__all__ = ["FactorSecretError", "OpenedSecret", "open_secret", "seal_secret"]

_PURPOSE: Final = "keyturn factor v1"
_FORM: Final = "v1."
"""How every sealed text begins. No secret of an app (base32) or of django-allauth's recovery codes (hex) has a dot."""
_NOWHERE: Final = ""
"""The place of what django-allauth's own code sealed, whose hooks know of no user."""


class FactorSecretError(UnavailableError):
    """The secret of a factor cannot be opened. Whether a code was right is not known; nothing was changed.

    Args:
        user_pk: whose it is.
        kind: ``totp`` or ``recovery_codes``.
        is_damaged: whether one of our secrets sealed it, but not for this place; else all of ours are others.
    """

    def __init__(self, user_pk: Any, kind: str, *, is_damaged: bool) -> None:
        super().__init__(retry_after=30)
        self.user_pk = user_pk
        self.kind = kind
        self.is_damaged = is_damaged

    def __str__(self) -> str:
        if self.is_damaged:
            return (
                f"The {self.kind} of user {self.user_pk} is damaged or was tampered with: once it is known who asks,"
                " remove the factor in the admin, and let the user set one up anew."
            )
        return (
            f"The {self.kind} of user {self.user_pk} was sealed under another secret: list that one in"
            " SECRET_KEY_FALLBACKS (KEYTURN_SECRET_KEY_FALLBACKS)."
        )


@dataclass(frozen=True, slots=True)
class OpenedSecret:
    """The secret of a factor.

    Args:
        plain: what was sealed.
        is_current: whether it is kept sealed under the newest secret and for its own row. Else it should be sealed anew
            by whoever holds it now.
    """

    plain: str = field(repr=False)
    is_current: bool


def seal_secret(plain: str, *, user_pk: Any, kind: str) -> str:
    """Encrypt a secret for its row.

    Args:
        plain: text.
        user_pk: whose it is; None: for no row, as django-allauth's own hooks ask for it.
        kind: ``totp`` or ``recovery_codes``; of no row, anything.
    """
    place = _NOWHERE if user_pk is None else _place(user_pk, kind)
    return sealing.seal(plain.encode(), secret=settings.SECRET_KEY, purpose=_PURPOSE, place=place)


def open_secret(stored: str, *, user_pk: Any, kind: str) -> OpenedSecret:
    """Decrypt a secret with ``SECRET_KEY`` or one of ``SECRET_KEY_FALLBACKS``.

    What was never sealed, in a project whose factors are older than this, is returned as it is.

    Args:
        stored: as it is in the row.
        user_pk: as :func:`seal_secret`.
        kind: as :func:`seal_secret`.

    Raises:
        FactorSecretError: it cannot be opened; 503.
    """
    if not stored.startswith(_FORM):
        return OpenedSecret(stored if user_pk is None else _as_kept_by_the_project(stored), is_current=False)
    place = _NOWHERE if user_pk is None else _place(user_pk, kind)
    for one in dict.fromkeys((place, _NOWHERE)):
        try:
            plain = _unsealed(stored, one)
        except sealing.DamagedError:
            continue
        except sealing.OtherSecretError:
            raise FactorSecretError(user_pk, kind, is_damaged=False) from None
        newest = sealing.is_sealed_under(stored, secret=settings.SECRET_KEY, purpose=_PURPOSE)
        return OpenedSecret(plain, is_current=newest and one == place)
    raise FactorSecretError(user_pk, kind, is_damaged=True)


def _as_kept_by_the_project(stored: str) -> str:
    """What a hook of the project's own encrypted, before Keyturn did; by default, what is in the row."""
    from allauth.mfa.adapter import get_adapter  # noqa: PLC0415 - only where there are factors

    return str(get_adapter().decrypt(stored))


def _unsealed(stored: str, place: str) -> str:
    secrets = (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS)
    return sealing.unseal(stored, secrets=secrets, purpose=_PURPOSE, place=place).decode()


def _place(user_pk: Any, kind: str) -> str:
    return f"{user_pk} {kind}"
