"""What simulated clients talk to: the real services on a real database, or the rule alone, a hundred times as fast.

Both answer the same; ``test_simulation`` holds them against each other. Time is a number of seconds since the start of
the simulated world. A token is its generation, since a session's tokens differ in nothing else that matters here.
"""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Final, Protocol

from django.contrib.auth import get_user_model

from keyturn.sessions.client import Binding, BindingKind, Client
from keyturn.sessions.opening import open_session
from keyturn.sessions.outcome import Refused, Reused
from keyturn.sessions.policy import Policy
from keyturn.sessions.rotation import rotate
from keyturn.sessions.rule import Presented, Standing, Verdict, judge

__all__ = ["BINDINGS", "Engine", "SimulatedSession", "real_services", "rule_alone"]

_START: Final = datetime(2030, 1, 1, tzinfo=UTC)
_IDLE: Final = timedelta(days=2)
_AGENT: Final = "Mozilla/5.0 (X11; Linux x86_64; rv:130.0) Gecko/20100101 Firefox/130.0"
BINDINGS: Final = (None, BindingKind.COOKIE, BindingKind.DPOP)


class SimulatedSession(Protocol):
    """One session of one user."""

    def present(
        self, generation: int, at: float, *, bound: bool = True, agent: str = _AGENT, name: str = ""
    ) -> int | None:
        """Present a token.

        Args:
            generation: of the token.
            at: when.
            bound: whether the session's binding, if it has one, comes with it.
            agent: the caller's user agent.
            name: of this refresh and its retries (``Idempotency-Key``); empty: the client gives it none.

        Returns:
            The generation of the token that comes back; None: refused, and the session has ended.
        """


Engine = Callable[[BindingKind | None], SimulatedSession]
"""Opens a session with a kind of binding."""


class _RealSession:
    def __init__(self, kind: BindingKind | None) -> None:
        self._policy = Policy.current()
        self._binding = None if kind is None else Binding.to(kind, "of the rightful client")
        user, _ = get_user_model()._default_manager.get_or_create(username="simulated")
        session = open_session(
            user=user,
            now=_START,
            idle_lifetime=_IDLE,
            policy=self._policy,
            client=self._client(_AGENT, bound=True),
        )
        assert session is not None
        self._sid = session.pk
        self._user_id = str(user.pk)

    def _client(self, agent: str, *, bound: bool, name: str = "") -> Client:
        bindings = (self._binding,) if bound and self._binding is not None else ()
        return Client(user_agent=agent, bindings=bindings, retry_key=Client.key_of(name))

    def present(
        self, generation: int, at: float, *, bound: bool = True, agent: str = _AGENT, name: str = ""
    ) -> int | None:
        outcome = rotate(
            sid=self._sid,
            generation=generation,
            user_id=self._user_id,
            now=_START + timedelta(seconds=at),
            idle_lifetime=_IDLE,
            policy=self._policy,
            client=self._client(agent, bound=bound, name=name),
        )
        if isinstance(outcome, Reused):
            return None
        # Sessions that expire are no matter of the rule: the simulated people come back in time.
        assert not isinstance(outcome, Refused), outcome
        return int(outcome.session.generation)


class _RuleSession:
    def __init__(self, kind: BindingKind | None) -> None:
        self._policy = Policy.current()
        self._kind = kind
        self._generation = 0
        self._rotated_at = 0.0
        self._forgiven: int | None = None
        self._agent = _AGENT
        self._retry_key = ""

    def present(
        self, generation: int, at: float, *, bound: bool = True, agent: str = _AGENT, name: str = ""
    ) -> int | None:
        client = Client(retry_key=Client.key_of(name))
        verdict = judge(
            Standing(
                generation=self._generation,
                rotated_at=_START + timedelta(seconds=self._rotated_at),
                forgiven=self._forgiven,
                binding_kind=self._kind,
            ),
            Presented(
                generation=generation,
                at=_START + timedelta(seconds=at),
                carries_binding=bound or self._kind is None,
                same_agent=agent == self._agent,
                is_retry=client.retries(self._retry_key),
            ),
            grace=self._policy.grace,
            forgive_after=self._policy.forgive_after,
        )
        match verdict:
            case Verdict.ROTATE:
                self._generation, self._rotated_at, self._agent = generation + 1, at, agent
                is_worn = self._retry_key in {client.retry_key, client.worn_key}
                self._retry_key = client.worn_key if is_worn else client.retry_key
            case Verdict.FORGIVE:
                self._forgiven = self._generation
            case Verdict.REUSE:
                return None
            case Verdict.CONVERGE:
                pass
            case Verdict.ADOPT:
                raise AssertionError("no simulated database loses commits")
        return self._generation


def real_services(kind: BindingKind | None) -> SimulatedSession:
    """A row in the database, refreshed by ``keyturn.sessions.rotation``."""
    return _RealSession(kind)


def rule_alone(kind: BindingKind | None) -> SimulatedSession:
    """The pure function ``keyturn.sessions.rule.judge`` with the state it needs."""
    return _RuleSession(kind)
