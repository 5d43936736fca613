"""A permission of a project's own views that asks for a recent, or a stronger, proof of who the user is (RFC 9470)."""

from datetime import datetime, timedelta
from typing import Any, ClassVar, Self
from uuid import UUID

from django.contrib.auth import get_user_model
from rest_framework import exceptions, status
from rest_framework.permissions import BasePermission
from rest_framework.request import Request

from keyturn.accounts.step_up import max_age, require
from keyturn.api.dpop import scheme_of
from keyturn.api.errors import challenge, refusal_body
from keyturn.api.impersonation import refuse_impersonated
from keyturn.clock import utc_now
from keyturn.errors import Reason, RefusedError
from keyturn.sessions.assurance import ONE_FACTOR, TWO_FACTORS
from keyturn.sessions.stepping_up import Standing
from keyturn.tokens.authenticating import authenticate
from keyturn.tokens.claims import Claims, moment

__all__ = ["RecentlyAuthenticated", "StepUpRequired", "StronglyAuthenticated"]


class StepUpRequired(exceptions.APIException):
    """The proof that the user has given is too old or too weak, or no second factor is set up.

    Body and challenge are ready made, so that a project's own exception handler answers as Keyturn's does.

    Args:
        error: why.
        scheme: of the request, for the challenge.
    """

    def __init__(self, error: RefusedError, *, scheme: str) -> None:
        self.status_code = error.refusal.status
        body = refusal_body(error)
        if self.status_code == status.HTTP_401_UNAUTHORIZED:
            # REST framework makes WWW-Authenticate of it.
            self.auth_header = challenge(scheme, body)
        super().__init__(body)
        # As it is: REST framework would make text of the number.
        self.detail = body


class RecentlyAuthenticated(BasePermission):
    """Lets in whoever has proved within the last minutes who they are: ``STEP_UP_MAX_AGE``, or :meth:`within`.

    Signing in is such a proof. The access token says when and how it was given (``auth_time``, ``acr``); where that is
    not enough the session's row is asked, since a proof may have been given after the token was written.

    Attributes:
        age: how old the proof may be.
        acr: ``2fa`` where the user must have shown two factors.
    """

    age: ClassVar[timedelta | None] = None
    any_age: ClassVar[bool] = False
    acr: ClassVar[str | None] = None

    @classmethod
    def within(cls, *, minutes: float = 0, seconds: float = 0, acr: str | None = None) -> type[Self]:
        """A permission of one's own: ``permission_classes = [RecentlyAuthenticated.within(minutes=5, acr="2fa")]``.

        Args:
            minutes: how old the proof may be, together with ``seconds``; nothing: ``STEP_UP_MAX_AGE``.
            seconds: the same.
            acr: ``1fa`` or ``2fa``: how strong it must be.

        Raises:
            ValueError: neither of the two words, or less than no time.
        """
        if acr not in {None, ONE_FACTOR, TWO_FACTORS}:
            raise ValueError(f"acr is {ONE_FACTOR!r} or {TWO_FACTORS!r}, not {acr!r}")
        age = timedelta(minutes=minutes, seconds=seconds)
        if age < timedelta(0):
            raise ValueError("a proof cannot be of the future")
        return type(cls.__name__, (cls,), {"age": age or None, "acr": acr or cls.acr})

    def has_permission(self, request: Request, view: Any) -> bool:
        """Whether somebody is signed in, recently and strongly enough.

        Raises:
            StepUpRequired: 401 with the challenge of RFC 9470 section 3; 403 where two factors are asked for and the
                user has set up none.
            Impersonated: an administrator acts as the user, who has proved nothing.
        """
        user: Any = request.user
        if not (user and user.is_authenticated):
            return False
        refuse_impersonated(request)
        now, within = utc_now(), None if self.any_age else (self.age or max_age())
        claims: Claims | None = getattr(request.auth, "keyturn_claims", None)
        shown = None if claims is None else _said_by(claims)
        if shown is not None and shown.meets(max_age=within, acr=self.acr, now=now):
            return True
        session_id: UUID | None = None if claims is None else claims.sid
        try:
            require(_account(user, claims, now=now), session_id=session_id, within=within, acr=self.acr, now=now)
        except RefusedError as error:
            raise StepUpRequired(error, scheme=scheme_of(request)) from error
        return True


class StronglyAuthenticated(RecentlyAuthenticated):
    """Lets in whoever has shown two factors in this session, or a passkey that made sure of its user, at any time."""

    any_age = True
    acr = TWO_FACTORS


def _account(user: Any, claims: Claims | None, *, now: datetime) -> Any:
    """The account's row, where an authentication class of the project's gives something else for a user.

    Raises:
        RefusedError: it does not stand, or nothing says whose it is.
    """
    if isinstance(user, get_user_model()):
        return user
    if claims is None:
        raise RefusedError(Reason.REAUTHENTICATION_REQUIRED, "no token of ours")
    return authenticate(claims, now=now).user


def _said_by(claims: Claims) -> Standing | None:
    """What an access token says of the proof."""
    at, amr = claims.payload.get("auth_time"), claims.payload.get("amr")
    if isinstance(at, bool) or not isinstance(at, (int, float)) or not isinstance(amr, list):
        return None
    return Standing(moment(at), " ".join(word for word in amr if isinstance(word, str)))
