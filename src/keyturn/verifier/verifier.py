"""The verifier that a service holds: sync for threads; see :mod:`keyturn.verifier.asynchronous` for the other kind."""

import os
import ssl
import threading
import time
import weakref
from collections.abc import Sequence
from dataclasses import dataclass
from types import TracebackType
from typing import Self

from keyturn.errors import Reason, RefusedError
from keyturn.jose import Key, RecentlyUsed, digest, text_of
from keyturn.verifier.checking import check_signed, expectation, key_name
from keyturn.verifier.endpoints import Endpoints
from keyturn.verifier.following import Follower, Knowledge
from keyturn.verifier.introspecting import Introspection
from keyturn.verifier.keyring import KeyRing
from keyturn.verifier.presenting import Presented, check_presented, nonces_under
from keyturn.verifier.settings import Options
from keyturn.verifier.transport import Transport, basic_credentials
from keyturn.verifier.undecided import UndecidedError
from keyturn.verifier.verified import VerifiedToken

__all__ = ["Status", "Verifier"]

_JOIN = 3.0


@dataclass(frozen=True, slots=True)
class Status:
    """How a verifier is, for a health page and for metrics. Times are in seconds.

    Args:
        ready: whether a token could be decided now without asking anybody.
        feed: whether the feed is followed at all.
        lag: since the start of the last good poll of the feed; None before the first, or without the feed.
        revoked: how many revoked sessions and keys are remembered.
        introspections: how many tokens were introspected so far.
        keys: the names of the keys held.
        keys_age: since the keys were last confirmed; None before the first time.
        trouble: what went wrong when Keyturn was last asked, in words; empty when nothing did.
    """

    ready: bool
    feed: bool
    lag: float | None
    revoked: int
    introspections: int
    keys: tuple[str, ...]
    keys_age: float | None
    trouble: tuple[str, ...]


class _Working:
    """What belongs to one process: threads, connections, and what was learnt.

    Args:
        options: what the verifier was told.
        revoked_keys: the names of keys that were revoked; grows.
    """

    def __init__(self, options: Options, revoked_keys: set[str]) -> None:
        self.pid = os.getpid()
        self.transport = Transport(options.ssl_context)
        endpoints = Endpoints(options, self.transport)
        self.keys = KeyRing(options, endpoints, self.transport, revoked=revoked_keys)
        # By their hash; whether one still stands is asked every time anew.
        self.recent: RecentlyUsed[tuple[VerifiedToken, Key]] = RecentlyUsed()
        self.follower: Follower | None = None
        self.introspection: Introspection | None = None
        if options.feed:
            authorization = basic_credentials(options.client_id or "", options.client_secret or "")
            self.follower = Follower(
                options,
                endpoints,
                self.transport,
                authorization=authorization,
                revoked_keys=revoked_keys,
                when_key_revoked=self.keys.drop_revoked,
            )
            self.introspection = Introspection(options, endpoints, self.transport, authorization=authorization)

    def start(self) -> None:
        self.keys.start()
        if self.follower is not None:
            self.follower.start()

    def stop(self) -> None:
        self.keys.stop()
        if self.follower is not None:
            self.follower.stop()
        self.transport.close()
        self.keys.join(_JOIN)
        if self.follower is not None:
            self.follower.join(_JOIN)


