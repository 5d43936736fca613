"""Django's signals about requests, and what its own receivers do, without asking who listens each time.

Each of its receivers looks for the connections or caches of its thread by itself. Here that is done once at either end
of a request. Where anybody else listens, or in development, the signals are sent as always.
"""

from collections.abc import Callable, Iterable
from typing import Any, Final, cast

from django.conf import settings
from django.core.cache import caches, close_caches
from django.core.cache.backends.base import BaseCache
from django.core.handlers.base import reset_urlconf
from django.core.signals import request_finished, request_started
from django.db import close_old_connections, connections, reset_queries
from django.dispatch import Signal
from django.utils.module_loading import import_string

__all__ = ["RequestSignals"]

_ABSENT: Final[Any] = object()


class _Judged:
    """Whether a signal has no receivers but those whose work is done here, found out anew when its receivers change."""

    def __init__(self, signal: Any, done_here: Iterable[Callable[..., Any]], sender: Any) -> None:
        self._signal = signal
        self._done_here = frozenset(done_here)
        self._sender = sender
        self._verdict: tuple[Any, bool] = (None, False)

    def is_done_here(self) -> bool:
        receivers = self._signal.receivers
        judged, verdict = self._verdict
        if receivers != judged:
            judged = list(receivers)
            live, asynchronous = self._signal._live_receivers(self._sender)  # noqa: SLF001 - Django has no name for it
            verdict = not asynchronous and self._done_here.issuperset(live)
            self._verdict = judged, verdict
        return verdict


class RequestSignals:
    """``request_started`` and ``request_finished`` of one handler.

    Args:
        sender: the handler's class, as Django's own handler says it.
    """

    def __init__(self, sender: Any) -> None:
        self._sender = sender
        self._aliases: tuple[str, ...] = tuple(connections.settings)
        # Those of thread and task: what ``connections.all(initialized_only=True)`` looks into, alias by alias.
        self._connections: Any = cast("Any", connections)._connections  # noqa: SLF001 - as said
        # ``DEBUG`` keeps each statement, and the first receiver forgets them.
        may = not settings.DEBUG and not _has_caches_to_close()
        self._started = _Judged(request_started, (close_old_connections, reset_queries) if may else (), sender)
        self._finished = _Judged(
            request_finished, (close_old_connections, close_caches, reset_urlconf) if may else (), sender
        )

    def begin(self, environ: dict[str, Any]) -> None:
        """A request begins.

        Args:
            environ: its environment (PEP 3333).
        """
        if self._started.is_done_here():
            self._close_old_connections()
        else:
            _send(request_started, self._sender, environ=environ)

    def end(self) -> None:
        """It has been answered. The handler has set no URL configuration that could stay behind."""
        if self._finished.is_done_here():
            self._close_old_connections()
        else:
            _send(request_finished, self._sender)

    def _close_old_connections(self) -> None:
        for alias in self._aliases:
            connection = getattr(self._connections, alias, _ABSENT)
            if connection is not _ABSENT:
                connection.close_if_unusable_or_obsolete()


def _send(signal: Signal, sender: Any, **told: Any) -> None:
    signal.send(sender=sender, **told)


def _has_caches_to_close() -> bool:
    """Whether any cache does something at a request's end, as clients of memcached do."""
    kinds = (import_string(entry["BACKEND"]) for entry in caches.settings.values())
    return any(kind.close is not BaseCache.close for kind in kinds)
