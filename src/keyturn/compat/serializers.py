"""simplejwt's serializers on Keyturn's services, so that a project's subclasses of them have the same guarantees."""

from typing import Any
from uuid import UUID

from rest_framework.exceptions import PermissionDenied, Throttled
from rest_framework_simplejwt import serializers as stock
from rest_framework_simplejwt.exceptions import AuthenticationFailed

from keyturn.api.errors import refusal_body
from keyturn.api.second_step import PROVEN, asked_for_factor, lets_off
from keyturn.api.serializers import credentials_of, http_request, told_type
from keyturn.clock import utc_now
from keyturn.compat.errors import stock_token_errors
from keyturn.compat.tokens import token_for_session
from keyturn.defence.passwords import check_size
from keyturn.errors import Reason, RefusedError, TooManyAttemptsError
from keyturn.sessions.client import current_client
from keyturn.signin import FactorRequiredError, check_credentials, signed_in
from keyturn.tokens.ending import end_session
from keyturn.tokens.minting import Lifetimes, refresh_payload, scheme_of
from keyturn.tokens.refreshing import refresh_sliding, rotate_claims
from keyturn.tokens.verifying import verify_token

__all__ = ["install"]


def install() -> None:
    """Change simplejwt's serializers in place. Safe to call twice."""
    stock.PasswordField.__init__ = _password_init
    stock.TokenObtainSerializer.validate = _check_credentials
    stock.TokenObtainPairSerializer.validate = _obtain_pair
    stock.TokenObtainSlidingSerializer.validate = _obtain_sliding
    stock.TokenRefreshSerializer.validate = _refresh
    stock.TokenRefreshSlidingSerializer.validate = _refresh_sliding
    stock.TokenVerifySerializer.validate = _verify
    stock.TokenBlacklistSerializer.validate = _blacklist


def _password_init(self: Any, *args: Any, **kwargs: Any) -> None:
    """A password is taken verbatim, and never too long to be hashed."""
    kwargs.setdefault("style", {})["input_type"] = "password"
    kwargs.setdefault("trim_whitespace", False)
    kwargs["write_only"] = True
    super(stock.PasswordField, self).__init__(*args, **kwargs)
    self.validators.append(check_size)


def _check_credentials(self: Any, attrs: dict[str, Any]) -> dict[Any, Any]:
    self.user = self.context.get(PROVEN)
    if self.user is not None:
        return {}
    credentials, request = credentials_of(attrs, self.username_field), http_request(self)
    try:
        self.user = check_credentials(credentials, request=request, lets_off=lets_off)
    except FactorRequiredError as error:
        asked = asked_for_factor(error, serializer=self, attrs=attrs)
        kind: Any = PermissionDenied if asked.refusal.status == 403 else AuthenticationFailed
        raise kind(refusal_body(asked), asked.refusal.code) from asked
    except TooManyAttemptsError as error:
        throttled = Throttled(detail=error.refusal.detail, code=error.refusal.code)
        throttled.wait = error.retry_after  # type: ignore[attr-defined] # django-stubs leaves it out
        raise throttled from error
    except RefusedError as error:
        refusal = error.refusal
        is_wrong = error.reason is Reason.BAD_CREDENTIALS
        sentence = self.error_messages["no_active_account"] if is_wrong else refusal.detail
        raise AuthenticationFailed({"detail": sentence, "reason": error.reason.value}, refusal.code) from error
    return {}


def _obtain_pair(self: Any, attrs: dict[str, Any]) -> dict[str, Any]:
    data = super(stock.TokenObtainPairSerializer, self).validate(attrs)
    refresh = self.get_token(self.user)
    data["refresh"] = str(refresh)
    data["access"] = str(refresh.access_token)
    session = getattr(refresh, "keyturn_session", None)
    data |= told_type(None if session is None else scheme_of(session))
    signed_in(self.user, request=http_request(self), session_id=_session_id(refresh))
    return data  # type: ignore[no-any-return]


def _obtain_sliding(self: Any, attrs: dict[str, Any]) -> dict[str, Any]:
    data = super(stock.TokenObtainSlidingSerializer, self).validate(attrs)
    token = self.get_token(self.user)
    data["token"] = str(token)
    signed_in(self.user, request=http_request(self), session_id=_session_id(token))
    return data  # type: ignore[no-any-return]


def _session_id(token: Any) -> UUID | None:
    """The session that a token of a project's own making belongs to, if it says so."""
    try:
        return UUID(str(token.get("sid")))
    except ValueError:
        return None


def _refresh(self: Any, attrs: dict[str, Any]) -> dict[str, Any]:
    cls = self.token_class
    lifetimes = Lifetimes(access=cls.access_token_class.lifetime, refresh=cls.lifetime)
    with stock_token_errors():
        done = rotate_claims(attrs["refresh"], now=utc_now(), client=current_client(), lifetimes=lifetimes)
    token = token_for_session(cls, done.session, refresh_payload(done.session, done.claims))
    data = {"access": str(token.access_token), **told_type(scheme_of(done.session))}
    if done.outcome is not None:
        data["refresh"] = str(token)
    return data


def _refresh_sliding(self: Any, attrs: dict[str, Any]) -> dict[str, Any]:
    with stock_token_errors():
        return {"token": refresh_sliding(attrs["token"], now=utc_now(), client=current_client())}


def _verify(self: Any, attrs: dict[str, Any]) -> dict[str, Any]:
    with stock_token_errors():
        verify_token(attrs["token"], now=utc_now(), client=current_client())
    return {}


def _blacklist(self: Any, attrs: dict[str, Any]) -> dict[str, Any]:
    with stock_token_errors():
        end_session(attrs["refresh"], now=utc_now())
    return {}
