"""What the OpenAPI document says of each of Keyturn's endpoints: the table that :mod:`keyturn.api.schema` reads."""

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework.serializers import ListSerializer

from keyturn import conf
from keyturn.api import schema_bodies as bodies
from keyturn.api import serializers, token_views
from keyturn.api.logout_views import LogoutAllView, LogoutView
from keyturn.api.session_views import SessionListView, SessionSerializer, SessionView

__all__ = [
    "ALWAYS",
    "CLIENT",
    "IMPERSONATED",
    "NONCE",
    "NO_TOKEN",
    "OPERATIONS",
    "ORIGIN",
    "PROOF",
    "Operation",
    "header",
    "in_words",
]

_NOTHING: Final = OpenApiResponse({"type": "object", "maxProperties": 0}, "Done; an empty object.")
_NO_COOKIE: Final = OpenApiResponse(None, "This browser has no refresh token (only to a web client's `optional`).")
_NO_BODY: Final = OpenApiResponse(None, "Done; no body.")
_NO_ACCOUNT: Final = OpenApiResponse(
    bodies.SignInRefused,
    "No active account has these credentials (`bad_credentials`); or they are right and not enough "
    "(`email_not_verified`, `mfa_required`, `password_reset_required`).",
)
_SETUP_OR_ORIGIN: Final = OpenApiResponse(
    bodies.FactorSetupRequired,
    "A second factor has to be set up first (`factor_setup_required`); or it is not from a page that may make it "
    "(`origin_refused`).",
)
NO_TOKEN: Final = OpenApiResponse(bodies.Unauthenticated, "No valid access token was sent.")
IMPERSONATED: Final = OpenApiResponse(bodies.Error, "An administrator acts as the user (`impersonated`).")
_REFUSED: Final = OpenApiResponse(bodies.Refusal, "The token was refused.")
_SESSIONS: Final = "Sessions"

ALWAYS: Final[Mapping[int, Any]] = {
    400: OpenApiResponse(bodies.InvalidInput, "The body could not be read, or a field is missing or wrong."),
    413: OpenApiResponse(bodies.Error, "The body is longer than `MAX_BODY_BYTES`."),
    415: OpenApiResponse(bodies.Error, "The body is of a media type that is not read here."),
    429: OpenApiResponse(bodies.Error, "Too many requests."),
    503: OpenApiResponse(bodies.Error, "Nothing was decided; try again."),
}


def header(name: str, kind: Any, description: str, *, codes: Any) -> OpenApiParameter:
    """A header that answers with these statuses have."""
    return OpenApiParameter(name, kind, OpenApiParameter.HEADER, required=True, description=description, response=codes)


def in_words(answer: Any) -> Any:
    """Return an answer with the first line of its body's docstring as its description, if it has none of its own."""
    if isinstance(answer, OpenApiResponse):
        return answer
    body = answer.child if isinstance(answer, ListSerializer) else answer
    return OpenApiResponse(answer, (inspect.getdoc(body) or "").partition("\n")[0])


CLIENT: Final = (
    OpenApiParameter(
        "X-Keyturn-Client",
        # No enumeration: an empty header says nothing, and is none.
        OpenApiTypes.STR,
        OpenApiParameter.HEADER,
        description="`web`: the refresh token is in a cookie that no script can read, and in no body. Else `bearer`.",
    ),
)
"""What a client says of itself wherever the refresh token may come or go."""
RETRY_KEY: Final = OpenApiParameter(
    "Idempotency-Key",
    OpenApiTypes.STR,
    OpenApiParameter.HEADER,
    description="A random text of 20 to 200 characters, the same for a refresh and its retries and for nothing else:"
    " whoever sends it gets a lost reply again at any age.",
)
NONCE: Final = OpenApiParameter(
    "DPoP-Nonce",
    OpenApiTypes.STR,
    OpenApiParameter.HEADER,
    description="For the next proof (RFC 9449 section 8); in every answer to a request with a proof.",
    response=[400, 401],
)
PROOF: Final = OpenApiParameter(
    "DPoP",
    OpenApiTypes.STR,
    OpenApiParameter.HEADER,
    description="A proof of the client's key (RFC 9449); a session that begins with one is bound to that key.",
)
_HEADERS: Final = (
    header("Cache-Control", {"type": "string", "enum": ["no-store"]}, "Never to be stored.", codes=[200]),
    header("WWW-Authenticate", OpenApiTypes.STR, "RFC 6750 section 3, RFC 9449 section 7.1.", codes=[401]),
    header("Retry-After", OpenApiTypes.INT, "Seconds.", codes=[429, 503]),
    NONCE,
    PROOF,
)
ORIGIN: Final = OpenApiResponse(bodies.Error, "Not from a page that may make it (`origin_refused`).")
_ACTOR_OR_ORIGIN: Final = OpenApiResponse(
    bodies.Error,
    "An administrator acts as the user (`impersonated`); or it is not from a page that may make it (`origin_refused`).",
)


