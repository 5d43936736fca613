"""The issuer's public keys, kept here, renewed in the background, and asked for again with restraint."""

import logging
import re
import threading
from collections.abc import Container, Mapping
from dataclasses import dataclass, replace
from typing import Final

from keyturn.errors import Reason, RefusedError
from keyturn.jose import Key
from keyturn.verifier.endpoints import Endpoints
from keyturn.verifier.jwk import keys_of
from keyturn.verifier.moments import elapsed
from keyturn.verifier.settings import Options
from keyturn.verifier.transport import NoAnswerError, Transport
from keyturn.verifier.undecided import UndecidedError

__all__ = ["KeyRing"]

logger = logging.getLogger("keyturn.verifier")

_LIMIT: Final = 262_144
_UNKNOWN_PAUSE: Final = 10.0
"""Seconds between two fetches for the sake of an unknown ``kid``."""
_FAILURE_PAUSE: Final = 1.0
"""Seconds between two fetches while there are no keys at all."""
_OUTDATED_PAUSE: Final = 2.0
"""Seconds between two fetches while what is published still has a revoked key."""
_LEAST_MAX_AGE, _DEFAULT_MAX_AGE = 1.0, 300.0


@dataclass(frozen=True, slots=True)
class _Held:
    """What the last good answer said, and when it was asked for.

    Args:
        keys: those that verify.
        published: the names of all that were in the answer, those of revoked keys too.
        etag: for asking whether it changed.
        at: as :func:`elapsed`.
        renew_after: seconds for which a cache may keep it.
    """

    keys: Mapping[str, Key]
    published: frozenset[str]
    etag: str | None
    at: float
    renew_after: float


@dataclass(slots=True)
class _Attempts:
    """When the keys were last asked for, and how that went; times as :func:`elapsed`."""

    ended: float = float("-inf")
    for_unknown: float = float("-inf")
    why_not: str | None = "the keys were not asked for yet"
    failures: int = 0


