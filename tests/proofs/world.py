"""The real services and the reference model side by side: what is done to one is done to the other, and compared."""

import base64
import json
from collections import Counter
from collections.abc import Callable
from copy import copy
from datetime import UTC, datetime, timedelta
from typing import Any, Final, TypeVar
from uuid import UUID

from django.contrib.auth import get_user_model

from keyturn.errors import RefusedError
from keyturn.models import Session
from keyturn.sessions.client import Binding, BindingKind, Client
from keyturn.tokens.authenticating import authenticate
from keyturn.tokens.claims import read_access
from keyturn.tokens.issuing import Pair, issue_pair
from keyturn.tokens.refreshing import refresh
from keyturn.tokens.verifying import verify_token
from tests.engine.acting import showing
from tests.proofs.model import ABSOLUTE, ACCESS, ANSWERED, IDLE, ModelSession, ModelUser, Presenter, Token

__all__ = ["PASSWORDS", "World", "outcome_of"]

PASSWORDS: Final = ("stored$one", "stored$two")
_START: Final = datetime(2030, 1, 1, 12, 0, 0, 250_000, tzinfo=UTC)
_OWN_WORDS: Final = frozenset({"refresh_reused", "password_changed", "user_inactive"})


_T = TypeVar("_T")


def outcome_of(service: Callable[[], _T]) -> tuple[_T | None, str | None]:
    """Call a service; return what it returns, or the reason for which it refuses."""
    try:
        return service(), None
    except RefusedError as error:
        return None, error.reason.value


def _claims(raw: str) -> dict[str, Any]:
    payload = raw.split(".")[1]
    claims: dict[str, Any] = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
    return claims