@dataclass(frozen=True)
class Operation:
    """One method of one view.

    Args:
        name: the operation's id.
        summary: one line.
        answers: by status, besides those that every endpoint can give.
        body: of the request; None: it has none.
        own: the view's serializer unless ``SIMPLE_JWT`` names another; then body and success are read off that one.
        parameters: of the path.
        is_there: whether the project has this endpoint.
        always: the answers that every endpoint of its kind can give.
        headers: of the answers.
        tag: the group that it is shown in.
    """

    name: str
    summary: str
    answers: Mapping[int, Any]
    body: Any = None
    own: Any = None
    parameters: tuple[OpenApiParameter, ...] = ()
    is_there: Callable[[], bool] = lambda: True
    always: Mapping[int, Any] = field(default_factory=lambda: ALWAYS)
    headers: tuple[OpenApiParameter, ...] = _HEADERS
    tag: str = "Tokens"

    def description_of(self, view: Any) -> Any:
        """Return the decorator that describes this method of a view class."""
        request, answers = self.body, {**self.always, **self.answers}
        description = None
        if self.own is not None:
            description = inspect.getdoc(view)  # these views share one method, so their classes say what they do
            serializer = view().get_serializer_class()
            if serializer is not self.own:
                request = answers[200] = serializer
        return extend_schema(
            operation_id=self.name,
            summary=self.summary,
            description=description,
            request=request,
            responses={status: in_words(answer) for status, answer in sorted(answers.items())},
            parameters=[*self.parameters, *self.headers],
            tags=[self.tag],
            exclude=not self.is_there(),
        )


def _sliding() -> bool:
    return conf.get().sliding_tokens


OPERATIONS: Final[Mapping[type, Mapping[str, Operation]]] = {
    token_views.TokenObtainPairView: {
        "post": Operation(
            "token_obtain",
            "Sign in",
            {200: bodies.TokenPair, 401: _NO_ACCOUNT, 403: _SETUP_OR_ORIGIN},
            body=bodies.Credentials,
            own=serializers.TokenObtainPairSerializer,
            parameters=CLIENT,
        )
    },
    token_views.TokenRefreshView: {
        "post": Operation(
            "token_refresh",
            "Refresh a session",
            {200: bodies.RefreshedPair, 204: _NO_COOKIE, 401: _REFUSED, 403: ORIGIN},
            body=bodies.RefreshRequest,
            own=serializers.TokenRefreshSerializer,
            parameters=(*CLIENT, RETRY_KEY),
        )
    },
    token_views.TokenVerifyView: {
        "post": Operation(
            "token_verify",
            "Ask whether a token is valid",
            {200: _NOTHING, 401: _REFUSED, 403: ORIGIN},
            body=bodies.PresentedToken,
            own=serializers.TokenVerifySerializer,
        )
    },
    token_views.TokenBlacklistView: {
        "post": Operation(
            "token_blacklist",
            "Log out with the refresh token alone",
            {200: _NOTHING, 401: _REFUSED, 403: ORIGIN},
            body=bodies.RefreshToken,
            own=serializers.TokenBlacklistSerializer,
            parameters=CLIENT,
        )
    },
    token_views.TokenObtainSlidingView: {
        "post": Operation(
            "token_sliding_obtain",
            "Sign in for a sliding token",
            {200: bodies.SlidingToken, 401: _NO_ACCOUNT, 403: _SETUP_OR_ORIGIN},
            body=bodies.Credentials,
            own=serializers.TokenObtainSlidingSerializer,
            is_there=_sliding,
        )
    },
    token_views.TokenRefreshSlidingView: {
        "post": Operation(
            "token_sliding_refresh",
            "Refresh a sliding token",
            {200: bodies.SlidingToken, 401: _REFUSED, 403: ORIGIN},
            body=bodies.SlidingToken,
            own=serializers.TokenRefreshSlidingSerializer,
            is_there=_sliding,
        )
    },
    LogoutView: {
        "post": Operation(
            "logout",
            "Log out",
            {205: _NO_BODY, 401: NO_TOKEN, 403: ORIGIN},
            body=bodies.LogoutRequest,
            parameters=CLIENT,
            tag=_SESSIONS,
        ),
    },
    LogoutAllView: {
        "post": Operation(
            "logout_all",
            "Log out everywhere",
            {205: _NO_BODY, 401: NO_TOKEN, 403: _ACTOR_OR_ORIGIN},
            parameters=CLIENT,
            tag=_SESSIONS,
        ),
    },
    SessionListView: {
        "get": Operation(
            "sessions_list",
            "See where you are signed in",
            {200: SessionSerializer(many=True), 401: NO_TOKEN},
            tag=_SESSIONS,
        ),
        "delete": Operation(
            "sessions_revoke_others",
            "Log out everywhere else",
            {204: _NO_BODY, 401: NO_TOKEN, 403: _ACTOR_OR_ORIGIN},
            tag=_SESSIONS,
        ),
    },
    SessionView: {
        "delete": Operation(
            "sessions_revoke",
            "Log out one session",
            {
                204: _NO_BODY,
                401: NO_TOKEN,
                403: _ACTOR_OR_ORIGIN,
                404: OpenApiResponse(bodies.Error, "You have no such live session."),
            },
            parameters=(OpenApiParameter("session_id", OpenApiTypes.UUID, OpenApiParameter.PATH),),
            tag=_SESSIONS,
        )
    },
}
"""Each view with its methods. A project's subclass of a view is described as the view is."""
