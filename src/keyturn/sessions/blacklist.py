"""What the tables of simplejwt's ``token_blacklist`` say about sessions, where a project has that app installed.

There, each session has one OutstandingToken row whose ``jti`` is the session's id; a BlacklistedToken for it ends the
session. The models are found through Django's registry: this room knows the tables, not simplejwt's code.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from django.apps import apps
from django.db import connections
from django.db.models import Exists, F, QuerySet, Value

from keyturn.clock import stored
from keyturn.sessions.models import Session
from keyturn.sessions.statements import database

__all__ = [
    "ListedProgress",
    "blacklisted_among",
    "end_unshown",
    "is_blacklisted",
    "is_installed",
    "list_ended",
    "list_session",
    "prune_listed",
    "take_over",
    "with_blacklisted",
]

_APP: Final = "rest_framework_simplejwt.token_blacklist"
_LABEL: Final = "token_blacklist"
_IDS_A_STATEMENT: Final = 10_000
"""SQLite takes no more than 32,766 parameters."""


def is_installed() -> bool:
    """Whether the project has ``token_blacklist`` in its ``INSTALLED_APPS``."""
    return apps.is_installed(_APP)


def _model(name: str) -> Any:
    return apps.get_model(_LABEL, name)


def with_blacklisted(sessions: QuerySet[Session], jti: str) -> Any:
    """Add ``blacklisted`` (bool) to a query for the session whose OutstandingToken has this ``jti``."""
    if not is_installed():
        return sessions.annotate(blacklisted=Value(value=False))
    return sessions.annotate(blacklisted=Exists(_model("BlacklistedToken").objects.filter(token__jti=jti)))


def is_blacklisted(jti: str, *, alias: str) -> bool:
    """Whether a token of stock simplejwt was blacklisted before Keyturn saw it."""
    return is_installed() and bool(_model("BlacklistedToken").objects.using(alias).filter(token__jti=jti).exists())


def blacklisted_among(session_ids: Collection[UUID], *, alias: str) -> set[UUID]:
    """Which of these sessions are blacklisted, also through a door that sent no signal (``bulk_create``, SQL)."""
    if not is_installed():
        return set()
    rows = _model("BlacklistedToken").objects.using(alias).filter(token__jti__in=[str(sid) for sid in session_ids])
    return {UUID(jti) for jti in rows.values_list("token__jti", flat=True)}


def list_session(session: Session, *, alias: str) -> None:
    """Add the one OutstandingToken row of a new session: its id, never a token."""
    if is_installed():
        _model("OutstandingToken").objects.using(alias).create(
            user_id=session.user_id,
            jti=str(session.id),
            token=str(session.id),
            created_at=session.created_at,
            expires_at=session.absolute_expires_at,
        )


def end_unshown(user_pk: Any, *, alias: str) -> None:
    """Blacklist the refresh tokens that stock simplejwt issued to a user and nobody has shown to Keyturn yet.

    They have no session to revoke; without this they would outlive a log-out from everywhere and a new password.
    """
    if not is_installed():
        return
    outstanding = _model("OutstandingToken").objects.using(alias)
    blacklisted = _model("BlacklistedToken")
    # A session's row has the session's id for its jti; stock's own jti is 32 hex digits.
    unshown = outstanding.filter(user_id=user_pk, blacklistedtoken__isnull=True).exclude(jti__contains="-")
    blacklisted.objects.using(alias).bulk_create(
        [blacklisted(token=row) for row in unshown.only("pk")], ignore_conflicts=True, batch_size=_IDS_A_STATEMENT
    )


def list_ended(session_ids: Collection[UUID], *, now: datetime, alias: str) -> None:
    """Add the BlacklistedToken rows of sessions that end; one that is there already stays as it is."""
    quote = connections[alias].ops.quote_name
    blacklisted, outstanding = _model("BlacklistedToken")._meta, _model("OutstandingToken")._meta
    moment = blacklisted.get_field("blacklisted_at").get_db_prep_value(stored(now), connections[alias])
    ids = [str(sid) for sid in session_ids]
    with connections[alias].cursor() as cursor:
        for start in range(0, len(ids), _IDS_A_STATEMENT):
            some = ids[start : start + _IDS_A_STATEMENT]
            cursor.execute(
                f"INSERT INTO {quote(blacklisted.db_table)} (token_id, blacklisted_at)"  # noqa: S608 - names of models
                f" SELECT id, %s FROM {quote(outstanding.db_table)} WHERE jti IN ({', '.join(['%s'] * len(some))})"
                " ON CONFLICT DO NOTHING",
                [moment, *some],
            )


def take_over(session: Session, jti: str, *, alias: str) -> None:
    """Make the OutstandingToken row of an adopted stock token the session's; the raw token in it goes."""
    if not is_installed():
        return
    rows = _model("OutstandingToken").objects.using(alias)
    if not rows.filter(jti=jti).update(
        jti=str(session.id), token=str(session.id), user_id=session.user_id, expires_at=session.absolute_expires_at
    ):
        list_session(session, alias=alias)


@dataclass(frozen=True, slots=True)
class ListedProgress:
    """What pruning did to ``token_blacklist``.

    Args:
        removed: OutstandingToken rows whose token has expired.
        emptied: rows in which stock simplejwt had stored a raw refresh token, which is gone now.
    """

    removed: int
    emptied: int


def prune_listed(*, now: datetime, batch_size: int) -> ListedProgress | None:
    """Remove expired rows of ``token_blacklist`` and the raw tokens in it; None where the app is not installed.

    A raw token is replaced by its ``jti``: nothing needs it, and whoever reads the database could present it.

    Args:
        now: aware.
        batch_size: rows a transaction.
    """
    if not is_installed():
        return None
    rows = _model("OutstandingToken").objects.using(database())
    removed = emptied = 0
    while batch := list(rows.filter(expires_at__lt=stored(now)).values_list("pk", flat=True)[:batch_size]):
        rows.filter(pk__in=batch).delete()
        removed += len(batch)
    while (
        batch := list(
            rows.filter(token__contains=".").values_list("pk", flat=True)[  # noqa: S106 - the dots of a JWT
                :batch_size
            ]
        )
    ):
        emptied += rows.filter(pk__in=batch).update(token=F("jti"))
    return ListedProgress(removed, emptied)
