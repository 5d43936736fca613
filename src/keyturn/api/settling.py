"""Settle what a view left unsettled, after its transaction and before its answer.

Django wraps a view into the transaction of ``ATOMIC_REQUESTS`` in one place of its request handler; nothing else of
Django's is told when that transaction is rolled back.
"""

import functools
from collections.abc import Callable
from inspect import iscoroutinefunction
from typing import Any

from django.core.handlers.base import BaseHandler

from keyturn.sessions.unsettled import forget, settle

__all__ = ["install"]


def install() -> None:
    """Wrap the place. Safe to call twice."""
    handler: Any = BaseHandler
    if not hasattr(handler.make_view_atomic, "__wrapped__"):
        handler.make_view_atomic = _settling(handler.make_view_atomic)


def _settling(make_view_atomic: Callable[[Any, Any], Any]) -> Callable[[Any, Any], Any]:
    @functools.wraps(make_view_atomic)
    def wrapper(self: Any, view: Any) -> Any:
        atomic = make_view_atomic(self, view)
        if iscoroutinefunction(atomic):
            return atomic  # never in a transaction: Django allows none around an asynchronous view

        def answer(*args: Any, **kwargs: Any) -> Any:
            forget()
            try:
                return atomic(*args, **kwargs)
            finally:
                settle()

        return answer

    return wrapper
