"""simplejwt's views, where a project mounts them itself: outside transactions, with Keyturn's errors."""

from typing import Any, Final

from rest_framework_simplejwt import views as stock
from rest_framework_simplejwt.exceptions import InvalidToken, TokenError

from keyturn.api.base import without_transaction
from keyturn.api.token_door import CookieUse, TokenDoor
from keyturn.api.token_views import TOKEN_DOORS
from keyturn.errors import RefusedError

__all__ = ["install"]

_FUNCTIONS: Final = (
    "token_obtain_pair",
    "token_refresh",
    "token_obtain_sliding",
    "token_refresh_sliding",
    "token_verify",
    "token_blacklist",
)


def install() -> None:
    """Make Keyturn's base view the base of simplejwt's. Safe to call twice."""
    base: Any = stock.TokenViewBase
    base.__bases__ = (TokenDoor,)
    base.told_otherwise = TOKEN_DOORS
    base.post = _post(base.post)
    views: Any = stock
    views.TokenRefreshView.cookie_use = CookieUse.TRADE
    views.TokenBlacklistView.cookie_use = CookieUse.END
    for name in _FUNCTIONS:
        without_transaction(getattr(stock, name))


def _post(stock_post: Any) -> Any:
    if getattr(stock_post, "keeps_reason", False):
        return stock_post

    def post(self: Any, request: Any, *args: Any, **kwargs: Any) -> Any:
        """Answer, and let the reason of a refusal through where simplejwt would drop it."""
        if (answer := self.answered_without_cookie(request)) is not None:
            return answer
        try:
            return stock_post(self, request, *args, **kwargs)
        except InvalidToken as error:
            cause = error.__cause__
            if isinstance(cause, TokenError) and isinstance(cause, RefusedError):
                raise cause from None
            raise

    post.keeps_reason = True  # type: ignore[attr-defined]
    return post
