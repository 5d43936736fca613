"""Paths without their last slash."""

from django.http import HttpRequest
from django.middleware.common import CommonMiddleware
from django.urls import is_valid_path

__all__ = ["SlashMiddleware", "with_slash"]


def with_slash(request: HttpRequest) -> str | None:
    """Return the path with a slash at its end if that, and only that, is one of ours; else None."""
    if request.path_info.endswith("/") or is_valid_path(request.path_info):
        return None
    return f"{request.path}/" if is_valid_path(f"{request.path_info}/") else None


class SlashMiddleware(CommonMiddleware):
    """Django's ``CommonMiddleware`` for reading methods only.

    Django redirects any method, which turns a POST into a GET that lost its body, and in DEBUG raises an exception
    instead. Here GET and HEAD are redirected and the rest get a 404 that names the right path
    (:mod:`keyturn_server.json_errors`). The host is checked by :mod:`keyturn_server.guard`, which knows the exceptions.
    """

    def process_request(self, request: HttpRequest) -> None:
        """Do nothing: its checks of host and user agent are not wanted here."""

    def should_redirect_with_slash(self, request: HttpRequest) -> bool:
        """Whether the path with a slash exists and the method only reads."""
        return request.method in {"GET", "HEAD"} and super().should_redirect_with_slash(request)