class Verifier:
    """Verifies Keyturn's access tokens in another service, without its database and without its secret.

    One object a process is enough, for all threads. It starts to work at :meth:`start`, on entering a ``with`` block,
    or at the first token. After a fork each process begins for itself.

    Args:
        issuer: exactly what tokens have as ``iss``; ``https://…``, or ``http://`` on this machine.
        audience: this service's own name (one of these names) that must be in ``aud``; None: not looked at.
        client_id: of ``keyturn clients create``, with the scopes ``revocations`` and ``introspect``.
        client_secret: the same.
        feed: False: no revocations are noticed before a token expires. Has to be said where there are no credentials.
        staleness: seconds, counted from the start of the last good poll of the feed, after which it is not relied upon
            and tokens are introspected.
        poll_interval: seconds between two polls; Keyturn may ask for more.
        jwks_keep: seconds for which keys are used while they cannot be confirmed.
        leeway: seconds by which the clocks of two machines may differ, 60 at most.
        timeout: seconds that one question to Keyturn may take; introspection at most one.
        jwks_uri: where the keys are; None: as the issuer's metadata says (RFC 8414).
        introspection_uri: the same for introspection (RFC 7662).
        revocations_uri: the same for the feed; where the metadata does not say, ``revocations/`` under the issuer.
        ssl_context: for a private certificate authority; None: the system's authorities.

    Raises:
        ValueError: the arguments contradict each other, or a URL cannot be used.
    """

    def __init__(
        self,
        issuer: str,
        *,
        audience: str | Sequence[str] | None = None,
        client_id: str | None = None,
        client_secret: str | None = None,
        feed: bool = True,
        staleness: float = 1.0,
        poll_interval: float = 0.25,
        jwks_keep: float = 3600.0,
        leeway: float = 5.0,
        timeout: float = 2.0,
        jwks_uri: str | None = None,
        introspection_uri: str | None = None,
        revocations_uri: str | None = None,
        ssl_context: ssl.SSLContext | None = None,
    ) -> None:
        self._options = Options(
            issuer=issuer,
            audience=audience if audience is None or isinstance(audience, str) else tuple(audience),
            client_id=client_id,
            client_secret=client_secret,
            feed=feed,
            staleness=staleness,
            poll_interval=poll_interval,
            jwks_keep=jwks_keep,
            leeway=leeway,
            timeout=timeout,
            jwks_uri=jwks_uri,
            introspection_uri=introspection_uri,
            revocations_uri=revocations_uri,
            ssl_context=ssl_context,
        )
        self._expect = expectation(self._options)
        self._nonces = nonces_under(client_secret)
        self._revoked_keys: set[str] = set()
        self._lock = threading.Lock()
        self._state: _Working | None = None
        self._closed = False
        _everyone.add(self)

    def verify(self, raw: str | bytes | Presented) -> VerifiedToken:
        """Verify one access token.

        Args:
            raw: what :func:`keyturn.verifier.presented` read out of a request; or the compact serialization, without
                ``Bearer``: then a token that is bound to a key is refused, as nobody has shown that they hold it.

        Returns:
            What it says. It was good a moment ago; within ``staleness`` of a revocation it will not be any more.

        Raises:
            RefusedError: it is not good; ``reason`` says why. Answer 401.
            ProofError: the proof that came along does not serve (RFC 9449). Answer 401.
            UnavailableError: nothing can be decided now; ``str()`` says why. Answer 503.
        """
        found = self.verify_at_once(raw)
        return self.verify_asking(raw) if found is None else found

    def verify_at_once(self, raw: str | bytes | Presented) -> VerifiedToken | None:
        """Verify a token by what is known already, without waiting for anything.

        Returns:
            What it says; None where Keyturn has to be asked, by :meth:`verify_asking`.

        Raises:
            RefusedError, ProofError, UnavailableError: as :meth:`verify`.
        """
        working = self._working()
        text, shown = _taken_apart(raw)
        kid = key_name(text)
        knowledge = working.follower.knowledge if working.follower else None
        key = working.keys.find(kid)
        if key is None:
            return None
        token = self._checked(working, text, key, shown)
        if working.follower is None:
            return token
        if knowledge is None:
            return None
        if token.session_id.int in knowledge.revoked:
            raise RefusedError(Reason.SESSION_REVOKED, "in the feed")
        # The clock last: were this thread held up anywhere above, the verdict would be as old as the pause was long.
        return token if self._is_covered(knowledge, token) and working.follower.is_fresh(knowledge) else None

    def verify_asking(self, raw: str | bytes | Presented) -> VerifiedToken:
        """Verify a token, asking Keyturn for its keys or about the token itself where that is necessary.

        Returns and raises what :meth:`verify` does; may take a few times ``timeout``.
        """
        working = self._working()
        text, shown = _taken_apart(raw)
        kid = key_name(text)
        key = working.keys.find(kid) or working.keys.fetch(kid)
        token = self._checked(working, text, key, shown)
        if working.follower is None or working.introspection is None:
            return token
        if not working.follower.has_tried:
            working.follower.wait_until_tried(self._options.timeout)
        found = self.verify_at_once(raw)
        if found is None:
            working.introspection.check(text, why=self._why_asking(working.follower, token))
            found = token
        return found

    def start(self) -> Self:
        """Begin to fetch keys and to follow the feed, without waiting for either. Returns the verifier itself."""
        self._working()
        return self

    def wait_until_ready(self, seconds: float) -> bool:
        """Wait until tokens can be decided without asking anybody; say whether that came true in time."""
        end = time.monotonic() + seconds
        while not self.status().ready:
            if time.monotonic() >= end:
                return False
            time.sleep(0.01)
        return True

    def status(self) -> Status:
        """How the verifier is."""
        try:
            working = self._working()
        except UndecidedError as error:
            return Status(
                ready=False,
                feed=self._options.feed,
                lag=None,
                revoked=len(self._revoked_keys),
                introspections=0,
                keys=(),
                keys_age=None,
                trouble=(error.why,),
            )
        follower, age = working.follower, working.keys.age()
        knowledge = follower.knowledge if follower else None
        has_keys = age is not None and age <= self._options.jwks_keep
        follows = follower is None or (knowledge is not None and follower.is_fresh(knowledge))
        trouble = (working.keys.trouble, follower.trouble if follower else None)
        return Status(
            ready=has_keys and follows,
            feed=follower is not None,
            lag=follower.lag() if follower else None,
            revoked=(len(knowledge.revoked) if knowledge else 0) + len(self._revoked_keys),
            introspections=working.introspection.asked if working.introspection else 0,
            keys=working.keys.kids(),
            keys_age=age,
            trouble=tuple(dict.fromkeys(text for text in trouble if text is not None)),
        )

    def close(self) -> None:
        """Stop the threads and close the connections. Whoever verifies afterwards gets UnavailableError."""
        with self._lock:
            self._closed = True
            working, self._state = self._state, None
        if working is not None and working.pid == os.getpid():
            working.stop()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _working(self) -> _Working:
        working = self._state
        if working is not None:
            return working
        with self._lock:
            if self._closed:
                raise UndecidedError("the verifier was closed")
            if self._state is None:
                working = _Working(self._options, self._revoked_keys)
                working.start()
                self._state = working
            return self._state

    def _checked(self, working: _Working, text: str, key: Key, shown: Presented | None) -> VerifiedToken:
        """Verify the token itself and that whoever shows it may."""
        now = time.time()
        token = self._signed(working, text, key, now=now)
        check_presented(token, shown, now=now, nonces=self._nonces)
        return token

    def _signed(self, working: _Working, text: str, key: Key, *, now: float) -> VerifiedToken:
        """Verify the token itself, or recognise it; times are looked at in either case."""
        name = digest(text)
        seen = working.recent.get(name)
        if seen is not None and seen[1] is key:
            if seen[0].expires_at.timestamp() <= now - self._options.leeway:
                raise RefusedError(Reason.EXPIRED)
            return seen[0]
        token = check_signed(text, key, now=now, expect=self._expect)
        working.recent.put(name, (token, key))
        return token

    def _is_covered(self, knowledge: Knowledge, token: VerifiedToken) -> bool:
        return knowledge.covers((token.expires_at - token.issued_at).total_seconds())

    def _why_asking(self, follower: Follower, token: VerifiedToken) -> str:
        knowledge = follower.knowledge
        if knowledge is None:
            return f"the revocation feed was not read yet: {follower.trouble or 'not in time'}"
        if not self._is_covered(knowledge, token):
            return "the token lives longer than revocations are told"
        return f"the revocation feed is {follower.lag() or 0:.1f} s behind: {follower.trouble or 'not read in time'}"

    def after_fork(self) -> None:
        """Forget what the parent process had: its threads are not here, and its connections are its own.

        But not which keys were revoked: the feed tells a new process of the last minutes only.
        """
        self._lock = threading.Lock()
        self._state = None


def _taken_apart(raw: str | bytes | Presented) -> tuple[str, Presented | None]:
    return (text_of(raw.token), raw) if isinstance(raw, Presented) else (text_of(raw), None)


_everyone: "weakref.WeakSet[Verifier]" = weakref.WeakSet()


def _after_fork() -> None:
    for verifier in list(_everyone):
        verifier.after_fork()


os.register_at_fork(after_in_child=_after_fork)
