"""Django's request handler for the API's paths: the same steps, without working out anew what is always the same."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from typing import Any, Final

from asgiref.sync import iscoroutinefunction
from django.conf import settings
from django.core.handlers.wsgi import WSGIHandler
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.urls import ResolverMatch, get_resolver
from django.utils.log import log_response

from keyturn.api.standing_headers import all_of, put
from keyturn_server.api_request import ApiRequest
from keyturn_server.observing.watching import ARRIVED
from keyturn_server.request_signals import RequestSignals

__all__ = ["ApiHandler"]

# Paths whose view is remembered. Those with a part that varies are not.
_MOST_PATHS: Final = 200


class ApiHandler(WSGIHandler):
    """Django's handler with the middleware of the API's paths, and without a middleware for the one thing it sets.

    Of requests that our own transport brings it is known that nothing is mounted in front of us, so neither script
    prefix nor URL configuration is set for their thread: both stay Django's defaults, the root and ``ROOT_URLCONF``.
    Other servers' requests go Django's own way.
    """

    # Django's, set by load_middleware().
    _middleware_chain: Callable[[Any], Any]
    _view_middleware: list[Any]
    _template_response_middleware: list[Any]

    def __init__(self) -> None:
        super().__init__()
        self._signals = RequestSignals(type(self))
        self._matches: dict[str, ResolverMatch] = {}
        self._views: dict[Any, Callable[..., HttpResponseBase]] = {}

    def load_middleware(self, is_async: bool = False) -> None:
        """Load ours; Django's reads which from one setting."""
        for_pages = settings.MIDDLEWARE
        settings.MIDDLEWARE = settings.KEYTURN_SERVER_API_MIDDLEWARE
        try:
            super().load_middleware(is_async)
        finally:
            settings.MIDDLEWARE = for_pages

    def __call__(self, environ: Any, start_response: Any) -> Any:
        """Answer a request (PEP 3333)."""
        if ARRIVED not in environ:
            return super().__call__(environ, start_response)
        self._signals.begin(environ)
        request = ApiRequest(environ)
        response = self._answer(request)
        # Django's own name for the sender of the signal that closing the answer sends.
        response._handler_class = type(self)  # type: ignore[attr-defined]  # noqa: SLF001
        headers = all_of(response)
        if response.cookies:
            headers += [("Set-Cookie", cookie.OutputString()) for cookie in response.cookies.values()]
        start_response(f"{response.status_code} {response.reason_phrase}", headers)
        return _Parts(response, self._signals) if isinstance(response, HttpResponse) else response

    def get_response(self, request: HttpRequest) -> HttpResponseBase:
        """Answer, and say how long the answer is."""
        return _measured(super().get_response(request))

    def _answer(self, request: Any) -> HttpResponseBase:
        """The same, without setting the URL configuration of this thread."""
        response: Any = self._middleware_chain(request)
        response._resource_closers.append(request.close)  # noqa: SLF001 - as Django's does
        if response.status_code >= 400:
            log_response("%s: %s", response.reason_phrase, request.path, response=response, request=request)
        return _measured(response)

    def _get_response(self, request: Any) -> Any:
        """Find the view, call it, have its answer rendered. A name of Django's, like those called from here."""
        if self._view_middleware or self._template_response_middleware:
            return super()._get_response(request)  # type: ignore[misc] # django-stubs leaves it out
        match = request.resolver_match = self._match(request.path_info)
        view = self._views.get(match.func)
        if view is None:
            view = self._views[match.func] = self._settled(match.func)
        try:
            response: Any = view(request, *match.args, **match.kwargs)
            if response is not None and hasattr(response, "render"):
                response = response.render()
        except Exception as error:
            response = self.process_exception_by_middleware(error, request)
            if response is None:
                raise
        if not isinstance(response, HttpResponseBase):
            self.check_response(response, match.func)
        return response

    def _match(self, path: str) -> ResolverMatch:
        known = self._matches.get(path)
        if known is None:
            known = get_resolver().resolve(path)
            if not known.args and not known.kwargs and len(self._matches) < _MOST_PATHS:
                self._matches[path] = known
        return known

    def _settled(self, view: Any) -> Any:
        """A view as Django calls it: in a transaction where ``ATOMIC_REQUESTS`` asks for one."""
        wrapped = self.make_view_atomic(view)
        if iscoroutinefunction(wrapped):
            raise TypeError("the API has no asynchronous views")
        return wrapped


class _Parts:
    """An answer as PEP 3333 wants it."""

    __slots__ = ("_response", "_signals")

    def __init__(self, response: Any, signals: RequestSignals) -> None:
        self._response = response
        self._signals = signals

    def __iter__(self) -> Iterator[bytes]:
        parts: Iterable[bytes] = self._response
        return iter(parts)

    def close(self) -> None:
        """Let go of what the request held: what ``HttpResponse.close`` does."""
        for closer in self._response._resource_closers:  # noqa: SLF001 - as said
            with suppress(Exception):
                closer()
        self._response._resource_closers.clear()  # noqa: SLF001 - as said
        self._response.closed = True
        self._signals.end()


def _measured(response: HttpResponseBase) -> HttpResponseBase:
    if isinstance(response, HttpResponse) and "Content-Length" not in response.headers:
        put(response, "Content-Length", str(len(response.content)))
    return response
