"""What all of Keyturn's views share: JSON errors, a bounded body, no surrounding transaction, no caching."""

from functools import lru_cache
from typing import Any, Final

from django.conf import settings as django_settings
from django.db import connections
from django.http import HttpRequest, HttpResponseBase
from django.utils.decorators import classonlymethod
from django.views import View
from rest_framework import exceptions
from rest_framework.generics import GenericAPIView
from rest_framework.parsers import BaseParser, JSONParser
from rest_framework.renderers import BaseRenderer, BrowsableAPIRenderer, JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from keyturn.api.body import check_charset, check_length, read_body
from keyturn.api.client import calling
from keyturn.api.dpop import carries_proof, check_proof, offer_nonce, scheme_of
from keyturn.api.error_reports import unreported
from keyturn.api.exception_handler import exception_handler
from keyturn.api.impersonation import acting_for
from keyturn.api.origins import check_page
from keyturn.api.parsers import StrictJSONParser
from keyturn.api.standing_headers import StandingHeaders
from keyturn.api.web import django_request
from keyturn.trail.calling import acted_by, signed_in_with

__all__ = ["KeyturnView", "SteadyMethods", "without_transaction"]

_METHODS: Final = frozenset(View.http_method_names)
_NOT_KEPT: Final = StandingHeaders({"Cache-Control": "no-store", "Pragma": "no-cache"})


def without_transaction(view: Any) -> Any:
    """Exempt a view from ``ATOMIC_REQUESTS``: a revocation must outlive the 401 that it comes with."""
    view._non_atomic_requests = set(connections)  # noqa: SLF001 - what Django's own decorator sets
    return view


@lru_cache(maxsize=256)
def _methods(view: type[Any], known: tuple[str, ...], given: frozenset[str]) -> tuple[str, ...]:
    return tuple(name.upper() for name in known if name in given or hasattr(view, name))


class SteadyMethods(APIView):
    """A view that does not look anew, for each request, which methods it has."""

    @property
    def allowed_methods(self) -> list[str]:
        """The methods that there are: always the same for views of a class, but for those a view itself has been given.

        Django gives HEAD to one that has GET.
        """
        kind: Any = type(self)
        return list(_methods(kind, tuple(self.http_method_names), _METHODS.intersection(vars(self))))


class KeyturnView(SteadyMethods, GenericAPIView[Any]):
    """Base of Keyturn's views. It uses the project's parsers and renderers, but for two things.

    JSON is parsed strictly, and the browsable page is shown in development only: a token must not end up in an HTML
    page that a proxy or a browser keeps.
    """

    is_reading_body = False

    @classonlymethod
    def as_view(cls, **initkwargs: Any) -> Any:  # noqa: N805 - a class method of Django's own kind
        """Return the view function, exempt from ``ATOMIC_REQUESTS``."""
        return without_transaction(super().as_view(**initkwargs))

    @property
    def challenge_scheme(self) -> str:
        """The scheme of ``WWW-Authenticate``."""
        return scheme_of(self.request)

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """Answer a request, with its caller known to everything called from here, and its secrets to no report."""
        with calling(request):
            return unreported(request, lambda: super(KeyturnView, self).dispatch(request, *args, **kwargs))

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """Refuse a body that is too long before reading it, and read it where that fails in a known way."""
        http = django_request(request)
        check_charset(request)
        check_page(http)
        if carries_proof(http) and http.method in self.allowed_methods:
            check_proof(http)
        super().initial(request, *args, **kwargs)
        check_length(http)
        self.is_reading_body = True
        read_body(request)
        self.is_reading_body = False

    def perform_authentication(self, request: Request) -> None:
        """Authenticate, and tell the trail in which session this happens and who really acts."""
        if not request.authenticators:
            # What REST framework comes to, too, having looked twice for what cannot be there.
            nobody: Any = request
            nobody._not_authenticated()  # noqa: SLF001 - it has no other name
            return
        super().perform_authentication(request)
        claims = getattr(request.auth, "keyturn_claims", None)
        if claims is not None:
            signed_in_with(claims.sid)
        actor = acting_for(request)
        if actor is not None:
            acted_by(actor)

    def perform_content_negotiation(self, request: Request, force: bool = False) -> Any:
        """Find a renderer; a header that cannot be read asks for nothing that there is."""
        try:
            return super().perform_content_negotiation(request, force)
        except (ValueError, LookupError):
            # A media type's parameter in an encoding that does not exist (RFC 8187).
            raise exceptions.NotAcceptable from None

    def get_exception_handler(self) -> Any:
        """Keyturn's own handler, whatever the project uses elsewhere."""
        return exception_handler

    def get_authenticate_header(self, request: Request) -> str:
        """Never downgrade a 401 to a 403."""
        return f'{self.challenge_scheme} realm="api"'

    def get_parsers(self) -> list[BaseParser]:
        """The project's parsers, with JSON read strictly."""
        return [StrictJSONParser() if type(parser) is JSONParser else parser for parser in super().get_parsers()]

    def get_renderers(self) -> list[BaseRenderer]:
        """The project's renderers; the browsable page in development only."""
        renderers = super().get_renderers()
        if django_settings.DEBUG:
            return renderers
        return [one for one in renderers if not isinstance(one, BrowsableAPIRenderer)] or [JSONRenderer()]

    def finalize_response(self, request: Request, response: Any, *args: Any, **kwargs: Any) -> Any:
        """Forbid caching: answers hold tokens or say whose they are (RFC 6749 section 5.1)."""
        answer: Response = super().finalize_response(request, response, *args, **kwargs)
        _NOT_KEPT.put(answer)
        offer_nonce(django_request(request), answer)
        return answer
