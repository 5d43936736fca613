"""Where a half-done flow is remembered between two requests: a session of Django's interface over one sealed row.

A flow that nobody has signed in with yet is named by a random token; that of a signed-in client by its session. Nothing
else of a client is kept: who has signed in holds Keyturn's pair and no token of a flow.
"""

import hashlib
import json
import secrets
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from django.conf import settings
from django.contrib.sessions.backends.base import SessionBase
from django.db import IntegrityError, connections, router, transaction
from django.db.models import F

from keyturn.accounts.models import Flow
from keyturn.clock import stored, utc_now
from keyturn.jose.sealing import DamagedError, OtherSecretError, seal, unseal
from keyturn.locking import hold

__all__ = ["LIFETIME", "FlowStore", "flow_database", "prune_flows"]

LIFETIME: Final = timedelta(hours=1)
"""From the last change. Codes, and a login's stages, end sooner by django-allauth's own limits."""

_PURPOSE: Final = "keyturn flow v1"
# 256 random bits; what is stored of them is a hash (OWASP ASVS 7.2.3).
_TOKEN_BYTES: Final = 32
_TOKEN_LENGTH: Final = 43


def flow_database() -> str:
    """The alias that flows live in."""
    return router.db_for_write(Flow)


def _hash(kind: str, name: str) -> str:
    # Told apart by kind, or a session's id could be presented as a token.
    return hashlib.sha256(f"keyturn {kind} {name}".encode()).hexdigest()


class FlowStore(SessionBase):
    """The state of one client's flow. New ones exist in memory only, until something is to be remembered."""

    def __init__(self, session_key: str | None = None) -> None:
        super().__init__()
        # Django's interface passes the name of a session; of a flow it is the token, which nobody is told again.
        self._token = ""
        self._hash = ""
        self._session_id: UUID | None = None
        self._stored = False
        self._saved = ""
        self.closed = False
        self._session_cache: dict[str, Any] = {}

    @classmethod
    def of_token(cls, token: str, *, now: datetime) -> "FlowStore | None":
        """Open the flow of a presented token, and hold its row until the transaction ends.

        Two requests with one token are answered one after the other, so that a code is used once and a limit of
        guesses is one.

        Args:
            token: as presented.
            now: aware.

        Returns:
            None where there is none: unknown, ended, expired, or sealed under a secret that is gone.

        Raises:
            TransactionManagementError: outside of a transaction.
        """
        if len(token) != _TOKEN_LENGTH or not token.isascii():
            return None
        store = cls()
        store._token, store._hash = token, _hash("flow", token)
        return store if store._open(now) else None

    @classmethod
    def of_session(cls, session_id: UUID, *, now: datetime) -> "FlowStore":
        """Open the flow of a signed-in client, empty where there is none. See :meth:`of_token`.

        Args:
            session_id: the client's session.
            now: aware.
        """
        store = cls()
        store._session_id, store._hash = session_id, _hash("session", str(session_id))
        store._open(now)
        return store

    @property
    def token(self) -> str:
        """What the client presents to go on; empty where the flow has ended or is a session's."""
        if self.closed or self._session_id is not None:
            return ""
        if not self._token:
            self._token = secrets.token_urlsafe(_TOKEN_BYTES)
            self._hash = _hash("flow", self._token)
        return self._token

    @property
    def is_stored(self) -> bool:
        """Whether there is something to come back to."""
        return self._stored

    @property
    def is_signed_in(self) -> bool:
        """Whether it is the flow of a session."""
        return self._session_id is not None

    def begin_with(self, known: Mapping[str, Any]) -> None:
        """Say what stands in a flow that has not begun; it is stored once something is added."""
        self._session_cache = dict(known)

    def close(self) -> None:
        """End the flow: its row goes, its token dies, and what is written from here on is for this answer only."""
        if self._stored:
            _rows().filter(pk=self._hash).delete()
        self._stored = False
        self.closed = True

    def save(self, must_create: bool = False) -> None:
        """Write what changed; a flow with nothing in it leaves no row."""
        if self.closed or not self.modified:
            return
        if self.is_empty():
            if self._stored:
                _rows().filter(pk=self._hash).delete()
                self._stored = False
            return
        plain = json.dumps(self._session_cache, separators=(",", ":"), sort_keys=True)
        if self._stored and plain == self._saved:
            return
        now = utc_now()
        if self._session_id is None:
            assert self.token
        values = {
            "sealed": seal(plain.encode(), secret=settings.SECRET_KEY, purpose=_PURPOSE, place=self._hash),
            "expires_at": stored(now + LIFETIME),
        }
        if not (self._stored and _rows().filter(pk=self._hash).update(**values)):
            self._insert(values, now)
        self._stored, self._saved = True, plain

    def _insert(self, values: dict[str, Any], now: datetime) -> None:
        try:
            with transaction.atomic(using=flow_database()):
                _rows().create(key_hash=self._hash, session_id=self._session_id, created_at=stored(now), **values)
        except IntegrityError:
            # An expired row lay there.
            _rows().filter(pk=self._hash).update(**values)

    def _open(self, now: datetime) -> bool:
        rows = _rows().filter(pk=self._hash)
        if self._session_id is not None:
            # The row may not exist yet: who found none would hold what it counts and wait for the row, and who found it
            # hold the row and wait for the counts.
            hold("flow", self._hash, alias=rows.db)
        if connections[rows.db].features.has_select_for_update:
            rows = rows.select_for_update()
        else:
            # Holds the database: a transaction that began by reading could be overtaken.
            rows.update(expires_at=F("expires_at"))
        row = rows.first()
        if row is None or row.session_id != self._session_id or row.expires_at <= stored(now):
            return False
        keys = (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS)
        try:
            plain = unseal(row.sealed, secrets=keys, purpose=_PURPOSE, place=self._hash)
        except (DamagedError, OtherSecretError):
            return False
        self._saved = plain.decode()
        self._session_cache = json.loads(self._saved)
        self._stored = True
        return True

    # What else Django's interface asks for.

    def exists(self, session_key: str) -> bool:
        """Flows are never named by strangers."""
        return False

    def create(self) -> None:
        """Nothing is stored before there is something to store."""
        self.modified = True

    def cycle_key(self) -> None:
        """A flow's token is as old as the flow: nobody could have planted it, as it is made here."""
        self.modified = True

    def delete(self, session_key: str | None = None) -> None:
        """End the flow."""
        self.close()

    def load(self) -> dict[str, Any]:
        """What is remembered."""
        return self._session_cache

    def __repr__(self) -> str:
        return f"<FlowStore: {self._hash[:8] or 'new'}>"


def _rows() -> Any:
    return Flow._base_manager.using(flow_database())


def prune_flows(*, now: datetime, batch_size: int = 1_000) -> int:
    """Remove the flows whose time is over.

    Args:
        now: aware.
        batch_size: rows a statement.

    Returns:
        How many there were.
    """
    total = 0
    while old := list(_rows().filter(expires_at__lte=stored(now)).values_list("pk", flat=True)[:batch_size]):
        total += int(_rows().filter(pk__in=old, expires_at__lte=stored(now)).delete()[0])
    return total
