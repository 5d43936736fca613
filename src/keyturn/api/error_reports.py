"""What a report of a crash tells of a request to Keyturn: where in the code it was, and nothing that a client has sent.

Django mails reports to ``ADMINS``: the form, the headers, the cookies, the query, and the variables of each function
that was being executed. At an endpoint for passwords, codes and tokens each of them holds what signs somebody in. A
view can say what a report may tell, so a project has to set nothing; what happens outside of any view, as in a
middleware, is told by ``DEFAULT_EXCEPTION_REPORTER_FILTER``, which may name the same class.
"""

from collections.abc import Callable
from contextlib import suppress
from typing import Any, Final

from django.conf import settings
from django.core.exceptions import PermissionDenied, SuspiciousOperation
from django.http import Http404, HttpRequest, QueryDict
from django.http.response import HttpResponseBase
from django.views.debug import SafeExceptionReporterFilter, get_default_exception_reporter_filter

__all__ = ["ReportFilter", "unreported"]

_ALL: Final = "__ALL__"
"""Django's own word for every parameter."""

_TOLD: Final = frozenset(
    {
        "HTTP_ACCEPT",
        "HTTP_ACCEPT_ENCODING",
        "HTTP_ACCEPT_LANGUAGE",
        "HTTP_CONNECTION",
        "HTTP_CONTENT_LENGTH",
        "HTTP_CONTENT_TYPE",
        "HTTP_HOST",
        "HTTP_ORIGIN",
        "HTTP_SEC_FETCH_DEST",
        "HTTP_SEC_FETCH_MODE",
        "HTTP_SEC_FETCH_SITE",
        "HTTP_USER_AGENT",
        "HTTP_X_FORWARDED_FOR",
        "HTTP_X_FORWARDED_PROTO",
        "HTTP_X_KEYTURN_CLIENT",
        "HTTP_X_REQUEST_ID",
    }
)
"""Headers that no credential is in; of all others the name is told."""
_HIDDEN: Final = frozenset({"CSRF_COOKIE", "QUERY_STRING", "RAW_URI", "REQUEST_URI"})
"""What servers and Django keep beside the headers, and Django's own filter shows."""


class ReportFilter(SafeExceptionReporterFilter):
    """Hides every value that a client has sent, and those of all variables. With ``DEBUG`` it is Django's own filter.

    Settings are told as the project's own filter tells them.
    """

    def get_safe_settings(self) -> dict[str, Any]:
        """Those of the project's filter."""
        known = self._of_project()
        found: dict[str, Any] = super().get_safe_settings() if known is None else known.get_safe_settings()
        return found

    def get_safe_request_meta(self, request: Any) -> dict[str, Any]:
        """The environment, with the headers that hold no credential."""
        known = self._of_project()
        found = super().get_safe_request_meta(request) if known is None else known.get_safe_request_meta(request)
        if not self.is_active(request):
            return dict(found)
        return {name: self.cleansed_substitute if _is_hidden(name) else value for name, value in found.items()}

    def get_safe_cookies(self, request: Any) -> dict[str, Any]:
        """Their names."""
        found = super().get_safe_cookies(request)
        return dict.fromkeys(found, self.cleansed_substitute) if self.is_active(request) else dict(found)

    def get_post_parameters(self, request: Any) -> Any:
        """Their names."""
        if request is None or not self.is_active(request):
            return super().get_post_parameters(request)
        return dict.fromkeys(request.POST, self.cleansed_substitute)

    def get_traceback_frame_variables(self, request: Any, tb_frame: Any) -> Any:
        """Their names: a token may be in any of them."""
        if not self.is_active(request):
            return super().get_traceback_frame_variables(request, tb_frame)
        return dict.fromkeys(tb_frame.f_locals, self.cleansed_substitute).items()

    def _of_project(self) -> Any:
        """The project's filter, unless that is of this kind."""
        found = get_default_exception_reporter_filter()
        return None if isinstance(found, ReportFilter) else found


def _is_hidden(name: str) -> bool:
    return name in _HIDDEN or (name.startswith("HTTP_") and name not in _TOLD)


_FILTER: Final = ReportFilter()


def unreported(request: HttpRequest, answer: Callable[[], HttpResponseBase]) -> HttpResponseBase:
    """Answer a request, and let no report tell what it held.

    Django reports what is raised, and each answer of 500 and above.

    Args:
        request: Django's own.
        answer: answers it.
    """
    any_request: Any = request
    any_request.sensitive_post_parameters = _ALL
    any_request.exception_reporter_filter = _filter()
    try:
        response = answer()
    except (Http404, PermissionDenied):
        raise
    except Exception:
        _forget_query(any_request)
        raise
    if response.status_code >= 500:
        _forget_query(any_request)
    return response


def _filter() -> ReportFilter:
    """The project's own, if it is of this kind."""
    found = get_default_exception_reporter_filter()
    return found if isinstance(found, ReportFilter) else _FILTER


def _forget_query(request: Any) -> None:
    """Take away what no filter is asked about: Django's reports have the address as it came."""
    if settings.DEBUG or not request.META.get("QUERY_STRING"):
        return
    hidden = QueryDict(mutable=True)
    # More parameters than Django takes are none to it.
    with suppress(SuspiciousOperation):
        hidden.update(dict.fromkeys(request.GET, _FILTER.cleansed_substitute))
    request.META = {**request.META, "QUERY_STRING": ""}
    request.GET = hidden
