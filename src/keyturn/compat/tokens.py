"""simplejwt's token classes on Keyturn's sessions.

``RefreshToken.for_user(user)`` opens a session. ``RefreshToken(raw)`` and ``AccessToken(raw)`` verify that the session
and its user stand; ``.blacklist()`` ends the session; ``.access_token`` belongs to it.
"""

import functools
from collections.abc import Callable
from datetime import datetime
from typing import Any

from django.contrib.auth import get_user_model
from rest_framework_simplejwt import state
from rest_framework_simplejwt.exceptions import AuthenticationFailed, TokenError
from rest_framework_simplejwt.tokens import (
    AccessToken,
    BlacklistMixin,
    RefreshToken,
    SlidingToken,
    Token,
    UntypedToken,
)

from keyturn import conf
from keyturn.clock import aware, utc_now
from keyturn.compat.blacklist import blacklisted_row, outstanding_row
from keyturn.compat.errors import RefusedToken, stock_token_errors
from keyturn.compat.live_settings import LiveLifetime
from keyturn.compat.token_backend import KeyturnTokenBackend
from keyturn.errors import Reason, RefusedError
from keyturn.sessions.blacklist import blacklisted_among
from keyturn.sessions.client import current_client
from keyturn.sessions.identity import adopted_session_id
from keyturn.sessions.models import Session
from keyturn.sessions.statements import database
from keyturn.tokens.authenticating import check_session, stands_unread
from keyturn.tokens.claims import GENERATION, SESSION_ID, Claims, TokenType, interpret
from keyturn.tokens.ending import end_session_of
from keyturn.tokens.issuing import open_listed_session
from keyturn.tokens.minting import refresh_payload, session_claims, user_claims
from keyturn.tokens.proving import current_amr
from keyturn.tokens.seen import recall
from keyturn.tokens.sliding import sliding_payload
from keyturn.tokens.verifying import check_refresh

__all__ = ["install", "token_for_session"]

_BACKEND = KeyturnTokenBackend()


def install() -> None:
    """Change simplejwt's token classes in place. Safe to call twice."""
    if hasattr(Token, "keyturn_claims"):
        return
    token: Any = Token
    mixin: Any = BlacklistMixin
    token.keyturn_claims = None
    token.keyturn_session = None
    token.__init__ = _init(token.__init__)
    token.verify = _verify
    token.verify_token_type = _verify_token_type
    token.check_exp = _check_exp(token.check_exp)
    token.get_token_backend = lambda _self: _BACKEND
    token.set_jti = _set_jti(token.set_jti)
    # Where token_blacklist is not installed, simplejwt gives this class no methods at all.
    mixin.for_user = classmethod(_for_user(vars(mixin).get("for_user", vars(token)["for_user"]).__func__))
    mixin.check_blacklist = _check_nothing
    mixin.outstand = _outstand
    mixin.blacklist = _blacklist
    for cls, setting in (
        (AccessToken, "access_token_lifetime"),
        (RefreshToken, "refresh_token_lifetime"),
        (SlidingToken, "sliding_token_lifetime"),
    ):
        cls.lifetime = LiveLifetime(setting)
    RefreshToken.access_token = property(_access_token)
    AccessToken.keyturn_recall = classmethod(_recall)
    # In place, since a project may have imported it by its name before.
    state.token_backend.encode = _BACKEND.encode
    state.token_backend.decode = _BACKEND.decode
    state.token_backend.get_leeway = _BACKEND.get_leeway


def _recall(cls: Any, raw: str | bytes) -> Any:
    """Return an access token as ``AccessToken(raw)`` would, where that was done of late and would go as well now."""
    if cls is not AccessToken or cls.verify is not _verify:
        return None  # a project's own class, or its own way of verifying
    now = utc_now()
    known = recall(raw, now=now)
    if known is None:
        return None
    token = cls.__new__(cls)
    token.token = raw
    token.current_time = now
    token.keyturn_claims, token.payload = known
    return token


def token_for_session(cls: type[Any], session: Session, payload: dict[str, Any]) -> Any:
    """Return a token object of a class for a session and the claims that its token has."""
    token = cls()
    token.payload = payload
    token.keyturn_session = session
    return token


def _init(stock: Callable[..., None]) -> Callable[..., None]:
    @functools.wraps(stock)
    def init(self: Any, *args: Any, **kwargs: Any) -> None:
        with stock_token_errors():
            stock(self, *args, **kwargs)
        # Where TOKEN_TYPE_CLAIM is None, stock writes a claim of that name.
        self.payload.pop(None, None)

    return init


def _verify(self: Any) -> None:
    """What ``Token.verify`` checks, and that session and user stand."""
    with stock_token_errors():
        self.check_exp()
        settings = conf.get()
        if settings.jti_claim is not None and settings.jti_claim not in self.payload:
            raise RefusedToken(RefusedError(Reason.MISSING_CLAIM), "Token has no id")
        if settings.token_type_claim is not None:
            self.verify_token_type()
        claims = interpret(self.payload)
        self.keyturn_session = _standing(self, claims)
        self.keyturn_claims = claims


