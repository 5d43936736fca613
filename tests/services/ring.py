"""The key ring as a process remembers it once it runs, so that a test can count all other statements."""

from dataclasses import replace
from datetime import timedelta

from keyturn import conf, keys
from keyturn.clock import utc_now
from keyturn.keys import ring

__all__ = ["warm_ring"]


def warm_ring() -> None:
    """Give the ring a key, and let this process remember it until something makes it forget."""
    if conf.get().has_own_key:
        return
    keys.access_signing_key(now=utc_now(), lifetime=timedelta(0))
    known = ring.load()
    # What is read in a test's transaction is not remembered otherwise.
    ring._memory = replace(known, at=float("inf"))
