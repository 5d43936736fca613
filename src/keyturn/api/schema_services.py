"""What the OpenAPI document says of the endpoints for other services, and of the documents that anybody may read."""

from collections.abc import Mapping
from typing import Any, Final

from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse
from rest_framework import serializers

from keyturn.api import schema_bodies as bodies
from keyturn.api.revocation_views import RevocationsView
from keyturn.api.schema_operations import ALWAYS, Operation, header
from keyturn.api.service_authentication import ServiceClientAuthentication
from keyturn.api.service_views import IntrospectView, RevokeView
from keyturn.api.well_known_views import AuthorizationServerView, JwksView, RelatedOriginsView

__all__ = ["SERVICE_OPERATIONS", "ServiceClientScheme"]


class ServiceClientScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    """HTTP Basic with a client's id and secret (RFC 6749 section 2.3.1)."""

    target_class = ServiceClientAuthentication
    name = "keyturnClient"

    def get_security_definition(self, auto_schema: Any) -> dict[str, Any]:
        """RFC 7617."""
        return {"type": "http", "scheme": "basic", "description": "A service's client id and secret."}


class ServiceError(bodies.Error):
    """What every error for a service says; ``error`` is OAuth's word, where it has one."""

    error = serializers.CharField(required=False, help_text="RFC 6749 section 5.2.")

    class Meta:
        ref_name = "KeyturnServiceError"


class ServiceInvalidInput(bodies.InvalidInput):
    """The body could not be read, or a field of it is wrong: then the field's name holds what is wrong with it."""

    error = serializers.CharField(required=False, help_text="RFC 6749 section 5.2.")

    class Meta:
        ref_name = "KeyturnServiceInvalidInput"


class ServiceToken(serializers.Serializer[Any]):
    """A token, and the client's credentials where they are not in the header."""

    token = serializers.CharField()
    token_type_hint = serializers.CharField(required=False, allow_blank=True, help_text="Not needed.")
    client_id = serializers.CharField(required=False, allow_blank=True)
    client_secret = serializers.CharField(required=False, allow_blank=True)

    class Meta:
        ref_name = "KeyturnServiceToken"


class Confirmation(serializers.Serializer[Any]):
    """The key that whoever shows the token must hold (RFC 9449 section 6.2)."""

    jkt = serializers.CharField(help_text="Its thumbprint (RFC 7638).")

    class Meta:
        ref_name = "KeyturnConfirmation"


class Introspection(serializers.Serializer[Any]):
    """RFC 7662 section 2.2. Of a token that is not active, nothing else is said."""

    active = serializers.BooleanField()
    token_type = serializers.CharField(required=False, help_text="`Bearer` or `DPoP`; none for a refresh token.")
    iss = serializers.CharField(required=False)
    sub = serializers.CharField(required=False)
    exp = serializers.FloatField(required=False)
    iat = serializers.FloatField(required=False)
    jti = serializers.CharField(required=False)
    sid = serializers.UUIDField(required=False)
    auth_time = serializers.IntegerField(required=False)
    amr = serializers.ListField(child=serializers.CharField(), required=False)
    acr = serializers.CharField(required=False, help_text="`1fa` or `2fa`: what `amr` is worth.")
    client_id = serializers.CharField(required=False)
    username = serializers.CharField(required=False)
    act = serializers.DictField(
        child=serializers.CharField(), required=False, help_text="Who acts as the user (RFC 8693 section 4.1)."
    )

    cnf: Any = Confirmation(required=False)

    class Meta:
        ref_name = "KeyturnIntrospection"


class RevokedSession(serializers.Serializer[Any]):
    """A session that ended before its time."""

    sid = serializers.UUIDField()
    at = serializers.FloatField(help_text="Seconds since the epoch.")
    reason = serializers.CharField()

    class Meta:
        ref_name = "KeyturnRevokedSession"


class RevokedKey(serializers.Serializer[Any]):
    """A signing key that was revoked."""

    kid = serializers.CharField()
    at = serializers.FloatField(help_text="Seconds since the epoch.")

    class Meta:
        ref_name = "KeyturnRevokedKey"


class Revocations(serializers.Serializer[Any]):
    """One page of what was revoked."""

    cursor = serializers.CharField(help_text="For the next request's `after`.")
    more = serializers.BooleanField(help_text="Whether the next page is there already.")
    poll_after_ms = serializers.IntegerField()
    keep_s = serializers.IntegerField(help_text="For how many seconds to remember an entry.")
    sessions = RevokedSession(many=True)
    keys = RevokedKey(many=True)

    class Meta:
        ref_name = "KeyturnRevocations"


