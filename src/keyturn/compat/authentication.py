"""simplejwt's authentication classes: the same decisions as Keyturn's own, under their names and with their errors."""

import functools
from collections.abc import Callable
from contextvars import ContextVar
from typing import Any

from rest_framework_simplejwt.authentication import JWTAuthentication
from rest_framework_simplejwt.exceptions import AuthenticationFailed, InvalidToken

from keyturn.api.authentication import challenge_to, token_in_header, told_in_challenge, user_of, validated_token
from keyturn.api.dpop import check_binding
from keyturn.api.errors import TokenNotValid, refusal_body
from keyturn.errors import Reason, RefusedError
from keyturn.jose.dpop import bound_to

__all__ = ["install"]


_sees_the_request: ContextVar[bool] = ContextVar("keyturn_sees_the_request", default=False)


def install() -> None:
    """Change simplejwt's authentication class in place; the stateless one inherits from it. Safe to call twice."""
    if JWTAuthentication.get_user is _get_user:
        return
    JWTAuthentication.authenticate = _authenticate(JWTAuthentication.authenticate)
    JWTAuthentication.get_raw_token = _get_raw_token
    JWTAuthentication.get_validated_token = _get_validated_token
    JWTAuthentication.get_user = _get_user
    JWTAuthentication.authenticate_header = _authenticate_header


def _authenticate(stock: Callable[[Any, Any], Any]) -> Callable[[Any, Any], Any]:
    @functools.wraps(stock)
    def authenticate(self: Any, request: Any) -> Any:
        with told_in_challenge(request):
            before = _sees_the_request.set(True)
            try:
                found = stock(self, request)
            finally:
                _sees_the_request.reset(before)
            if found is not None:
                check_binding(request, found[1].payload)
            return found

    return authenticate


def _get_raw_token(self: Any, header: bytes) -> bytes | None:
    try:
        return token_in_header(header)
    except TokenNotValid as error:
        raise AuthenticationFailed(error.body) from error


def _get_validated_token(self: Any, raw_token: bytes) -> Any:
    try:
        token = validated_token(raw_token)
        _check_proof_is_asked_for(token)
    except TokenNotValid as error:
        raise InvalidToken(error.body) from error
    except RefusedError as error:
        raise InvalidToken(refusal_body(error)) from error
    return token


def _check_proof_is_asked_for(token: Any) -> None:
    """Refuse bound tokens to a project's own way of authenticating: without the request nobody can ask for a proof.

    Before the token is handed over, since ``get_user`` may be the project's, or the stateless class's, own.

    Raises:
        RefusedError: ``binding_missing``.
    """
    if not _sees_the_request.get() and bound_to(token.payload) is not None:
        raise RefusedError(Reason.BINDING_MISSING)


def _get_user(self: Any, validated_token: Any) -> Any:
    try:
        _check_proof_is_asked_for(validated_token)
        return user_of(validated_token)
    except RefusedError as error:
        raise AuthenticationFailed(refusal_body(error)) from error


def _authenticate_header(self: Any, request: Any) -> str:
    return challenge_to(request, realm=self.www_authenticate_realm)
