"""The verifier for services on an event loop."""

import asyncio
import os
import ssl
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from types import TracebackType
from typing import Final, Self, TypedDict, Unpack

from keyturn.verifier.presenting import Presented
from keyturn.verifier.undecided import UndecidedError
from keyturn.verifier.verified import VerifiedToken
from keyturn.verifier.verifier import Status, Verifier

__all__ = ["AsyncVerifier", "VerifierOptions"]

_THREADS: Final = 16


class VerifierOptions(TypedDict, total=False):
    """What :class:`Verifier` takes by name."""

    audience: str | Sequence[str] | None
    client_id: str | None
    client_secret: str | None
    feed: bool
    staleness: float
    poll_interval: float
    jwks_keep: float
    leeway: float
    timeout: float
    jwks_uri: str | None
    introspection_uri: str | None
    revocations_uri: str | None
    ssl_context: ssl.SSLContext | None


class AsyncVerifier:
    """Decides as :class:`Verifier` does, for coroutines: whatever has to wait does so in a thread, not on the loop.

    Args:
        issuer: exactly what tokens have as ``iss``.
        options: those of :class:`Verifier`.

    Raises:
        ValueError: the arguments contradict each other, or a URL cannot be used.
    """

    def __init__(self, issuer: str, **options: Unpack[VerifierOptions]) -> None:
        self._verifier = Verifier(issuer, **options)
        self._patience = 4 * options.get("timeout", 2.0)
        self._threads: tuple[int, ThreadPoolExecutor] | None = None

    async def verify(self, raw: str | bytes | Presented) -> VerifiedToken:
        """Verify one access token; see :meth:`Verifier.verify`.

        Raises:
            RefusedError: it is not good; ``reason`` says why. Answer 401.
            ProofError: the proof that came along does not serve (RFC 9449). Answer 401.
            UnavailableError: nothing can be decided now; ``str()`` says why. Answer 503.
        """
        found = self._verifier.verify_at_once(raw)
        if found is not None:
            return found
        asked = asyncio.get_running_loop().run_in_executor(self._executor(), self._verifier.verify_asking, raw)
        try:
            return await asyncio.wait_for(asked, self._patience)
        except TimeoutError:
            raise UndecidedError("Keyturn was asked and did not answer in time") from None

    def start(self) -> Self:
        """Begin to fetch keys and to follow the feed, without waiting for either. Returns the verifier itself."""
        self._verifier.start()
        return self

    async def wait_until_ready(self, seconds: float) -> bool:
        """Wait until tokens can be decided without asking anybody; say whether that came true in time."""
        loop = asyncio.get_running_loop()
        end = loop.time() + seconds
        while not self._verifier.status().ready:
            if loop.time() >= end:
                return False
            await asyncio.sleep(0.01)
        return True

    def status(self) -> Status:
        """How the verifier is. Waits for nothing."""
        return self._verifier.status()

    async def close(self) -> None:
        """Stop the threads and close the connections. Whoever verifies afterwards gets UnavailableError."""
        await asyncio.to_thread(self._verifier.close)
        if self._threads is not None and self._threads[0] == os.getpid():
            self._threads[1].shutdown(wait=False, cancel_futures=True)

    async def __aenter__(self) -> Self:
        return self.start()

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    def _executor(self) -> ThreadPoolExecutor:
        # The threads of a parent process do not come along through a fork.
        if self._threads is None or self._threads[0] != os.getpid():
            self._threads = (os.getpid(), ThreadPoolExecutor(_THREADS, thread_name_prefix="keyturn-verify"))
        return self._threads[1]