_PRIVATE: Final = (
    header("Cache-Control", {"type": "string", "enum": ["no-store"]}, "Never to be stored.", codes=[200]),
    header("WWW-Authenticate", OpenApiTypes.STR, "RFC 7617 section 2.", codes=[401]),
    header("Retry-After", OpenApiTypes.INT, "Seconds.", codes=[503]),
)
_PUBLIC: Final = (
    header("Cache-Control", OpenApiTypes.STR, "Public, with `max-age`.", codes=[200, 304]),
    header("ETag", OpenApiTypes.STR, "RFC 9110 section 8.8.3.", codes=[200, 304]),
    header("Retry-After", OpenApiTypes.INT, "Seconds.", codes=[503]),
)
_FOR_SERVICES: Final = {
    400: OpenApiResponse(ServiceInvalidInput, "The request could not be read, or a field is missing, wrong or twice."),
    401: OpenApiResponse(ServiceError, "No client credentials, or wrong ones."),
    403: OpenApiResponse(ServiceError, "The client lacks the scope."),
    413: OpenApiResponse(ServiceError, "The body is longer than `MAX_BODY_BYTES`."),
    415: OpenApiResponse(ServiceError, "The body is of a media type that is not read here."),
    503: OpenApiResponse(ServiceError, "Nothing was decided; try again."),
}
_FOR_EVERYBODY: Final = {status: answer for status, answer in ALWAYS.items() if status != 429} | {
    304: OpenApiResponse(None, "The client has it already."),
    412: OpenApiResponse(None, "`If-Match` names another version."),
}
_OBJECT: Final = {"type": "object", "additionalProperties": True}

SERVICE_OPERATIONS: Final[Mapping[type, Mapping[str, Operation]]] = {
    IntrospectView: {
        "post": Operation(
            "token_introspect",
            "Ask, as a service, what a token is worth",
            {200: Introspection},
            body=ServiceToken,
            always=_FOR_SERVICES,
            headers=_PRIVATE,
            tag="For services",
        )
    },
    RevokeView: {
        "post": Operation(
            "token_revoke",
            "End, as a service, the session of a token",
            {200: OpenApiResponse({"type": "object", "maxProperties": 0}, "Done, or there was nothing to do.")},
            body=ServiceToken,
            always=_FOR_SERVICES,
            headers=_PRIVATE,
            tag="For services",
        )
    },
    RevocationsView: {
        "get": Operation(
            "revocations",
            "Follow, as a service, what is revoked",
            {200: Revocations, 410: OpenApiResponse(ServiceError, "The cursor is too old; begin without one.")},
            parameters=(OpenApiParameter("after", OpenApiTypes.STR, description="The `cursor` of the last answer."),),
            always=_FOR_SERVICES,
            headers=_PRIVATE,
            tag="For services",
        )
    },
    JwksView: {
        "get": Operation(
            "jwks",
            "Read the public keys of access tokens",
            {
                200: OpenApiResponse(
                    {
                        "type": "object",
                        "properties": {"keys": {"type": "array", "items": _OBJECT}},
                        "required": ["keys"],
                    },
                    "RFC 7517 section 5.",
                )
            },
            always=_FOR_EVERYBODY,
            headers=_PUBLIC,
            tag="For everybody",
        )
    },
    AuthorizationServerView: {
        "get": Operation(
            "authorization_server",
            "Read where what is",
            {200: OpenApiResponse(_OBJECT, "RFC 8414 section 2.")},
            always=_FOR_EVERYBODY,
            headers=_PUBLIC,
            tag="For everybody",
        )
    },
    RelatedOriginsView: {
        "get": Operation(
            "passkey_origins",
            "Read which pages of other domains may use this one's passkeys",
            {
                200: OpenApiResponse(
                    {
                        "type": "object",
                        "properties": {"origins": {"type": "array", "items": {"type": "string"}}},
                        "required": ["origins"],
                    },
                    "WebAuthn Level 3 section 5.11.",
                ),
                404: OpenApiResponse(ServiceError, "There are none."),
            },
            always=_FOR_EVERYBODY,
            headers=_PUBLIC,
            tag="For everybody",
        )
    },
}
"""As :data:`keyturn.api.schema_operations.OPERATIONS`."""
