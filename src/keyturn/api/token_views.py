"""The tutorials' token endpoints."""

from collections.abc import Mapping
from typing import Any, Final

from django.http import Http404
from django.utils.module_loading import import_string
from rest_framework.request import Request
from rest_framework.response import Response

from keyturn import conf
from keyturn.api import serializers
from keyturn.api.answer import Answer
from keyturn.api.token_door import CookieUse, TokenDoor
from keyturn.conf import STOCK
from keyturn.errors import Reason

__all__ = [
    "TOKEN_DOORS",
    "TokenBlacklistView",
    "TokenObtainPairView",
    "TokenObtainSlidingView",
    "TokenRefreshSlidingView",
    "TokenRefreshView",
    "TokenVerifyView",
]


TOKEN_DOORS: Final[Mapping[Reason, Mapping[str, str]]] = {
    Reason.USER_INACTIVE: {
        "detail": "No active account found for the given token.",
        "code": "no_active_account",
    },
    Reason.USER_NOT_FOUND: {"code": "token_not_valid"},
    Reason.PASSWORD_CHANGED: {"code": "token_not_valid"},
}
"""simplejwt's words at the token endpoints, where they differ from those for an authenticated request."""


class _TokenView(TokenDoor):
    """POST a body, get what its serializer makes of it. The serializer is the one that ``SIMPLE_JWT`` names."""

    authentication_classes = ()
    permission_classes = ()
    told_otherwise = TOKEN_DOORS

    setting = ""
    stock = ""
    own: Any = None

    def get_serializer_class(self) -> Any:
        """Keyturn's serializer, or the project's own where ``SIMPLE_JWT`` names one."""
        named = getattr(conf.get(), self.setting)
        return self.own if named == self.stock else import_string(named)

    def post(self, request: Request) -> Response:
        """Validate the body; validating is the whole work."""
        if (answer := self.answered_without_cookie(request)) is not None:
            return answer
        serializer = self.get_serializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        return Answer(serializer.validated_data)


class TokenObtainPairView(_TokenView):
    """Sign in with user name and password; the answer is an access token and a refresh token."""

    setting, stock, own = "token_obtain_serializer", STOCK.OBTAIN, serializers.TokenObtainPairSerializer


class TokenRefreshView(_TokenView):
    """Trade a refresh token for a fresh pair. The same token presented again soon gets the same successor."""

    cookie_use = CookieUse.TRADE
    setting, stock, own = "token_refresh_serializer", STOCK.REFRESH, serializers.TokenRefreshSerializer


class TokenVerifyView(_TokenView):
    """Ask whether a token would be accepted now. Nothing is changed by asking."""

    setting, stock, own = "token_verify_serializer", STOCK.VERIFY, serializers.TokenVerifySerializer


class TokenBlacklistView(_TokenView):
    """Log out with the refresh token alone: its session ends."""

    cookie_use = CookieUse.END
    setting, stock, own = "token_blacklist_serializer", STOCK.BLACKLIST, serializers.TokenBlacklistSerializer


class _SlidingView(_TokenView):
    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """Be there only where the project turned sliding tokens on."""
        if not conf.get().sliding_tokens:
            raise Http404
        super().initial(request, *args, **kwargs)


class TokenObtainSlidingView(_SlidingView):
    """Sign in with user name and password; the answer is one sliding token."""

    setting, stock, own = (
        "sliding_token_obtain_serializer",
        STOCK.SLIDING_OBTAIN,
        serializers.TokenObtainSlidingSerializer,
    )


class TokenRefreshSlidingView(_SlidingView):
    """Trade a sliding token that has not expired for one that lives longer."""

    setting, stock, own = (
        "sliding_token_refresh_serializer",
        STOCK.SLIDING_REFRESH,
        serializers.TokenRefreshSlidingSerializer,
    )
