"""What drf-spectacular reads in the place of the views of accounts, which are no views of REST framework's.

It looks for a class of REST framework's on the function that a URL leads to (``cls``, as REST framework's own
``as_view`` leaves it), so each of those functions gets one. It answers no request. Needs no drf-spectacular.
"""

from collections.abc import Callable
from typing import Any, ClassVar, Final

from rest_framework.authentication import BaseAuthentication
from rest_framework.parsers import JSONParser
from rest_framework.renderers import JSONRenderer
from rest_framework.views import APIView

__all__ = ["AccountEndpoint", "AppFlow", "BrowserFlow", "stand_in_for"]

_ALLAUTH: Final = "allauth.headless."
_BASES: Final = frozenset({"APIView", "AuthenticatedAPIView", "AuthenticationStageAPIView", "RESTView"})


class AppFlow(BaseAuthentication):
    """The header ``X-Session-Token`` of the app client, while it is not signed in."""


class BrowserFlow(BaseAuthentication):
    """The cookie of the browser client and the header that goes with it, while it is not signed in."""


class AccountEndpoint(APIView):
    """One endpoint of accounts, as one client has it.

    Attributes:
        client: ``"app"`` or ``"browser"``.
        key: module and class of the view: of django-allauth's, without ``allauth.headless.``, or of Keyturn's own.
    """

    client: ClassVar[str] = ""
    key: ClassVar[str] = ""
    permission_classes = ()
    parser_classes = (JSONParser,)
    renderer_classes = (JSONRenderer,)


def stand_in_for(callback: Callable[..., Any], *, view_class: Any, client: str) -> None:
    """Give the function that a URL leads to what describes it.

    Args:
        callback: the function, with whatever is wrapped around it.
        view_class: the view behind it.
        client: ``"app"`` or ``"browser"``.
    """

    def unused(self: Any, request: Any) -> None:
        # drf-spectacular would print a docstring. What it prints is in the table of operations.
        raise NotImplementedError

    methods = [name for name in view_class.http_method_names if name != "options" and hasattr(view_class, name)]
    names = {"client": client, "key": _key_of(view_class), "__module__": view_class.__module__, "__doc__": ""}
    marked: Any = callback
    marked.cls = type(view_class.__name__, (AccountEndpoint,), {**names, **dict.fromkeys(methods, unused)})
    marked.initkwargs = {}


def _key_of(view_class: type) -> str:
    """The nearest of django-allauth's classes that is no mere base; where there is none, the class itself."""
    for one in view_class.__mro__:
        if one.__module__.startswith(_ALLAUTH) and one.__name__ not in _BASES:
            return f"{one.__module__.removeprefix(_ALLAUTH)}.{one.__name__}"
    return f"{view_class.__module__}.{view_class.__name__}"
