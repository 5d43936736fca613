"""The middleware that only pages with a cookie session need, kept to the paths that have one."""

from typing import Any, Final

from django.conf import settings
from django.contrib.auth import middleware as auth
from django.contrib.messages import middleware as messages
from django.contrib.sessions import middleware as sessions
from django.http import HttpRequest
from django.middleware import locale
from django.utils import translation
from django.utils.deprecation import MiddlewareMixin

__all__ = ["AuthenticationMiddleware", "LocaleMiddleware", "MessageMiddleware", "SessionMiddleware", "is_browser_path"]

_PREFIX: Final = "/admin/"


def is_browser_path(request: HttpRequest) -> bool:
    """Whether the path belongs to the pages that work with a cookie session."""
    return request.path_info.startswith(_PREFIX)


class _BrowserPathsOnly(MiddlewareMixin):
    """Goes before a middleware of Django's and steps aside on every other path."""

    async_capable = False

    def __call__(self, request: HttpRequest) -> Any:
        return super().__call__(request) if is_browser_path(request) else self.get_response(request)


class SessionMiddleware(_BrowserPathsOnly, sessions.SessionMiddleware):
    """Django's sessions, without keys that Django cannot have made."""

    def process_request(self, request: HttpRequest) -> None:
        """Attach the session. A cookie may hold a NUL byte in quotes, which PostgreSQL refuses with an exception."""
        name = settings.SESSION_COOKIE_NAME
        key = request.COOKIES.get(name, "")
        if not (key.isascii() and key.isalnum()):
            request.COOKIES.pop(name, None)
        super().process_request(request)


class LocaleMiddleware(_BrowserPathsOnly, locale.LocaleMiddleware):
    """The language that the browser asks for, until the page is answered: the thread answers others next."""

    def __call__(self, request: HttpRequest) -> Any:
        """Answer, and go back to the language of the settings."""
        try:
            return super().__call__(request)
        finally:
            if is_browser_path(request):
                translation.deactivate()


class AuthenticationMiddleware(_BrowserPathsOnly, auth.AuthenticationMiddleware):
    """Django's ``request.user`` of the cookie session."""


class MessageMiddleware(_BrowserPathsOnly, messages.MessageMiddleware):
    """Django's messages of the cookie session."""
