"""Which change of address an account waits for: the one that was asked for last, until it is made or given up.

A link is good wherever it is opened, and nothing else is stored of a change that only a link can make. Without this one
sent to a mistyped address could still make it that of the account, after the user had given it up or asked for another.
"""

import hashlib
from datetime import datetime
from typing import Any, Final

from django.conf import settings
from django.db import router

from keyturn import conf
from keyturn.accounts.models import Flow
from keyturn.clock import stored
from keyturn.jose.sealing import DamagedError, OtherSecretError, seal, unseal

__all__ = ["await_change", "give_up_change", "is_awaited"]

_PURPOSE: Final = "keyturn change of address v1"


def await_change(user_pk: Any, *, email: str, now: datetime) -> None:
    """Note to which address an account shall be changed; whatever it was before is so no longer.

    Args:
        user_pk: the user's primary key.
        email: the address that the link is sent to.
        now: aware.
    """
    name = _name(user_pk)
    sealed = seal(email.encode(), secret=settings.SECRET_KEY, purpose=_PURPOSE, place=name)
    values = {"sealed": sealed, "expires_at": stored(now + conf.get().email_link_lifetime)}
    _rows().update_or_create(key_hash=name, defaults=values, create_defaults={**values, "created_at": stored(now)})


def give_up_change(user_pk: Any) -> None:
    """Let the account stay with the address that it has."""
    _rows().filter(pk=_name(user_pk)).delete()


def is_awaited(user_pk: Any, *, email: str) -> bool:
    """Whether this is the address that the account shall be changed to. How long, the link itself says."""
    row = _rows().filter(pk=_name(user_pk)).first()
    keys = (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS)
    try:
        return row is not None and unseal(row.sealed, secrets=keys, purpose=_PURPOSE, place=row.pk) == email.encode()
    except (DamagedError, OtherSecretError):
        return False


def _rows() -> Any:
    return Flow._base_manager.using(router.db_for_write(Flow))


def _name(user_pk: Any) -> str:
    return hashlib.sha256(f"keyturn change of address {user_pk}".encode()).hexdigest()