class World:
    """One user after the other, their sessions, and the time.

    Args:
        grace: ``REFRESH_GRACE``.
        seen: counts every outcome.
    """

    def __init__(self, *, grace: timedelta, seen: Counter[str]) -> None:
        self.grace = grace
        self.now = _START
        self.seen = seen
        self.sessions: list[ModelSession] = []
        self.earlier: dict[UUID, list[ModelSession]] = {}
        self._calls = 0
        self.add_user()

    # The user

    def add_user(self) -> None:
        """A new user, whose sessions are the next ones."""
        self.model_user = ModelUser(PASSWORDS[0])
        self._user_pk = get_user_model()._default_manager.create(username="anna", password=PASSWORDS[0]).pk

    def load_user(self) -> Any:
        """The user as stored now."""
        return get_user_model()._default_manager.get(pk=self._user_pk)

    def change_user(self, *, save: bool, **change: Any) -> None:
        """Change the user by ``save()``, which ends sessions at once, or behind everybody's back."""
        self.model_user.password = change.get("password", self.model_user.password)
        self.model_user.active = change.get("is_active", self.model_user.active)
        if not save:
            get_user_model()._default_manager.filter(pk=self._user_pk).update(**change)
            return
        user = self.load_user()
        for name, value in change.items():
            setattr(user, name, value)
        user.save()
        if not self.model_user.active:
            self.end("user_inactive", self.own_sessions())
        self.end("password_changed", [one for one in self.own_sessions() if one.password != self.model_user.password])

    def delete_user(self) -> None:
        """The user goes, with everything; another one comes."""
        self.load_user().delete()
        self.model_user.exists = False
        self.add_user()

    def own_sessions(self) -> list[ModelSession]:
        """The sessions of the user who is there now."""
        return [session for session in self.sessions if session.user is self.model_user]

    @staticmethod
    def end(reason: str, sessions: list[ModelSession]) -> None:
        """In the model: these sessions end, if they had not ended before."""
        for session in sessions:
            session.ended = session.ended or reason

    # Clients

    def client(self, presenter: Presenter) -> Client:
        """The caller, with a version number that is never the same twice."""
        self._calls += 1
        return Client(user_agent=presenter.agent and f"{presenter.agent}/{self._calls}.0", ip="192.0.2.1")

    @staticmethod
    def binding(session: ModelSession, presenter: Presenter) -> Binding | None:
        """What comes with a request: the binding, or something of the same kind that it is not."""
        if session.kind == "":
            return None
        return Binding.to(BindingKind(session.kind), f"of {session.key}" if presenter.bound else "of somebody else")

    def sign_in(self, kind: str, agent: str, *, user: Any = None) -> ModelSession | None:
        """Open a session, with credentials verified now or (``user``) some time ago."""
        user = user or self.load_user()
        is_same = user.pk == self._user_pk and user.password == self.model_user.password
        stands = is_same and user.is_active and self.model_user.active
        key = f"{len(self.sessions)}"
        binding = Binding.to(BindingKind(kind), f"of {key}") if kind else None
        client = showing(self.client(Presenter(agent, bound=True)), binding)
        pair, refused = outcome_of(lambda: issue_pair(user=user, now=self.now, client=client))
        assert refused == (None if stands else "bad_credentials")
        if pair is None:
            self.seen["login refused"] += 1
            return None
        assert pair.refresh is not None
        absolute = self.now + ABSOLUTE
        session = ModelSession(
            sid=UUID(_claims(pair.refresh)["sid"]),
            key=key,
            user=self.model_user,
            kind=kind,
            grace=self.grace,
            agent=agent,
            password=user.password,
            rotated_at=self.now,
            absolute_end=absolute,
            idle_end=min(self.now + IDLE, absolute),
        )
        self.sessions.append(session)
        self.earlier[session.sid] = [copy(session)]
        self._take(session, pair)
        return session

    def present(self, session: ModelSession, token: Token, presenter: Presenter) -> Token | None:
        """Ask whether a token would be accepted, then refresh with it.

        Returns:
            The token that came back, or None.
        """
        client = showing(self.client(presenter), self.binding(session, presenter))
        expected = session.expected(token, presenter, self.now)
        reason = None if expected in ANSWERED else expected
        _, answer = outcome_of(lambda: verify_token(token.raw, now=self.now, client=client))
        assert answer == session.verified(token, presenter, self.now), "verify disagrees"
        self.compare_rows()

        pair, refused = outcome_of(lambda: refresh(token.raw, now=self.now, client=client))
        assert refused == reason
        was_dead = session.ended is not None
        session.follow(expected, token, presenter, self.now)
        self.seen[expected + (" (dead before)" if was_dead and expected == "refresh_reused" else "")] += 1
        if expected in {"rotated", "adopted"}:
            self.earlier[session.sid].append(copy(session))
        return None if pair is None else self._take(session, pair)

    def _take(self, session: ModelSession, pair: Pair) -> Token:
        """Look at what was minted (P1): one token a generation, the same bytes for whoever gets it, and the row's."""
        assert pair.refresh is not None
        claims = _claims(pair.refresh)
        assert (claims["sid"], claims["gen"]) == (str(session.sid), session.generation)
        assert claims["iat"] == int(session.rotated_at.timestamp())
        assert claims["exp"] == int(session.idle_end.timestamp())
        token = Token(pair.refresh, session.generation, datetime.fromtimestamp(claims["exp"], tz=UTC))
        assert session.minted.setdefault(session.generation, token) == token, "two different live successors"
        session.access = pair.access
        session.access_end = datetime.fromtimestamp(
            int(min(self.now + ACCESS, session.absolute_end).timestamp()), tz=UTC
        )
        if session.access_end > self.now:
            self.use_access(session)
        return token

    def use_access(self, session: ModelSession) -> None:
        """Authenticate with the last access token that the session gave."""
        _, refused = outcome_of(lambda: authenticate(read_access(session.access, now=self.now), now=self.now))
        assert (refused or "accepted") == session.access_expected(self.now)
        self.seen[f"access: {refused or 'accepted'}"] += 1

    # The database

    def lose_commits(self, session: ModelSession, back: int) -> None:
        """Fail over to a replica that missed the last rotations of a session."""
        history = self.earlier[session.sid]
        del history[max(1, len(history) - back) :]
        then = history[-1]
        session.forget(then)
        Session.objects.filter(pk=session.sid).update(
            generation=then.generation,
            rotated_at=then.rotated_at,
            idle_expires_at=then.idle_end,
            forgiven=then.forgiven,
            user_agent=then.agent and f"{then.agent}/0.0",
        )

    def compare_rows(self) -> None:
        """As many rows as sessions (P4), each as the model has it."""
        rows = {
            row.pk: (
                row.generation,
                row.rotated_at,
                row.forgiven,
                min(row.idle_expires_at, row.absolute_expires_at),
                row.user_agent.partition("/")[0],
                _ended(row),
            )
            # By hand because this is asked after every step of every story.
            for row in Session.objects.raw("SELECT * FROM keyturn_session")
        }
        assert rows == {
            one.sid: (one.generation, one.rotated_at, one.forgiven, one.idle_end, one.agent, one.ended)
            for one in self.sessions
            if one.user.exists
        }

    def finish(self) -> None:
        """Nothing that belongs to a dead session opens anything."""
        for session in self.sessions:
            if session.ended is not None or not session.user.exists:
                self.present(session, session.minted[max(session.minted)], Presenter(session.agent, bound=True))
                self.use_access(session)
        self.compare_rows()

    @staticmethod
    def clear() -> None:
        """Leave nothing to the next story."""
        get_user_model()._default_manager.all().delete()


def _ended(row: Session) -> str | None:
    """The reason that a client is told: a word of its own for some ends, one word for all others."""
    if row.revoked_at is None:
        return None
    return row.revoked_reason if row.revoked_reason in _OWN_WORDS else "session_revoked"
