"""Django's security headers for the API's paths, worked out once."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.middleware.security import SecurityMiddleware

from keyturn.api.standing_headers import StandingHeaders

__all__ = ["ApiSecurityMiddleware"]


class _Secure(HttpRequest):
    def _get_scheme(self) -> str:
        return "https"


class ApiSecurityMiddleware(SecurityMiddleware):
    """Django's. Its headers depend on nothing but the settings and whether the request came over TLS."""

    sync_capable = True
    async_capable = False

    def __init__(self, get_response: Any) -> None:
        super().__init__(get_response)
        self._plain = self._added_to(HttpRequest())
        self._secure = self._added_to(_Secure())

    def __call__(self, request: HttpRequest) -> Any:
        """Redirect to TLS where it is asked for, or answer."""
        if self.redirect and (redirection := self.process_request(request)) is not None:
            return self._put(request, redirection)
        return self._put(request, self.get_response(request))

    def _put(self, request: HttpRequest, response: Any) -> Any:
        (self._secure if self.sts_seconds and request.is_secure() else self._plain).put_missing(response)
        return response

    def _added_to(self, request: HttpRequest) -> StandingHeaders:
        """What Django's adds to the answer to such a request."""
        answer = HttpResponse()
        own = set(answer.headers)
        self.process_response(request, answer)
        return StandingHeaders({name: value for name, value in answer.items() if name not in own})
