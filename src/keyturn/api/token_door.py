"""The doors that give, trade and end refresh tokens: for a web client the token is in the cookie, and in no body.

A door's serializer knows nothing of it. On the way in the cookie's token takes the place of the body's, and on the way
out the answer's goes into the cookie; so simplejwt's views, and a project's own serializers, have web clients too.
"""

from collections.abc import Mapping
from enum import Enum, auto
from typing import Any, ClassVar, Final

from rest_framework import exceptions, status
from rest_framework.request import Request
from rest_framework.response import Response

from keyturn.api.base import KeyturnView
from keyturn.api.dpop import carries_proof, check_proof
from keyturn.api.origins import refuse_forms_of_others
from keyturn.api.second_step import MFA_TOKEN
from keyturn.api.web import django_request, is_web
from keyturn.api.web_cookies import holds_replaced, keep_device, keep_refresh, refresh_of, take_refresh_back
from keyturn.errors import Reason, RefusedError

__all__ = ["FINAL", "REFRESH", "CookieUse", "TokenDoor"]

REFRESH: Final = "refresh"
"""What simplejwt calls a refresh token, in bodies and answers."""

_OPTIONAL: Final = "optional"

FINAL: Final = frozenset(
    {
        Reason.EXPIRED,
        Reason.PASSWORD_CHANGED,
        Reason.REFRESH_REUSED,
        Reason.SESSION_EXPIRED,
        Reason.SESSION_REVOKED,
        Reason.USER_INACTIVE,
        Reason.USER_NOT_FOUND,
    }
)
"""Why a refresh token will never be good again. What else is said may be our own mistake (a key not yet known)."""

_DECIDED: Final = frozenset({status.HTTP_200_OK, status.HTTP_201_CREATED, status.HTTP_401_UNAUTHORIZED})


class CookieUse(Enum):
    """What a door does with the token in the cookie."""

    NONE = auto()
    """Nothing; it may give the first one."""
    TRADE = auto()
    """It takes that token, and gives the next."""
    END = auto()
    """It takes that token, and ends its session."""


class TokenDoor(KeyturnView):
    """A view whose body or answer holds a refresh token."""

    cookie_use: ClassVar[CookieUse] = CookieUse.NONE

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """Refuse forms of other sites, which would use up a visitor's attempts.

        Raises:
            OriginRefused: it is one.
            UnknownClient: it says that it is from a kind of client that there is not.
            ProofNotAccepted: what came as a proof of a key does not serve.
        """
        http = django_request(request)
        refuse_forms_of_others(http)
        is_web(http)
        super().initial(request, *args, **kwargs)
        if carries_proof(http) and http.method in self.allowed_methods:
            check_proof(http, takes_token=False)

    def answered_without_cookie(self, request: Request) -> Response | None:
        """Answer a web client whose browser has no token: 204 to one that merely asks, 200 to one that signs out.

        Returns:
            None where there is a token to work with, or none is needed.

        Raises:
            RefusedError: ``refresh_missing``.
            ValidationError: ``optional`` is neither true nor false.
        """
        if self.cookie_use is CookieUse.NONE or not is_web(request) or refresh_of(request) is not None:
            return None
        if self.cookie_use is CookieUse.END:
            return Response({})
        optional = request.data.get(_OPTIONAL, False) if isinstance(request.data, Mapping) else False
        if not isinstance(optional, bool):
            raise exceptions.ValidationError({_OPTIONAL: ["Must be a valid boolean."]})
        if optional:
            return Response(status=status.HTTP_204_NO_CONTENT)
        raise RefusedError(Reason.REFRESH_MISSING)

    def get_serializer(self, *args: Any, **kwargs: Any) -> Any:
        """Hand a web client's token to the serializer, in the place of whatever the body has there."""
        data = kwargs.get("data")
        if self.cookie_use is not CookieUse.NONE and isinstance(data, Mapping) and is_web(self.request):
            raw = refresh_of(self.request)
            if raw is None:
                raise RefusedError(Reason.REFRESH_MISSING)
            kwargs["data"] = {**{name: data[name] for name in data}, REFRESH: raw}
        return super().get_serializer(*args, **kwargs)

    def handle_exception(self, exc: Exception) -> Response:
        """Sign a web client out by a token that is none any more, too."""
        response = super().handle_exception(exc)
        if (
            self.cookie_use is CookieUse.END
            and response.status_code == status.HTTP_401_UNAUTHORIZED
            and is_web(self.request)
        ):
            response = Response({})
        return response

    def finalize_response(self, request: Request, response: Any, *args: Any, **kwargs: Any) -> Any:
        """Move a web client's token from the answer into the cookie, or take the cookie back."""
        answer = super().finalize_response(request, response, *args, **kwargs)
        if not isinstance(answer, Response):
            return answer
        data: Mapping[str, Any] = answer.data if isinstance(answer.data, Mapping) else {}
        if isinstance(data.get(MFA_TOKEN), str):
            if is_web(request):
                # The second step has to come from the same device.
                keep_device(request, answer)
        # With any other status nothing was decided.
        elif answer.status_code in _DECIDED and is_web(request):
            self._dress(request, answer, data)
        return answer

    def _dress(self, request: Request, answer: Response, data: Mapping[str, Any]) -> None:
        if answer.status_code == status.HTTP_401_UNAUTHORIZED:
            reason = data.get("reason") if self.cookie_use is CookieUse.TRADE else None
            if reason in FINAL and not (reason == Reason.SESSION_REVOKED and holds_replaced(request)):
                take_refresh_back(request, answer)
        elif self.cookie_use is CookieUse.END:
            take_refresh_back(request, answer)
        elif isinstance(raw := data.get(REFRESH), str):
            answer.data = {name: value for name, value in data.items() if name != REFRESH}
            keep_refresh(request, answer, raw)
            keep_device(request, answer)
        elif self.cookie_use is CookieUse.TRADE:
            keep_device(request, answer)
