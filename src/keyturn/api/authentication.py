"""The authentication class: a token in a header to a user, by bearing it (RFC 6750) or by proof of its key (9449)."""

from functools import lru_cache, partial
from typing import Any

from django.utils.module_loading import import_string
from rest_framework.authentication import BaseAuthentication
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.request import Request

from keyturn import conf
from keyturn.api.dpop import NONCE_HEADER, carries_proof, check_binding, fresh_nonce, scheme_of
from keyturn.api.errors import STORE_ERRORS, TemporarilyUnavailable, TokenNotValid, challenge, refusal_body
from keyturn.api.lazy_user import LazyUser
from keyturn.clock import utc_now
from keyturn.errors import Reason, RefusedError
from keyturn.sessions.user_table import UserTable, user_table
from keyturn.tokens.authenticating import authenticate, stands_unread
from keyturn.tokens.claims import Claims, interpret
from keyturn.tokens.seen import remember

__all__ = [
    "JWTAuthentication",
    "bearer_token",
    "challenge_to",
    "invalid_token_body",
    "token_classes",
    "token_in_header",
    "told_in_challenge",
    "user_of",
    "validated_token",
]


def bearer_token(request: Any) -> bytes | None:
    """The token of the project's header (``AUTH_HEADER_NAME``), by the scheme DPoP or one of ``AUTH_HEADER_TYPES``.

    What it is bound to is :func:`keyturn.api.dpop.check_binding`'s to ask for.

    Returns:
        The raw token; None where the header is missing, empty or of another scheme.

    Raises:
        TokenNotValid: the header has the right scheme and not exactly one token.
    """
    header = request.META.get(conf.get().auth_header_name, "")
    return token_in_header(header.encode("latin-1", "replace") if isinstance(header, str) else header)


def token_in_header(header: bytes) -> bytes | None:
    """The token in the value of the header. Results and errors as :func:`bearer_token`."""
    parts = header.split()
    # RFC 9110 section 11.1: schemes are case-insensitive.
    if not parts or parts[0].lower() not in _schemes(conf.get().auth_header_types):
        return None
    if len(parts) != 2:
        raise TokenNotValid(
            {
                "detail": "Authorization header must contain two space-delimited values",
                "code": "bad_authorization_header",
                "reason": Reason.MALFORMED.value,
            }
        )
    return bytes(parts[1])


@lru_cache(maxsize=8)
def _schemes(types: tuple[str, ...]) -> frozenset[bytes]:
    return frozenset({b"dpop", *(kind.lower().encode() for kind in types)})


@conf.OncePerSettings
def token_classes(settings: conf.Settings) -> tuple[Any, ...]:
    """The classes of ``AUTH_TOKEN_CLASSES``, each of simplejwt's interface."""
    return tuple(import_string(cls) if isinstance(cls, str) else cls for cls in settings.auth_token_classes)


def invalid_token_body(failures: list[tuple[Any, RefusedError]]) -> dict[str, Any]:
    """What a client is told when no token class takes its token: simplejwt's form, and the reason.

    Args:
        failures: each class with its error. The reason is the most telling one: a class for which the token is
            simply of another type tells nothing.
    """
    reasons = [error.reason for _, error in failures]
    telling = [reason for reason in reasons if reason is not Reason.WRONG_TYPE]
    return {
        "detail": "Given token not valid for any token type",
        "code": "token_not_valid",
        "messages": [
            {"token_class": cls.__name__, "token_type": cls.token_type, "message": error.message}
            for cls, error in failures
        ],
        "reason": (telling or reasons or [Reason.MALFORMED])[0].value,
    }


def validated_token(raw: bytes) -> Any:
    """Return the token as an object of the first class that takes it.

    Raises:
        TokenNotValid: no class takes it.
    """
    return _validated(raw)[0]


