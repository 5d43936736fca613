"""Create, list, authenticate, disable and delete the clients that other services hold credentials of."""

import logging
from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime

from django.db import router, transaction
from django.db.models import QuerySet

from keyturn.clients.credentials import is_client_id, matches, new_client_id, new_secret, secret_hash
from keyturn.clients.models import ServiceClient
from keyturn.clients.scopes import SCOPES, Scope
from keyturn.clock import stored
from keyturn.trail.events import Event
from keyturn.trail.recording import record

__all__ = ["Created", "authenticate", "create", "delete", "disable", "has_scope", "listed", "rotate_secret"]

logger = logging.getLogger("keyturn.clients")

_MAX_NAME_LENGTH = 100


@dataclass(frozen=True, slots=True)
class Created:
    """A client's credentials; the secret is known here and now, and never again.

    Args:
        client_id: public.
        secret: to be shown once. Only its hash is stored.
    """

    client_id: str
    secret: str = field(repr=False)


def create(*, name: str, scopes: Collection[str], now: datetime) -> Created:
    """Make a client.

    Args:
        name: for people: which service it is.
        scopes: words of :class:`Scope`, one at least.
        now: aware.

    Raises:
        ValueError: the name is empty or too long, or a scope is none; the message says so.
    """
    name = name.strip()
    if not name or len(name) > _MAX_NAME_LENGTH or not name.isprintable():
        raise ValueError(f"the name must have 1 to {_MAX_NAME_LENGTH} printable characters")
    unknown = sorted(set(scopes) - set(SCOPES))
    if unknown or not scopes:
        told = f"there is no scope {unknown[0]!r}" if unknown else "a client needs a scope"
        raise ValueError(f"{told}; the scopes are {', '.join(SCOPES)}")
    created = Created(new_client_id(), new_secret())
    with transaction.atomic(using=_database()):
        ServiceClient.objects.using(_database()).create(
            client_id=created.client_id,
            name=name,
            secret_hash=secret_hash(created.secret),
            scopes=" ".join(scope for scope in SCOPES if scope in scopes),
            created_at=stored(now),
        )
        _record(created.client_id, "client_created")
    logger.info("service client %s created", created.client_id)
    return created


def authenticate(client_id: str, secret: str) -> ServiceClient | None:
    """Return the client that these credentials are of, or None: unknown, disabled, or another secret.

    One statement, none where no client can have this id; which of the three it was cannot be told by the time it takes.
    """
    client = _found(client_id).first() if is_client_id(client_id) else None
    if not matches(secret, None if client is None else client.secret_hash):
        return None
    return None if client is None or client.disabled_at is not None else client


def has_scope(client: ServiceClient, scope: Scope) -> bool:
    """Whether a client may do this."""
    return scope.value in str(client.scopes).split()


def listed() -> tuple[ServiceClient, ...]:
    """Return all clients, the oldest first."""
    return tuple(ServiceClient.objects.using(_database()).order_by("created_at", "client_id"))


def rotate_secret(client_id: str) -> Created | None:
    """Give a client a new secret; the old one is refused from then on.

    Returns:
        The credentials, or None where there is no such client.
    """
    created = Created(client_id, new_secret())
    with transaction.atomic(using=_database()):
        if not _found(client_id).update(secret_hash=secret_hash(created.secret)):
            return None
        _record(client_id, "client_secret_rotated")
    logger.info("service client %s has a new secret", client_id)
    return created


def disable(client_id: str, *, now: datetime) -> bool:
    """Refuse a client from now on; one that is disabled already stays as it is.

    Returns:
        Whether there is such a client.
    """
    with transaction.atomic(using=_database()):
        disabled = _found(client_id).filter(disabled_at__isnull=True).update(disabled_at=stored(now))
        if disabled:
            _record(client_id, "client_disabled")
    if disabled:
        logger.info("service client %s disabled", client_id)
        return True
    return _found(client_id).exists()


def delete(client_id: str) -> bool:
    """Remove a client.

    Returns:
        Whether there was such a client.
    """
    with transaction.atomic(using=_database()):
        removed, _ = _found(client_id).delete()
        if removed:
            _record(client_id, "client_deleted")
    if removed:
        logger.info("service client %s deleted", client_id)
    return bool(removed)


def _record(client_id: str, what: str) -> None:
    """No account's event, but an administrator's deed."""
    record(Event.ADMIN_ACTION, reason=what, details={"client_id": client_id})


def _database() -> str:
    """The primary: a client that was disabled a moment ago must be refused."""
    return router.db_for_write(ServiceClient)


def _found(client_id: str) -> "QuerySet[ServiceClient]":
    clients = ServiceClient.objects.using(_database())
    return clients.filter(pk=client_id) if is_client_id(client_id) else clients.none()
