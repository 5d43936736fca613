"""The issuer's public keys, kept here, renewed in the background, and asked for again with restraint."""

import logging
import re
import threading
from collections.abc import Mapping
from dataclasses import dataclass
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
_LEAST_MAX_AGE, _DEFAULT_MAX_AGE = 1.0, 300.0


@dataclass(frozen=True, slots=True)
class _Held:
    """What the last good answer said, and when it was asked for."""

    keys: Mapping[str, Key]
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
    """

    def __init__(self, options: Options, endpoints: Endpoints, transport: Transport) -> None:
        self._options = options
        self._endpoints = endpoints
        self._transport = transport
        self._held: _Held | None = None
        self._attempts = _Attempts()
        self._one_at_a_time = threading.Lock()
        self._wake = threading.Event()
        self._stopped = False
        self._thread: threading.Thread | None = None

    def find(self, kid: str) -> Key | None:
        """Return a key without waiting for anything; None where :meth:`fetch` may find it.

        Raises:
            RefusedError: unknown_key: the issuer was asked a moment ago and does not have it.
            UndecidedError: the keys cannot be had.
        """
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
        """Why the last attempt to ask for the keys failed; None when it did not."""
        return self._attempts.why_not

    def renew_soon(self) -> None:
        """Ask for the keys anew, in the background."""
        held = self._held
        if held is not None:
            self._held = _Held(held.keys, held.etag, held.at, 0.0)
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
                if held is None or elapsed() - held.at >= held.renew_after:
                    self._ask()
            self._wake.wait(self._pause())
            self._wake.clear()

    def _pause(self) -> float:
        """Seconds until the next look: at the end of the cache's time; after failures longer and longer, up to 10."""
        held = self._held
        if self._attempts.failures or held is None:
            return min(0.5 * 2.0 ** min(self._attempts.failures, 10), 10.0)
        return max(held.at + held.renew_after - elapsed(), 0.05)

    def _ask(self) -> None:
        """Ask once, keep what is answered, and remember how it went."""
        began, before = elapsed(), self._attempts.why_not
        try:
            self._held = self._answered(began)
        except NoAnswerError as error:
            self._endpoints.doubt()
            self._attempts.why_not = str(error)
            self._attempts.failures += 1
            if before != str(error) and not self._stopped:
                logger.warning("the keys of %s cannot be had: %s", self._options.issuer, error)
        except Exception:
            # Were the thread to end that renews them, they would grow old unnoticed.
            self._attempts.why_not = "the issuer's keys were read and not understood"
            self._attempts.failures += 1
            logger.exception("the keys of %s were read and not understood", self._options.issuer)
        else:
            self._attempts.why_not = None
            self._attempts.failures = 0
        finally:
            self._attempts.ended = elapsed()

    def _answered(self, began: float) -> _Held:
        held = self._held
        headers = {"If-None-Match": held.etag} if held is not None and held.etag else {}
        answer = self._transport.ask(
            "GET", self._endpoints.jwks(), timeout=self._options.timeout, limit=_LIMIT, headers=headers
        )
        renew_after = min(_max_age(answer.headers.get("cache-control", "")), self._options.jwks_keep / 2)
        etag = answer.headers.get("etag")
        if answer.status == 304 and held is not None and headers:
            return _Held(held.keys, etag or held.etag, began, renew_after)
        if answer.status != 200:
            raise NoAnswerError(f"the issuer's keys are answered with {answer.status}")
        try:
            keys = keys_of(answer.json_object("the issuer's key set"))
        except ValueError:
            raise NoAnswerError("the issuer's key set is none (RFC 7517)") from None
        if held is not None:
            # The same objects as before, so that what was verified with them is recognised.
            keys = {kid: held.keys[kid] if held.keys.get(kid) == key else key for kid, key in keys.items()}
        return _Held(keys, etag, began, renew_after)

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
