"""Browsers that are asked for no second factor for a while: "trust this device".

What is trusted is the device cookie of a web client, the one that its sessions are bound to: 256 random bits that no
script can read, of which a hash is stored. So a trusted device is a row that can be listed and taken back one at a
time, and whoever reads the table can present none.
"""

from datetime import datetime
from typing import Any
from uuid import UUID

from django.apps import apps
from django.db import router
from django.db.models import QuerySet
from django.db.models.signals import post_delete, post_save

from keyturn import conf
from keyturn.clock import stored
from keyturn.mfa.models import TrustedDevice
from keyturn.sessions.client import BindingKind, Client
from keyturn.sessions.user_changes import password_replaced
from keyturn.trail.events import Event
from keyturn.trail.recording import record

__all__ = [
    "devices_of",
    "follow",
    "forget",
    "forget_all",
    "forget_others",
    "is_trusted",
    "lets_off",
    "prune",
    "trust",
]


def _rows() -> QuerySet[TrustedDevice]:
    # Of the primary: what was taken back must not count for as long as a replica lags behind.
    return TrustedDevice._base_manager.using(router.db_for_write(TrustedDevice))


def is_trusted(*, user: Any, device_hash: str, now: datetime) -> bool:
    """Whether a browser is asked for no second factor of this user.

    One statement, or none where nothing can be trusted.

    Args:
        user: whose password was right.
        device_hash: hex SHA-256 of the device cookie; empty: none came along.
        now: aware.
    """
    lifetime = conf.get().trusted_device_lifetime
    if not device_hash or not lifetime:
        return False
    # The setting counts as it is now, too: it may have been shortened.
    rows = _rows().filter(user_id=user.pk, device_hash=device_hash, expires_at__gt=stored(now))
    return rows.filter(created_at__gt=stored(now - lifetime)).exists()


def lets_off(user: Any, *, client: Client, now: datetime) -> bool:
    """:func:`is_trusted` of the client that asks."""
    return is_trusted(user=user, device_hash=client.shown(BindingKind.COOKIE), now=now)


def trust(*, user: Any, client: Client, now: datetime) -> bool:
    """Trust the device that the client shows, from now on, for ``TRUSTED_DEVICE_LIFETIME``.

    To be called in the transaction that opens the session, after it is open: then a password that is changed at the
    same moment leaves no trusted device behind.

    Args:
        user: who has shown a second factor.
        client: only a web client has a device to trust.
        now: aware.

    Returns:
        Whether there was a device to trust, and the settings allow for it.
    """
    lifetime, device = conf.get().trusted_device_lifetime, client.shown(BindingKind.COOKIE)
    if not lifetime or not device:
        return False
    row = TrustedDevice(
        user_id=user.pk,
        device_hash=device,
        created_at=stored(now),
        expires_at=stored(now + lifetime),
        ip=client.ip,
        user_agent=client.user_agent,
    )
    _rows().bulk_create(
        [row],
        update_conflicts=True,
        unique_fields=["user", "device_hash"],
        update_fields=["created_at", "expires_at", "ip", "user_agent"],
    )
    record(Event.DEVICE_TRUSTED, user_id=user.pk, at=now)
    return True


def devices_of(user_pk: Any, *, now: datetime) -> list[TrustedDevice]:
    """The devices that are trusted now, the newest first.

    Args:
        user_pk: the user's primary key.
        now: aware.
    """
    since = stored(now - conf.get().trusted_device_lifetime)
    rows = _rows().filter(user_id=user_pk, expires_at__gt=stored(now), created_at__gt=since)
    return list(rows.order_by("-created_at", "-pk"))


def forget(device_id: UUID, *, user_pk: Any, now: datetime) -> bool:
    """Trust one device no longer.

    Args:
        device_id: which.
        user_pk: only a device of this user is touched.
        now: aware.

    Returns:
        Whether there was one.
    """
    gone, _ = _rows().filter(pk=device_id, user_id=user_pk).delete()
    if gone:
        record(Event.DEVICE_FORGOTTEN, user_id=user_pk, details={"devices": 1}, at=now)
    return bool(gone)


def forget_all(*, user: Any, now: datetime | None = None) -> int:
    """Trust no device of a user any longer.

    Args:
        user: the user, or the primary key.
        now: aware; None: this moment.

    Returns:
        How many there were.
    """
    return _forgotten(getattr(user, "pk", user), _rows(), now)


def forget_others(*, user: Any, client: Client, now: datetime | None = None) -> int:
    """Trust no device of a user any longer but the one that the client shows.

    Args:
        user: the user, or the primary key.
        client: who asks for it.
        now: aware; None: this moment.

    Returns:
        How many there were.
    """
    return _forgotten(
        getattr(user, "pk", user), _rows().exclude(device_hash=client.shown(BindingKind.COOKIE) or "none"), now
    )


def _forgotten(user_pk: Any, rows: QuerySet[TrustedDevice], now: datetime | None) -> int:
    gone, _ = rows.filter(user_id=user_pk).delete()
    if gone:
        record(Event.DEVICE_FORGOTTEN, user_id=user_pk, details={"devices": gone}, at=now)
    return int(gone)


def prune(*, now: datetime, batch_size: int = 1_000) -> int:
    """Remove the devices whose time is over.

    Args:
        now: aware.
        batch_size: rows a statement.

    Returns:
        How many there were.
    """
    total, over = 0, _rows().filter(expires_at__lte=stored(now))
    while some := list(over.values_list("pk", flat=True)[:batch_size]):
        total += int(over.filter(pk__in=some).delete()[0])
    return total


def follow() -> None:
    """Let trust end with what it was built on: a password, and the factors there were. Safe to call twice."""
    password_replaced.connect(_password_replaced, dispatch_uid="keyturn.mfa.trusted.password")
    if not apps.is_installed("allauth.mfa"):
        return
    from allauth.mfa.signals import authenticator_reset  # noqa: PLC0415 - not every project has it

    factor = apps.get_model("mfa", "Authenticator")
    post_save.connect(_factor_changed, sender=factor, dispatch_uid="keyturn.mfa.trusted.added")
    post_delete.connect(_factor_changed, sender=factor, dispatch_uid="keyturn.mfa.trusted.removed")
    authenticator_reset.connect(_factor_reset, dispatch_uid="keyturn.mfa.trusted.reset")


def _password_replaced(*, user_id: Any, **_: object) -> None:
    forget_all(user=user_id)


def _factor_changed(*, instance: Any, created: bool = True, raw: bool = False, **_: object) -> None:
    if created and not raw:
        forget_all(user=instance.user_id)


def _factor_reset(*, user: Any, **_: object) -> None:
    forget_all(user=user)