class KeyRing:
    """The keys of one issuer.

    Args:
        options: what the verifier was told.
        endpoints: says where the keys are.
        transport: asks.
        revoked: the names of keys that were revoked: never used, whoever publishes them. May grow at any time.
    """

    def __init__(
        self, options: Options, endpoints: Endpoints, transport: Transport, *, revoked: Container[str]
    ) -> None:
        self._options = options
        self._endpoints = endpoints
        self._transport = transport
        self._revoked = revoked
        self._held: _Held | None = None
        self._changing = threading.Lock()
        self._wanted = False
        self._attempts = _Attempts()
        self._one_at_a_time = threading.Lock()
        self._wake = threading.Event()
        self._stopped = False
        self._thread: threading.Thread | None = None

    def find(self, kid: str) -> Key | None:
        """Return a key without waiting for anything; None where :meth:`fetch` may find it.

        Raises:
            RefusedError: unknown_key: it was revoked, or the issuer was asked a moment ago and does not have it.
            UndecidedError: the keys cannot be had.
        """
        if kid in self._revoked:
            raise RefusedError(Reason.UNKNOWN_KEY, "the key was revoked")
        now, held = elapsed(), self._held
        if held is None or now - held.at > self._options.jwks_keep:
            if self._attempts.why_not is not None and now - self._attempts.ended < _FAILURE_PAUSE:
                raise UndecidedError(self._missing(held))
            return None
        if kid in held.keys:
            return held.keys[kid]
        if now - self._attempts.for_unknown < _UNKNOWN_PAUSE:
            if self._attempts.why_not is not None:
                # It may well be new.
                raise UndecidedError(f"the token's key is not known here: {self._attempts.why_not}")
            raise RefusedError(Reason.UNKNOWN_KEY, "the issuer does not publish it")
        return None

    def fetch(self, kid: str) -> Key:
        """Return a key, after asking the issuer if need be; of many callers one asks and the others wait.

        Raises:
            RefusedError: unknown_key.
            UndecidedError: the keys cannot be had.
        """
        # Metadata at two places, and the keys.
        if not self._one_at_a_time.acquire(timeout=3 * self._options.timeout):
            raise UndecidedError("the keys are being asked for, without an answer yet")
        try:
            key = self.find(kid)
            if key is not None:
                return key
            had_some = self._held is not None
            self._ask()
            if had_some:
                # Only now, so that those who come meanwhile wait for the answer.
                self._attempts.for_unknown = elapsed()
            key = self.find(kid)
        finally:
            self._one_at_a_time.release()
        if key is None:
            raise RefusedError(Reason.UNKNOWN_KEY, "the issuer does not publish it")
        return key

    def holds(self, key: Key) -> bool:
        """Whether a key is still among those that verify."""
        held = self._held
        return (
            held is not None
            and key.kid is not None
            and held.keys.get(key.kid) is key
            and elapsed() - held.at <= self._options.jwks_keep
        )

    def kids(self) -> tuple[str, ...]:
        """The names of the keys held."""
        return tuple(self._held.keys) if self._held else ()

    def age(self) -> float | None:
        """Seconds since the keys held were last confirmed; None before the first time."""
        return elapsed() - self._held.at if self._held else None

    @property
    def trouble(self) -> str | None:
        """Why the last attempt to ask for the keys failed, or was of no use; None when neither."""
        if self._attempts.why_not is None and self._is_outdated(self._held):
            return "the issuer's key set still has a revoked key"
        return self._attempts.why_not

    def drop_revoked(self) -> None:
        """Let go of keys that were revoked, and ask for the set anew, in the background."""
        self._wanted = True
        with self._changing:
            if self._held is not None:
                self._held = self._without_revoked(self._held)
        self._wake.set()

    def start(self) -> None:
        """Begin to renew the keys in the background."""
        self._thread = threading.Thread(target=self._run, name="keyturn-jwks", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """End that. The caller closes the transport, which ends a request that is under way."""
        self._stopped = True
        self._wake.set()

    def join(self, seconds: float) -> None:
        """Wait for the background thread's end."""
        if self._thread is not None:
            self._thread.join(seconds)

    def _run(self) -> None:
        while not self._stopped:
            with self._one_at_a_time:
                held = self._held
                if held is None or elapsed() >= self._renew_at(held):
                    self._ask()
            self._wake.wait(self._pause())
            self._wake.clear()

    def _pause(self) -> float:
        """Seconds until the next look: when renewal is due; after failures longer and longer, up to 10."""
        held = self._held
        if self._attempts.failures or held is None:
            return min(0.5 * 2.0 ** min(self._attempts.failures, 10), 10.0)
        return max(self._renew_at(held) - elapsed(), 0.05)

    def _renew_at(self, held: _Held) -> float:
        """When to ask again: at the end of the cache's time, or earlier for the sake of a revoked key."""
        if self._wanted:
            return float("-inf")
        return held.at + (min(held.renew_after, _OUTDATED_PAUSE) if self._is_outdated(held) else held.renew_after)

    def _is_outdated(self, held: _Held | None) -> bool:
        """Whether the answer held is older than a revocation: a cache may well give one that is."""
        return held is not None and any(kid in self._revoked for kid in held.published)

    def _without_revoked(self, held: _Held) -> _Held:
        return replace(held, keys={kid: key for kid, key in held.keys.items() if kid not in self._revoked})

    def _ask(self) -> None:
        """Ask once, keep what is answered, and remember how it went."""
        began, before = elapsed(), self._attempts.why_not
        wanted, self._wanted = self._wanted, False
        try:
            answered = self._answered(began, past_caches=wanted or self._is_outdated(self._held))
            with self._changing:
                self._held = self._without_revoked(answered)
        except NoAnswerError as error:
            self._wanted |= wanted
            self._endpoints.doubt()
            self._attempts.why_not = str(error)
            self._attempts.failures += 1
            if before != str(error) and not self._stopped:
                logger.warning("the keys of %s cannot be had: %s", self._options.issuer, error)
        except Exception:
            # Were the thread to end that renews them, they would grow old unnoticed.
            self._wanted |= wanted
            self._attempts.why_not = "the issuer's keys were read and not understood"
            self._attempts.failures += 1
            logger.exception("the keys of %s were read and not understood", self._options.issuer)
        else:
            self._attempts.why_not = None
            self._attempts.failures = 0
        finally:
            self._attempts.ended = elapsed()

    def _answered(self, began: float, *, past_caches: bool) -> _Held:
        held = self._held
        headers = {"If-None-Match": held.etag} if held is not None and held.etag else {}
        asks_for_changes = bool(headers)
        if past_caches:
            # RFC 9111 section 5.2.1.4: not without asking the issuer itself.
            headers["Cache-Control"] = "no-cache"
        answer = self._transport.ask(
            "GET", self._endpoints.jwks(), timeout=self._options.timeout, limit=_LIMIT, headers=headers
        )
        renew_after = min(_max_age(answer.headers.get("cache-control", "")), self._options.jwks_keep / 2)
        etag = answer.headers.get("etag")
        if answer.status == 304 and held is not None and asks_for_changes:
            return replace(held, etag=etag or held.etag, at=began, renew_after=renew_after)
        if answer.status != 200:
            raise NoAnswerError(f"the issuer's keys are answered with {answer.status}")
        try:
            keys = keys_of(answer.json_object("the issuer's key set"))
        except ValueError:
            raise NoAnswerError("the issuer's key set is none (RFC 7517)") from None
        if held is not None:
            # The same objects as before, so that what was verified with them is recognised.
            keys = {kid: held.keys[kid] if held.keys.get(kid) == key else key for kid, key in keys.items()}
        return _Held(keys, frozenset(keys), etag, began, renew_after)

    def _missing(self, held: _Held | None) -> str:
        if held is None:
            return f"there are no keys to verify with: {self._attempts.why_not}"
        return (
            f"the keys were last confirmed more than {self._options.jwks_keep:g} s ago and are not used any longer:"
            f" {self._attempts.why_not}"
        )


def _max_age(cache_control: str) -> float:
    """Seconds for which an answer is fresh (RFC 9111 section 5.2.2.1); the default where it does not say."""
    found = re.search(r'(?:^|[,\s])max-age="?(\d{1,9})', cache_control, re.IGNORECASE)
    return max(float(found[1]), _LEAST_MAX_AGE) if found else _DEFAULT_MAX_AGE
