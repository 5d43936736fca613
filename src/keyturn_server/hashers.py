"""Password hashes: Argon2id in the OWASP profile, and every hash Django knows for users who come from elsewhere.

One hash at a time in each process, first come, first served, in a thread of its own. Two at once on one core take twice
as long each, and each holds 19 MiB meanwhile. What is more, the C library keeps a hash's memory for the thread that
computed it, so that every thread that ever did would hold 19 MiB from then on. Workers are processes, about one a core.
"""

import os
import signal
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from time import perf_counter
from typing import Any, Final

from django.contrib.auth import hashers
from django.views.decorators.debug import sensitive_variables

__all__ = [
    "PASSWORD_HASHERS",
    "BCryptHasher",
    "BCryptSHA256Hasher",
    "OwaspArgon2idHasher",
    "PBKDF2Hasher",
    "PBKDF2SHA1Hasher",
    "ScryptHasher",
    "Standing",
    "standing",
]


@dataclass(frozen=True, slots=True)
class Standing:
    """How the hashes of this process stand.

    Args:
        waiting: that wait for their turn.
        computed: since the process began.
        seconds: spent on those.
    """

    waiting: int
    computed: int
    seconds: float


class _Turns:
    """The thread of this process that computes hashes."""

    def __init__(self) -> None:
        self.renew()
        # A process that was forked has none of its parent's threads.
        os.register_at_fork(after_in_child=self.renew)

    def renew(self) -> None:
        self._here = threading.local()
        self._computed_so_far = 0
        self._seconds = 0.0
        # Signals are others' business: one that this thread took would not stop the server (keyturn_server.signals).
        leave = (signal.SIG_BLOCK, signal.valid_signals())
        self._thread = ThreadPoolExecutor(
            max_workers=1,
            thread_name_prefix="keyturn-hashes",
            initializer=signal.pthread_sigmask,
            initargs=leave,
        )

    @sensitive_variables()
    def take(self, compute: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        """Compute in turn. What is computed may itself want to take a turn: some hashers verify by encoding."""
        if getattr(self._here, "is_its_turn", False):
            return compute(*args, **kwargs)
        return self._thread.submit(self._computed, compute, args, kwargs).result()

    @sensitive_variables()
    def _computed(self, compute: Callable[..., Any], args: Any, kwargs: Any) -> Any:
        self._here.is_its_turn = True
        began = perf_counter()
        try:
            return compute(*args, **kwargs)
        finally:
            # One thread only ever comes here.
            self._computed_so_far += 1
            self._seconds += perf_counter() - began

    def standing(self) -> Standing:
        return Standing(self._thread._work_queue.qsize(), self._computed_so_far, self._seconds)  # noqa: SLF001 - nothing else tells


_turns: Final = _Turns()


def standing() -> Standing:
    """How the hashes of this process stand, as of now."""
    return _turns.standing()


class _InTurn(hashers.BasePasswordHasher):
    """A hasher that waits for the process's other hashes."""

    takes_turns: Final = True

    @sensitive_variables()
    def encode(self, *args: Any, **kwargs: Any) -> Any:
        """Hash a password, in turn."""
        return _turns.take(super().encode, *args, **kwargs)

    @sensitive_variables()
    def verify(self, *args: Any, **kwargs: Any) -> Any:
        """Compare a password with a hash, in turn."""
        return _turns.take(super().verify, *args, **kwargs)


class OwaspArgon2idHasher(_InTurn, hashers.Argon2PasswordHasher):
    """Argon2id with 19 MiB, two passes and one lane (OWASP Password Storage Cheat Sheet, its Argon2id profile).

    Django's own values (100 MiB, eight lanes) let a handful of logins at once exhaust a small machine. A hash made
    with other values is still verified and is made anew at the next login, as for every hasher below it in the list.
    """

    memory_cost = 19 * 1024  # KiB
    time_cost = 2
    parallelism = 1


class PBKDF2Hasher(_InTurn, hashers.PBKDF2PasswordHasher):
    """Django's default."""


class PBKDF2SHA1Hasher(_InTurn, hashers.PBKDF2SHA1PasswordHasher):
    """Django's, for hashes of other systems."""


class ScryptHasher(_InTurn, hashers.ScryptPasswordHasher):
    """Django's."""


class BCryptSHA256Hasher(_InTurn, hashers.BCryptSHA256PasswordHasher):
    """Django's."""


class BCryptHasher(_InTurn, hashers.BCryptPasswordHasher):
    """Django's, for hashes of other systems."""


# All that Django ships, weak ones too: a user who comes with such a hash has a good one after the next login.
PASSWORD_HASHERS: Final[list[str]] = [
    f"keyturn_server.hashers.{name}"
    for name in (
        "OwaspArgon2idHasher",
        "PBKDF2Hasher",
        "PBKDF2SHA1Hasher",
        "ScryptHasher",
        "BCryptSHA256Hasher",
        "BCryptHasher",
    )
] + ["django.contrib.auth.hashers.MD5PasswordHasher"]