def _standing(token: Any, claims: Claims) -> Session | None:
    now = utc_now()
    is_refresh = isinstance(token, RefreshToken)
    if claims.generation is not None or claims.token_type == TokenType.REFRESH:
        if not is_refresh and not isinstance(token, UntypedToken):
            raise RefusedError(Reason.WRONG_TYPE, "a refresh token")
        return check_refresh(claims, now=now, client=current_client())
    if is_refresh and claims.sid is not None:
        raise RefusedError(Reason.WRONG_TYPE, "no refresh token")
    return None if stands_unread(claims) else check_session(claims, now=now)


def _verify_token_type(self: Any) -> None:
    """Compare the type claim with the class's own."""
    found = self.payload.get(conf.get().token_type_claim)
    if found is None:
        raise RefusedToken(RefusedError(Reason.WRONG_TYPE), "Token has no type")
    if found != self.token_type:
        raise RefusedToken(RefusedError(Reason.WRONG_TYPE))


def _check_exp(stock: Callable[..., None]) -> Callable[..., None]:
    @functools.wraps(stock)
    def check_exp(self: Any, claim: str = "exp", current_time: datetime | None = None) -> None:
        try:
            stock(self, claim, current_time)
        except TokenError as error:
            reason = Reason.EXPIRED if claim in self.payload else Reason.MISSING_CLAIM
            raise RefusedToken(RefusedError(reason), str(error.args[0])) from error

    return check_exp


def _set_jti(stock: Callable[[Any], None]) -> Callable[[Any], None]:
    @functools.wraps(stock)
    def set_jti(self: Any) -> None:
        """Give the token a new id; it then belongs to no session until it is shown and adopted."""
        stock(self)
        self.payload.pop(None, None)  # the same where JTI_CLAIM is None
        if GENERATION in self.payload:
            del self.payload[GENERATION]
            del self.payload[SESSION_ID]

    return set_jti


def _for_user(stock: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(stock)
    def for_user(cls: Any, user: Any) -> Any:
        """Open a session for the user and return its first token.

        Raises:
            AuthenticationFailed: the user is inactive or gone, or the password changed since the user was loaded.
        """
        if cls.token_type not in {TokenType.REFRESH, TokenType.SLIDING}:
            return stock(cls, user)
        account = _loaded(user)
        now = utc_now()
        try:
            if cls.token_type == TokenType.SLIDING:
                payload = sliding_payload(user=account, now=now, client=current_client(), amr=current_amr())
                token = cls()
                token.payload = payload
                return token
            session = open_listed_session(
                user=account, now=now, idle_lifetime=cls.lifetime, client=current_client(), amr=current_amr()
            )
        except RefusedError as error:
            raise AuthenticationFailed(error.refusal.detail, code=error.refusal.code) from error
        session.remember_user(account)
        return token_for_session(cls, session, refresh_payload(session, user_claims(account)))

    return for_user


def _loaded(user: Any) -> Any:
    """The user's row; simplejwt's TokenUser has none of its own."""
    model = get_user_model()
    if isinstance(user, model):
        return user
    wrapped = getattr(user, "_wrapped", None)
    if isinstance(wrapped, model):
        return wrapped
    return model._base_manager.get(**{conf.get().user_id_field: user.pk})


def _access_token(self: Any) -> Any:
    """A new access token with the claims of this refresh token, but for those that are its own."""
    access = self.access_token_class()
    access.set_exp(from_time=self.current_time)
    left_out = {*self.no_copy_claims, *access.payload, GENERATION, "jti"}
    access.payload |= {name: value for name, value in self.payload.items() if name not in left_out}
    session = self.keyturn_session
    if session is not None:
        access.payload["exp"] = min(access.payload["exp"], int(aware(session.absolute_expires_at).timestamp()))
        access.payload |= session_claims(session, user_id=access.payload.get(conf.get().user_id_claim))
    return access


def _check_nothing(_self: Any) -> None:
    """``verify()`` has looked already, by session."""


def _outstand(self: Any) -> Any:
    """List a token. A session was listed when it was opened; what else a project makes is listed by its id, never raw.

    Returns:
        simplejwt's ``(OutstandingToken, created)`` where ``token_blacklist`` is installed, else None.
    """
    with stock_token_errors():
        return outstanding_row(interpret(self.payload), created_at=self.current_time)


def _blacklist(self: Any) -> Any:
    """End the session of this token.

    Returns:
        simplejwt's ``(BlacklistedToken, created)`` where ``token_blacklist`` is installed, else None.
    """
    with stock_token_errors():
        claims = interpret(self.payload)
        sid = claims.sid or adopted_session_id(claims.jti)
        known = blacklisted_among((sid,), alias=database())
        end_session_of(claims, now=utc_now())
        return blacklisted_row(sid, created=not known)