def _validated(raw: bytes) -> tuple[Any, bool]:
    """The token, and whether its session has just been found to need no reading. Errors as above."""
    failures: list[tuple[Any, RefusedError]] = []
    for cls in token_classes():
        known = getattr(cls, "keyturn_recall", _nothing)(raw)
        if known is not None:
            return known, True
        try:
            token = cls(raw)
        except RefusedError as error:
            failures.append((cls, error))
        else:
            remember(raw, now=utc_now())
            return token, False
    raise TokenNotValid(invalid_token_body(failures))


def _nothing(_raw: bytes) -> None:
    """What is known of a token of a class that remembers none."""


def user_of(token: Any) -> Any:
    """Return the user of a validated token, unread where nothing speaks against the token's session.

    Raises:
        RefusedError: the user does not stand.
    """
    claims = getattr(token, "keyturn_claims", None) or interpret(token.payload)
    session = getattr(token, "keyturn_session", None)
    if session is None and stands_unread(claims):
        return _unread(claims)
    return authenticate(claims, now=utc_now(), session=session).user


def _unread(claims: Claims) -> Any:
    return LazyUser(partial(_read, claims), users=_users(), user_id=claims.user_id or "")


@conf.OncePerSettings
def _users(settings: conf.Settings) -> UserTable:
    return user_table(settings.user_id_field)


def _read(claims: Claims) -> Any:
    try:
        # By way of the session, which is the user's whom the token names, or the token is refused.
        return authenticate(claims, now=utc_now()).user
    except RefusedError as error:
        # Inside a view REST framework makes a 401 of it; elsewhere (docs/reference/departures.md) it is an exception.
        raise TokenNotValid(refusal_body(error)) from error


class told_in_challenge:  # noqa: N801 - stands in a with statement
    """Keep what a token is refused with in here for the challenge: REST framework asks another object for that.

    Raises:
        TemporarilyUnavailable: nothing can be decided; a view of the project's own answers 503 by it.
    """

    __slots__ = ("_request",)

    def __init__(self, request: Any) -> None:
        self._request = request

    def __enter__(self) -> None:
        if carries_proof(self._request):
            _offer_nonce_by_the_view(self._request)

    def __exit__(self, _kind: object, error: BaseException | None, _traceback: object) -> None:
        if isinstance(error, AuthenticationFailed):
            self._request.keyturn_refusal = error.detail
        elif isinstance(error, STORE_ERRORS):
            raise TemporarilyUnavailable(error) from error


def _offer_nonce_by_the_view(request: Any) -> None:
    """Send a nonce from a view that is not ours too: REST framework's views keep headers for their answer."""
    view = (getattr(request, "parser_context", None) or {}).get("view")
    headers = getattr(view, "headers", None)
    if isinstance(headers, dict):
        headers[NONCE_HEADER] = fresh_nonce()


def challenge_to(request: Any, *, realm: str) -> str:
    """The ``WWW-Authenticate`` of a request, with the error where it showed a token (RFC 6750 section 3.1)."""
    return challenge(scheme_of(request), getattr(request, "keyturn_refusal", None), realm=realm)


class JWTAuthentication(BaseAuthentication):
    """Authenticate by an access token. ``request.auth`` is the validated token, ``request.user`` its user."""

    www_authenticate_realm = "api"

    def authenticate(self, request: Request) -> tuple[Any, Any] | None:
        """Return user and token, or None where the request carries no token of ours.

        Raises:
            TokenNotValid: the token or its user does not stand.
        """
        with told_in_challenge(request):
            raw = bearer_token(request)
            if raw is None:
                return None
            token, stands = _validated(raw)
            check_binding(request, token.payload)
            try:
                return (_unread(token.keyturn_claims) if stands else user_of(token)), token
            except RefusedError as error:
                raise TokenNotValid(refusal_body(error)) from error

    def authenticate_header(self, request: Request) -> str:
        """The challenge that makes a refusal a 401."""
        return challenge_to(request, realm=self.www_authenticate_realm)
