"""The bodies of the token endpoints: simplejwt's fields, Keyturn's services behind them."""

from collections.abc import Callable
from functools import lru_cache
from typing import Any, Final, TypeVar

from django.contrib.auth import get_user_model
from django.core.exceptions import ValidationError
from django.http import HttpRequest
from rest_framework import serializers
from rest_framework.fields import empty
from rest_framework.validators import ProhibitSurrogateCharactersValidator

from keyturn.api.second_step import PROVEN, asked_for_factor, lets_off
from keyturn.clock import utc_now
from keyturn.defence.passwords import check_size
from keyturn.sessions.client import current_client
from keyturn.signin import FactorRequiredError, sign_in, signed_in
from keyturn.tokens.ending import end_session
from keyturn.tokens.issuing import Pair, issue_pair
from keyturn.tokens.proving import current_amr
from keyturn.tokens.refreshing import refresh, refresh_sliding
from keyturn.tokens.sliding import issue_sliding
from keyturn.tokens.verifying import verify_token

__all__ = [
    "PasswordField",
    "TokenBlacklistSerializer",
    "TokenObtainPairSerializer",
    "TokenObtainSlidingSerializer",
    "TokenRefreshSerializer",
    "TokenRefreshSlidingSerializer",
    "TokenVerifySerializer",
    "credentials_of",
    "http_request",
    "told_type",
]

_T = TypeVar("_T")


class PasswordField(serializers.CharField):
    """A password: never written out, taken verbatim, spaces included, and never too long to be hashed."""

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("style", {})["input_type"] = "password"
        super().__init__(**{"trim_whitespace": False, **kwargs, "write_only": True})
        self.validators.append(check_size)


class TokenField(serializers.CharField):
    """A token: some hundred characters, looked at by one call and not one after the other."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.validators = [
            each for each in self.validators if not isinstance(each, ProhibitSurrogateCharactersValidator)
        ]
        self.validators.append(_no_surrogates)


_GIVEN: Final = frozenset({"context"})
_surrogates: Final = ProhibitSurrogateCharactersValidator()


def _no_surrogates(value: str) -> None:
    if not value.isascii():
        _surrogates(value)


def http_request(serializer: serializers.BaseSerializer[Any]) -> HttpRequest | None:
    """The Django request a serializer works for, if it was given one."""
    request = serializer.context.get("request")
    return getattr(request, "_request", request)


def credentials_of(attrs: dict[str, Any], username_field: str) -> dict[str, Any]:
    """What the authentication backends take, out of a login body."""
    return {username_field: attrs[username_field], "password": attrs["password"]}


def told_type(token_type: str | None) -> dict[str, str]:
    """``token_type`` (RFC 9449 section 5) for an answer with tokens, where they are bound to a key; else nothing."""
    return {} if token_type is None else {"token_type": token_type}


class _Login(serializers.Serializer[Any]):
    def get_fields(self) -> dict[str, Any]:
        """The user model's own name for the user name, and the password."""
        name = get_user_model().USERNAME_FIELD
        return {name: serializers.CharField(write_only=True), "password": PasswordField(), **super().get_fields()}

    def sign_in(self, attrs: dict[str, Any], issue: Callable[[Any], _T]) -> _T:
        """Check the credentials, and issue tokens to their user; to who has proved everything already, just that."""
        user = self.context.get(PROVEN)
        if user is not None:
            tokens = issue(user)
            signed_in(user, request=http_request(self), session_id=getattr(tokens, "session_id", None))
            return tokens
        credentials = credentials_of(attrs, get_user_model().USERNAME_FIELD)
        try:
            return sign_in(credentials, issue=issue, request=http_request(self), lets_off=lets_off)
        except FactorRequiredError as error:
            raise asked_for_factor(error, serializer=self, attrs=attrs) from None


def _issued_pair(user: Any) -> Pair:
    return issue_pair(user=user, now=utc_now(), client=current_client(), amr=current_amr())


