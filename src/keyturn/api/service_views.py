"""Endpoints for other services: introspection (RFC 7662), revocation (RFC 7009), and what was revoked of late."""

from collections.abc import Mapping
from typing import Any, Final

from rest_framework import serializers, status
from rest_framework.exceptions import APIException
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response

from keyturn.api.authentication import token_classes
from keyturn.api.base import KeyturnView
from keyturn.api.service_authentication import (
    InsufficientScope,
    InvalidRequest,
    ServiceClientAuthentication,
    repeated,
)
from keyturn.clients import Scope, has_scope
from keyturn.clients.models import ServiceClient
from keyturn.clock import utc_now
from keyturn.tokens.introspecting import REQUEST_TYPES, SessionlessTokenError, introspect, revoke

__all__ = ["IntrospectView", "RevokeView", "ServiceView"]

# RFC 6749 section 5.2, RFC 6750 section 3.1; by status, where an error has no word of its own.
_ERRORS: Final[Mapping[int, str]] = {
    status.HTTP_400_BAD_REQUEST: "invalid_request",
    status.HTTP_413_REQUEST_ENTITY_TOO_LARGE: "invalid_request",
    status.HTTP_415_UNSUPPORTED_MEDIA_TYPE: "invalid_request",
    status.HTTP_503_SERVICE_UNAVAILABLE: "temporarily_unavailable",
}
_OWN_WORDS: Final = frozenset({"invalid_client", "insufficient_scope", "unsupported_token_type", "cursor_too_old"})


class UnsupportedTokenType(APIException):
    """The token is good and cannot be revoked (RFC 7009 section 2.2.1)."""

    status_code = status.HTTP_400_BAD_REQUEST
    default_detail = "An access token of stock simplejwt has no session that could be ended."
    default_code = "unsupported_token_type"


class PresentedText(serializers.CharField):
    """Any text but none: of what is no token the answer says so, however odd its characters are."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**{"trim_whitespace": False, "write_only": True, **kwargs})
        # REST framework refuses NUL bytes and surrogates, which a database could not store; nothing is stored here.
        self.validators = []

    def to_internal_value(self, data: Any) -> str:
        """Text as it is; REST framework would take a number for text."""
        if not isinstance(data, str):
            self.fail("invalid")
        return data


class TokenSerializer(serializers.Serializer[Any]):
    """The body of introspection and revocation; the last two for a client that cannot send HTTP Basic."""

    token = PresentedText()
    token_type_hint = PresentedText(required=False, allow_blank=True)
    client_id = PresentedText(required=False, allow_blank=True)
    client_secret = PresentedText(required=False, allow_blank=True)


class ServiceView(KeyturnView):
    """Base of the views for services. JSON only, no throttle, and the OAuth word for every error beside ours."""

    authentication_classes = (ServiceClientAuthentication,)
    permission_classes = ()
    throttle_classes = ()
    renderer_classes = (JSONRenderer,)
    challenge_scheme = "Basic"

    scope: Scope

    def perform_authentication(self, request: Request) -> None:
        """Not yet: credentials may be in the body, whose length must be looked at first."""

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """Read the body within its bounds, then let in whoever has the scope.

        Raises:
            InvalidClient: nobody we know.
            InsufficientScope: the client may not do this.
        """
        super().initial(request, *args, **kwargs)
        client = request.auth
        if not isinstance(client, ServiceClient) or not has_scope(client, self.scope):
            raise InsufficientScope

    def handle_exception(self, error: Exception) -> Response:
        """Answer as everywhere, with ``error`` added (RFC 6749 section 5.2)."""
        response = super().handle_exception(error)
        if isinstance(response.data, dict):
            code = response.data.get("code")
            word = code if code in _OWN_WORDS else _ERRORS.get(response.status_code)
            if word is not None:
                response.data["error"] = word
        return response


class _TokenView(ServiceView):
    serializer_class = TokenSerializer

    def presented(self, request: Request) -> str:
        """The token of the body. The hint is not needed: what a token is, its signed claims say.

        Raises:
            InvalidRequest: a parameter is there twice.
            ValidationError: there is no token, or a parameter is no text.
        """
        if repeated(request.data, "token", "token_type_hint"):
            raise InvalidRequest
        body = self.get_serializer(data=request.data)
        body.is_valid(raise_exception=True)
        return str(body.validated_data["token"])


class IntrospectView(_TokenView):
    """Say whether a token would be accepted now, and whose it is. Reads the session; changes nothing."""

    scope = Scope.INTROSPECT

    def post(self, request: Request) -> Response:
        """``{"active": false}`` for whatever would be refused, and not why (RFC 7662 section 2.2)."""
        told = introspect(self.presented(request), now=utc_now(), request_types=_request_types())
        return Response({"active": False} if told is None else {"active": True, **told})


class RevokeView(_TokenView):
    """End the session that a refresh or access token belongs to."""

    scope = Scope.REVOKE

    def post(self, request: Request) -> Response:
        """200 whatever the token is, since one that is invalid needs no revoking (RFC 7009 section 2.2)."""
        try:
            revoke(self.presented(request), now=utc_now(), request_types=_request_types())
        except SessionlessTokenError:
            raise UnsupportedTokenType from None
        return Response({})


def _request_types() -> frozenset[str]:
    """Keyturn's types, and those of the project's own token classes."""
    return REQUEST_TYPES | {str(cls.token_type) for cls in token_classes()}
