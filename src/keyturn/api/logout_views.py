"""Log out: this session by its refresh token, or all sessions of the user."""

from typing import Any

from rest_framework import serializers, status
from rest_framework.exceptions import NotAuthenticated
from rest_framework.permissions import IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response

from keyturn.api.authentication import JWTAuthentication, bearer_token, invalid_token_body, token_classes
from keyturn.api.base import KeyturnView
from keyturn.api.dpop import check_binding
from keyturn.api.errors import TokenNotValid, refusal_body
from keyturn.api.impersonation import refuse_impersonated
from keyturn.api.web import is_web
from keyturn.api.web_cookies import forget_session, refresh_of, take_refresh_back
from keyturn.clock import utc_now
from keyturn.errors import Reason, RefusedError
from keyturn.mfa.trusted import forget_all
from keyturn.sessions.revocation import RevokeReason, revoke_user_sessions
from keyturn.tokens.claims import Claims, TokenType, read_access
from keyturn.tokens.ending import end_session, end_session_of

__all__ = ["LogoutAllView", "LogoutView"]


class LogoutSerializer(serializers.Serializer[Any]):
    """The tutorial's log-out body."""

    refresh_token = serializers.CharField(write_only=True)


class LogoutView(KeyturnView):
    """End the session of a refresh token. Needs the user's access token too; a repeat is no error.

    An expired access token, or one whose session has ended, is enough: log-out must not trap a user.
    """

    authentication_classes = ()
    permission_classes = ()
    serializer_class = LogoutSerializer

    def post(self, request: Request) -> Response:
        """Revoke the session; 400 on a bad refresh token or another user's."""
        caller = _signed_by_us(request)
        if is_web(request):
            return _web_log_out(request, caller)
        body = self.get_serializer(data=request.data)
        body.is_valid(raise_exception=True)
        try:
            end_session(body.validated_data["refresh_token"], now=utc_now(), user_id=caller.user_id)
        except RefusedError as error:
            return _not_theirs(error)
        return Response(status=status.HTTP_205_RESET_CONTENT)


class LogoutAllView(KeyturnView):
    """End all sessions of the user, this one included."""

    authentication_classes = (JWTAuthentication,)
    permission_classes = (IsAuthenticated,)
    serializer_class = serializers.Serializer

    def post(self, request: Request) -> Response:
        """Revoke every session of the user; nobody who acts as the user may."""
        refuse_impersonated(request)
        revoke_user_sessions(request.user.pk, reason=RevokeReason.LOGOUT_ALL, now=utc_now())
        forget_all(user=request.user.pk)
        claims = getattr(request.auth, "keyturn_claims", None)
        answer = Response(status=status.HTTP_205_RESET_CONTENT)
        forget_session(request, answer, None if claims is None else claims.sid)
        return answer


def _web_log_out(request: Request, caller: Claims) -> Response:
    """End the session of the cookie; where there is none, or none of ours any more, the one of the access token."""
    raw = refresh_of(request)
    now = utc_now()
    try:
        if raw is None:
            raise RefusedError(Reason.REFRESH_MISSING)
        end_session(raw, now=now, user_id=caller.user_id)
    except RefusedError as error:
        if error.reason is Reason.USER_MISMATCH:
            # Somebody else has signed in meanwhile, in another tab.
            return _not_theirs(error)
        if caller.sid is not None:
            end_session_of(caller, now=now)
    answer = Response(status=status.HTTP_205_RESET_CONTENT)
    take_refresh_back(request, answer)
    return answer


def _not_theirs(error: RefusedError) -> Response:
    return Response({**refusal_body(error), "code": "token_not_valid"}, status=status.HTTP_400_BAD_REQUEST)


def _signed_by_us(request: Request) -> Claims:
    """The claims of the request's access token, expired or not; only its signature, type and user count here."""
    raw = bearer_token(request)
    if raw is None:
        raise NotAuthenticated
    failures: list[tuple[Any, RefusedError]] = []
    for cls in token_classes():
        try:
            claims = read_access(raw, now=utc_now(), token_type=_wanted_type(cls), even_expired=True)
            if claims.user_id is None:
                raise RefusedError(Reason.MISSING_CLAIM, "user id")
        except RefusedError as error:
            failures.append((cls, error))
        else:
            check_binding(request, claims.payload)
            return claims
    raise TokenNotValid(invalid_token_body(failures))


def _wanted_type(token_class: Any) -> str | None:
    """The type that a token class asks for; simplejwt's UntypedToken takes any."""
    return None if token_class.token_type == TokenType.UNTYPED else token_class.token_type
