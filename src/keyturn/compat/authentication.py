"""simplejwt's authentication classes: the same decisions as Keyturn's own, under their names and with their errors."""

from typing import Any

from rest_framework_simplejwt.authentication import JWTAuthentication
from rest_framework_simplejwt.exceptions import AuthenticationFailed, InvalidToken

from keyturn import conf
from keyturn.api.authentication import token_in_header, user_of, validated_token
from keyturn.api.errors import TokenNotValid, challenge, refusal_body
from keyturn.errors import RefusedError

__all__ = ["install"]


def install() -> None:
    """Change simplejwt's authentication class in place; the stateless one inherits from it. Safe to call twice."""
    JWTAuthentication.get_raw_token = _get_raw_token
    JWTAuthentication.get_validated_token = _get_validated_token
    JWTAuthentication.get_user = _get_user
    JWTAuthentication.authenticate_header = _authenticate_header


def _get_raw_token(self: Any, header: bytes) -> bytes | None:
    try:
        return token_in_header(header)
    except TokenNotValid as error:
        raise AuthenticationFailed(error.body) from error


def _get_validated_token(self: Any, raw_token: bytes) -> Any:
    try:
        return validated_token(raw_token)
    except TokenNotValid as error:
        raise InvalidToken(error.body) from error


def _get_user(self: Any, validated_token: Any) -> Any:
    try:
        return user_of(validated_token)
    except RefusedError as error:
        raise AuthenticationFailed(refusal_body(error)) from error


def _authenticate_header(self: Any, request: Any) -> str:
    return challenge(conf.get().auth_header_types[0], realm=self.www_authenticate_realm)
