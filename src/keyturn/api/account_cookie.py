"""The cookie that holds a browser's half-done flow: a sign-up or a login that is not finished, never a session."""

from typing import Any, Final

from django.conf import settings
from django.http import HttpRequest, HttpResponse

from keyturn.accounts.flows import LIFETIME, FlowStore
from keyturn.api.web_cookies import tag_of

__all__ = ["flow_cookie", "keep_flow_cookie"]

_PATH_ENDS: Final = "/browser/"


def flow_cookie(request: HttpRequest) -> str | None:
    """The flow's token as the browser presents it."""
    return request.COOKIES.get(_name(request)) or None


def keep_flow_cookie(request: HttpRequest, response: HttpResponse, *, presented: str | None) -> None:
    """Set the cookie of a flow that was begun, and take back that of one that has ended.

    No script can read it (``HttpOnly``), no other site's request carries it but for following a link
    (``SameSite=Lax``), and it travels to the browser client's endpoints only.

    Args:
        request: after the view has answered.
        response: the answer; django-allauth does not write the token into it for a browser.
        presented: the cookie that came with the request.
    """
    # A request with an access token has its session's flow, and may have begun one beside it.
    flow: Any = getattr(request, "keyturn_flow", None) or request.session
    path = _path(request)
    if isinstance(flow, FlowStore) and flow.is_stored and not flow.is_signed_in:
        if flow.token != presented:
            response.set_cookie(
                _name(request),
                flow.token,
                max_age=LIFETIME,
                path=path,
                secure=request.is_secure() or settings.SESSION_COOKIE_SECURE,
                httponly=True,
                samesite="Lax",
            )
    elif presented is not None:
        response.delete_cookie(_name(request), path=path, samesite="Lax")


def _name(request: HttpRequest) -> str:
    return f"keyturn_flow_{tag_of(request)}"


def _path(request: HttpRequest) -> str:
    """The part of the address that all endpoints of the browser client share, under whatever prefix."""
    head, found, _ = request.path.partition(_PATH_ENDS)
    return head + found if found else "/"
