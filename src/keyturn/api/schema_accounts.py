"""Put the endpoints of accounts into the OpenAPI document, from the table of operations."""

from collections.abc import Mapping
from typing import Any, Final

from drf_spectacular.extensions import OpenApiAuthenticationExtension, OpenApiViewExtension
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiResponse, extend_schema, extend_schema_view
from rest_framework.authentication import BaseAuthentication
from rest_framework.permissions import AllowAny, BasePermission, IsAuthenticated

from keyturn.api import schema_account_frame as frame
from keyturn.api.authentication import JWTAuthentication
from keyturn.api.schema_account_answers import FALLBACK, AccountOperation
from keyturn.api.schema_account_operations import ACCOUNT_OPERATIONS
from keyturn.api.schema_delete import with_bodies
from keyturn.api.schema_operations import CLIENT, NONCE, PROOF, header, in_words
from keyturn.api.schema_stand_ins import AccountEndpoint, AppFlow, BrowserFlow

__all__ = ["AccountEndpointExtension", "AppFlowScheme", "BrowserFlowScheme"]

_ALWAYS: Final[Mapping[int, Any]] = {
    400: OpenApiResponse(frame.AccountError, "The request could not be read."),
    401: OpenApiResponse(frame.AccountError, "The access token was refused."),
    403: OpenApiResponse(
        frame.AccountError,
        "An administrator acts as the user (`impersonated`); or it is not from a page that may make it"
        " (`origin_refused`).",
    ),
    413: OpenApiResponse(frame.AccountError, "The body is longer than `MAX_BODY_BYTES`."),
    415: OpenApiResponse(frame.AccountError, "The body is of a media type that is not read here."),
    429: OpenApiResponse(frame.AccountError, "Too many attempts; nothing was looked at."),
    503: OpenApiResponse(frame.AccountError, "Nothing was decided; try again."),
}
_OF_CLIENT: Final[Mapping[str, Mapping[int, Any]]] = {
    "app": {
        410: OpenApiResponse(frame.AccountError, "The flow of this `X-Session-Token` has ended; begin without it.")
    },
    "browser": {
        403: OpenApiResponse(
            frame.AccountError,
            "The request came without the CSRF token (`csrf_failed`), or not from a page that may make it"
            " (`origin_refused`).",
        )
    },
}
_HEADERS: Final = (
    header("Cache-Control", {"type": "string"}, "Never to be stored.", codes=[200]),
    header("WWW-Authenticate", OpenApiTypes.STR, "RFC 6750 section 3.", codes=[401]),
    header("Retry-After", OpenApiTypes.INT, "Seconds.", codes=[429, 503]),
    NONCE,
    PROOF,
    *CLIENT,
)
_TAGS: Final = {"app": "Accounts, app client", "browser": "Accounts, browser client"}


class AppFlowScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    """The app client's flow token."""

    target_class = AppFlow
    name = "keyturnFlow"

    def get_security_definition(self, auto_schema: Any) -> dict[str, Any]:
        """A header."""
        what = "What `meta.session_token` of the last answer said, until somebody is signed in."
        return {"type": "apiKey", "in": "header", "name": "X-Session-Token", "description": what}


class BrowserFlowScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    """The browser client's cookie, and what keeps other sites from using it."""

    target_class = BrowserFlow
    name = ["keyturnFlowCookie", "keyturnCsrf"]  # noqa: RUF012 - drf-spectacular's own kind

    def get_security_definition(self, auto_schema: Any) -> list[dict[str, Any]]:
        """A cookie and a header."""
        return [
            {
                "type": "apiKey",
                "in": "cookie",
                "name": "keyturn_flow_00000000",
                "description": "Set by the server, for its own use. The digits are those of its address.",
            },
            {"type": "apiKey", "in": "header", "name": "X-CSRFToken", "description": "Django's CSRF token."},
        ]


class AccountEndpointExtension(OpenApiViewExtension):  # type: ignore[no-untyped-call]
    """Describe what stands in for a view of accounts."""

    target_class = AccountEndpoint
    match_subclasses = True

    def view_replacement(self) -> Any:
        """Return the stand-in with its description; with a general one where the table does not have it."""
        view = self.target
        known = ACCOUNT_OPERATIONS.get(view.key, {})
        methods = [name for name in view.http_method_names if hasattr(view, name) and name != "options"]
        operations = {name: known.get(name, FALLBACK) for name in methods}
        flow = AppFlow if view.client == "app" else BrowserFlow

        def is_for_users(endpoint: Any) -> bool:
            # drf-spectacular asks once before it has a request, and uses none of that answer.
            return endpoint.request is not None and operations[endpoint.request.method.lower()].signed_in

        def get_authenticators(self: Any) -> list[BaseAuthentication]:
            """What the method wants: an access token, or the token of a half-done flow, if there is one."""
            return [JWTAuthentication()] if is_for_users(self) else [flow(), JWTAuthentication()]

        def get_permissions(self: Any) -> list[BasePermission]:
            """Who may call the method."""
            return [IsAuthenticated() if is_for_users(self) else AllowAny()]

        own = {"get_authenticators": get_authenticators, "get_permissions": get_permissions}
        described: Any = type(view.__name__, (view,), {**own, "__module__": view.__module__})
        descriptions = {name: _description_of(one, view.client) for name, one in operations.items()}
        return with_bodies(extend_schema_view(**descriptions)(described))


def _description_of(one: AccountOperation, client: str) -> Any:
    answers = {**_ALWAYS, **_OF_CLIENT[client], **one.answers}
    return extend_schema(
        operation_id=f"auth_{client}_{one.name}" if one.name else None,
        summary=one.summary,
        description=one.description or f"{one.summary}.",
        request=one.body,
        responses={status: in_words(answer) for status, answer in sorted(answers.items())},
        parameters=[*one.parameters, *_HEADERS],
        tags=[_TAGS[client]],
        exclude=client not in one.clients,
    )
