"""System checks of the counters. Ids never change."""

from collections.abc import Iterable
from typing import Final

from django.conf import settings
from django.core.cache import InvalidCacheBackendError, caches
from django.core.checks import CheckMessage, Error, Tags, Warning  # noqa: A004
from django.core.checks import register as register_check

from keyturn import conf

__all__ = ["register"]

_OF_ONE_PROCESS: Final = ("LocMemCache", "DummyCache", "FileBasedCache", "DatabaseCache")
"""Django's own caches that several processes do not share, or in which ``incr`` reads first and writes later."""


def register() -> None:
    """Register the checks with Django."""
    register_check(check_attempts_cache, Tags.caches)


def check_attempts_cache(**_: object) -> Iterable[CheckMessage]:
    """E012, W007: counts must be in a cache that exists, that all processes share, and that counts in one step."""
    alias = conf.get().attempts_cache
    if alias is None:
        return
    if alias not in settings.CACHES:
        yield Error(
            f"KEYTURN['ATTEMPTS_CACHE'] is {alias!r}, and CACHES has no such cache.",
            hint="Name one of CACHES, or leave the setting out: attempts are then counted in the database.",
            id="keyturn.E012",
        )
        return
    try:
        kind = type(caches[alias]).__name__
    except InvalidCacheBackendError:
        return  # Django says so itself
    if kind in _OF_ONE_PROCESS:
        yield Warning(
            f"KEYTURN['ATTEMPTS_CACHE'] is {alias!r}, a {kind}: several processes would let more guesses through than"
            " the limits allow.",
            hint="Name a cache on Valkey, Redis or Memcached, or leave the setting out for the database.",
            id="keyturn.W007",
        )
