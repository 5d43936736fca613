"""Open a session: one INSERT that fails if the password it was verified with is no longer the user's."""

from datetime import datetime, timedelta
from threading import Lock
from typing import Any, Final
from uuid import UUID

from django.contrib.auth.base_user import AbstractBaseUser
from django.db import connections

from keyturn.clock import stored
from keyturn.sessions.client import Client
from keyturn.sessions.fingerprint import password_fingerprint
from keyturn.sessions.identity import new_session_id
from keyturn.sessions.models import Session
from keyturn.sessions.policy import Policy
from keyturn.sessions.statements import database, insert_sql
from keyturn.sessions.values import for_column

__all__ = ["adopt_session", "open_session", "opened_total"]

_counting: Final = Lock()
_opened = 0


def open_session(
    *,
    user: AbstractBaseUser,
    now: datetime,
    idle_lifetime: timedelta,
    policy: Policy,
    client: Client,
    amr: str = "pwd",
) -> Session | None:
    """Open a session for a user whose credentials were verified just now.

    Args:
        user: as loaded when the credentials were verified: its ``password`` is what must still be in the database.
        now: aware; becomes ``created_at``, ``auth_time`` and the first ``rotated_at``.
        idle_lifetime: how long the session lives without a refresh.
        policy: absolute lifetime, and whether inactive users are refused.
        client: address, user agent and label to remember; every refresh must carry the first of its bindings.
        amr: authentication methods (RFC 8176), separated by spaces.

    Returns:
        The session at generation 0, or None if meanwhile the user changed the password, was deactivated or deleted:
        a login that began before a password change does not survive it (P7).
    """
    absolute = now + policy.absolute_lifetime
    binding = client.bindings[0] if client.bindings else None
    session = Session(
        id=new_session_id(),
        user_id=user.pk,
        created_at=stored(now),
        auth_time=stored(now),
        rotated_at=stored(now),
        idle_expires_at=stored(min(now + idle_lifetime, absolute)),
        absolute_expires_at=stored(absolute),
        password_fingerprint=password_fingerprint(user.password),
        amr=amr,
        binding_kind=binding.kind.value if binding else "",
        binding_hash=binding.hash if binding else "",
        client_label=client.label,
        ip=client.ip,
        user_agent=client.user_agent,
    )
    return session if _insert(session, user, policy) else None


def adopt_session(
    *,
    sid: UUID,
    user: AbstractBaseUser,
    issued_at: datetime,
    expires_at: datetime,
    policy: Policy,
    client: Client,
) -> bool:
    """Make a session out of a refresh token that stock simplejwt issued, at generation 0.

    Args:
        sid: derived from the token's ``jti``: whoever shows the token finds the same session.
        user: the token's user, as loaded now.
        issued_at: the token's ``iat``: when the user signed in, as far as anybody knows.
        expires_at: the token's ``exp``.
        policy: absolute lifetime, and whether inactive users are refused.
        client: who shows the token.

    Returns:
        Whether a row was added; False where it existed already or the user does not stand.
    """
    session = Session(
        id=sid,
        user_id=user.pk,
        created_at=stored(issued_at),
        auth_time=stored(issued_at),
        rotated_at=stored(issued_at),
        idle_expires_at=stored(expires_at),
        absolute_expires_at=stored(max(issued_at + policy.absolute_lifetime, expires_at)),
        adopted_until=stored(expires_at),
        password_fingerprint=password_fingerprint(user.password),
        amr="pwd",
        ip=client.ip,
        user_agent=client.user_agent,
    )
    return _insert(session, user, policy)


def _insert(session: Session, user: Any, policy: Policy) -> bool:
    alias = database()
    parameters: dict[str, Any] = {
        str(field.column): for_column(field.name, getattr(session, field.attname), alias)
        for field in Session._meta.concrete_fields
        if field.name != "user"
    }
    users = policy.users
    key: Any = Session._meta.get_field("user")
    parameters["user_pk"] = key.get_db_prep_value(user.pk, connections[alias])
    parameters["verified"] = user.password
    # A rule of the project's own may have let an inactive user in. Whom it saw active must still be so.
    check_active = policy.column_decides or (policy.check_active and getattr(user, "is_active", True))
    with connections[alias].cursor() as cursor:
        cursor.execute(
            insert_sql(alias, users, check_active=check_active, unless_reset=policy.unless_reset), parameters
        )
        inserted: bool = cursor.rowcount == 1
    if inserted:
        _count()
    return inserted


def opened_total() -> int:
    """How many sessions this process has opened since it began; those of transactions that rolled back are counted."""
    return _opened


def _count() -> None:
    global _opened  # noqa: PLW0603 - of this process
    with _counting:
        _opened += 1