def _issued_sliding(user: Any) -> str:
    return issue_sliding(user=user, now=utc_now(), client=current_client(), amr=current_amr())


class TokenObtainPairSerializer(_Login):
    """Sign in: user name and password for a pair."""

    access = serializers.CharField(read_only=True)
    refresh = serializers.CharField(read_only=True)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Check the credentials, open a session, issue its first pair."""
        pair = self.sign_in(attrs, _issued_pair)
        return {"refresh": pair.refresh, "access": pair.access, **told_type(pair.token_type)}


class TokenObtainSlidingSerializer(_Login):
    """Sign in: user name and password for a sliding token."""

    token = serializers.CharField(read_only=True)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Check the credentials, open a session, issue its sliding token."""
        token = self.sign_in(attrs, _issued_sliding)
        return {"token": token}


@lru_cache(maxsize=32)
def _as_made(kind: type[serializers.BaseSerializer[Any]]) -> dict[str, Any]:
    """What REST framework makes of one that is given nothing."""
    return vars(kind())


class _OfOneToken(serializers.Serializer[Any]):
    """A body with one token in it.

    REST framework makes a serializer's fields anew for each request, and more work of a text than of all that follows.
    A text that the field could only accept as it is goes past that; everything else, and every class of a project's
    own, goes through the fields.
    """

    plain_field = ""
    """The token's name, of a class whose own and only writable field that is."""

    def __init__(self, instance: Any = None, data: Any = empty, **kwargs: Any) -> None:
        if instance is not None or data is empty or "plain_field" not in vars(type(self)) or kwargs.keys() != _GIVEN:
            super().__init__(instance, data, **kwargs)
            return
        # REST framework counts its fields in an attribute of their class, serializers among them, and an attribute of
        # a class that changes takes from CPython what it has learnt of all of them.
        mine = vars(self)
        mine |= _as_made(type(self)) | mine
        self.error_messages, self.style = self.error_messages.copy(), {}
        self.initial_data = data
        self._context = kwargs["context"]

    def run_validation(self, data: Any = empty) -> Any:
        """Validate the body; results and errors are REST framework's."""
        name = vars(type(self)).get("plain_field")
        if not name or type(data) is not dict or "fields" in vars(self):
            return super().run_validation(data)
        raw = data.get(name)
        # What TokenField refuses, or alters but for the white space around it.
        if type(raw) is not str or not raw.isascii() or "\0" in raw or not (raw := raw.strip()):
            return super().run_validation(data)
        try:
            return self.validate({name: raw})
        except (serializers.ValidationError, ValidationError) as error:
            raise serializers.ValidationError(serializers.as_serializer_error(error)) from error


class TokenRefreshSerializer(_OfOneToken):
    """Refresh: a refresh token for a fresh pair."""

    plain_field = "refresh"

    refresh = TokenField()
    access = serializers.CharField(read_only=True)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Rotate the session and issue the pair of its current generation."""
        pair = refresh(attrs["refresh"], now=utc_now(), client=current_client())
        told = {"access": pair.access, **told_type(pair.token_type)}
        return told if pair.refresh is None else {**told, "refresh": pair.refresh}


class TokenRefreshSlidingSerializer(serializers.Serializer[Any]):
    """Refresh a sliding token."""

    token = serializers.CharField()

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Issue the same sliding token with a later expiry."""
        return {"token": refresh_sliding(attrs["token"], now=utc_now(), client=current_client())}


class TokenVerifySerializer(_OfOneToken):
    """Ask whether a token would be accepted."""

    plain_field = "token"

    token = TokenField(write_only=True)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Verify without changing anything."""
        verify_token(attrs["token"], now=utc_now(), client=current_client())
        return {}


class TokenBlacklistSerializer(_OfOneToken):
    """Log out with the refresh token alone."""

    plain_field = "refresh"

    refresh = TokenField(write_only=True)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """End the session of the token."""
        end_session(attrs["refresh"], now=utc_now())
        return {}
