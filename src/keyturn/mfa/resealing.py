"""Seal the secrets of all factors under the newest master secret, so that the one before can go.

A factor that is used is sealed anew by itself (:mod:`keyturn.mfa.codes`); one that is not used for long would be lost
with the secret it is sealed under.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from django.apps import apps
from django.db import transaction

from keyturn.errors import RefusedError
from keyturn.mfa.factors import RECOVERY_CODES, TOTP
from keyturn.mfa.sealing import FactorSecretError, open_secret, seal_secret
from keyturn.signin.users import locked_user, user_database

__all__ = ["SealProgress", "seal_all"]

_KINDS: Final = (TOTP, RECOVERY_CODES)
"""Those that have secrets; a passkey's half here is public."""


@dataclass(frozen=True, slots=True)
class SealProgress:
    """How far it has come.

    Args:
        examined: factors with secrets that were looked at.
        sealed: those that were sealed anew.
        closed: those that cannot be opened, and were left as they are.
    """

    examined: int = 0
    sealed: int = 0
    closed: int = 0


def seal_all(*, batch_size: int = 1_000) -> Iterator[SealProgress]:
    """Look at every factor, and seal what is plain, or sealed under an earlier secret.

    Each in a transaction of its own that holds the user's row: whoever signs in with it meanwhile is not disturbed.

    Args:
        batch_size: rows read in one go.

    Yields:
        The progress after each batch; the last one is the total.
    """
    total, last = SealProgress(), 0
    yield total
    if not apps.is_installed("allauth.mfa"):
        return
    while batch := list(_rows().filter(pk__gt=last).order_by("pk")[:batch_size]):
        last = batch[-1].pk
        for row in batch:
            total = _add(total, row)
        yield total


def _rows() -> Any:
    model: Any = apps.get_model("mfa", "Authenticator")
    return model._base_manager.using(user_database()).filter(type__in=_KINDS)


def _add(total: SealProgress, row: Any) -> SealProgress:
    try:
        sealed = _anew(row) is not None and _seal(row.pk, row.user_id)
    except FactorSecretError:
        return SealProgress(total.examined + 1, total.sealed, total.closed + 1)
    return SealProgress(total.examined + 1, total.sealed + sealed, total.closed)


def _seal(factor_id: int, user_pk: Any) -> bool:
    with transaction.atomic(using=user_database()):
        try:
            locked_user(user_pk)
        except RefusedError:
            return False  # gone meanwhile
        row = _rows().filter(pk=factor_id).first()
        data = None if row is None else _anew(row)
        if data is not None:
            _rows().filter(pk=factor_id).update(data=data)
        return data is not None


def _anew(row: Any) -> dict[str, Any] | None:
    """What the row should hold; None where that is what it holds, or it holds no secret.

    Raises:
        FactorSecretError: one of its secrets cannot be opened.
    """
    if not isinstance(row.data, Mapping):
        return None
    found = dict(row.data)
    for name in ("secret", "seed"):
        if isinstance(found.get(name), str):
            found[name] = _sealed(found[name], row)
    if isinstance(found.get("migrated_codes"), list):
        found["migrated_codes"] = [
            _sealed(one, row) if isinstance(one, str) else one for one in found["migrated_codes"]
        ]
    return None if found == row.data else found


def _sealed(stored: str, row: Any) -> str:
    opened = open_secret(stored, user_pk=row.user_id, kind=row.type)
    return stored if opened.is_current else seal_secret(opened.plain, user_pk=row.user_id, kind=row.type)
