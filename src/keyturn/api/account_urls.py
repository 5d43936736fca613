"""``/auth/app/v1/…`` and ``/auth/browser/v1/…``: django-allauth's URLs by its names, each view behind ours."""

import importlib.util
from collections.abc import Iterable, Iterator
from typing import Any, Final

from allauth.account.adapter import get_adapter
from allauth.headless import urls as headless
from allauth.headless.account import views as account
from allauth.headless.constants import Client
from django.apps import apps
from django.http import HttpRequest, JsonResponse
from django.urls import URLPattern, URLResolver, include, path, re_path
from django.views.decorators.csrf import csrf_exempt

from keyturn.api.account_flow_views import SessionsView
from keyturn.api.account_strict import strict
from keyturn.api.account_views import account_view

__all__ = ["urlpatterns"]

_OWN: Final = {
    "keyturn.api.account_flow_views": "allauth.headless",
    "keyturn.api.account_password_views": "allauth.headless",
    "keyturn.api.account_step_up_views": "allauth.headless",
    "keyturn.api.account_mail_views": "allauth.headless",
    "keyturn.api.account_mfa_views": "allauth.mfa",
    "keyturn.api.account_passkey_views": "allauth.mfa",
    "keyturn.api.account_social_views": "allauth.socialaccount",
}
"""Modules with a dictionary ``OWN``, our view class by django-allauth's; and the app that each of them is for.

Some have a second one, ``MORE``: view classes of ours by paths that django-allauth has not.
"""


_PHONE: Final = (account.ManagePhoneView, account.VerifyPhoneView, account.ResendPhoneVerificationCodeView)


def _modules() -> Iterator[Any]:
    for name, app in _OWN.items():
        if apps.is_installed(app) and importlib.util.find_spec(name) is not None:
            yield importlib.import_module(name)


def _own_views() -> dict[Any, Any]:
    return {theirs: ours for module in _modules() for theirs, ours in module.OWN.items()}


def _more(client: Client) -> Iterator[URLPattern]:
    name = client.value
    for module in _modules():
        for route, view_class in getattr(module, "MORE", {}).items():
            if strict(view_class).only_for not in {None, client}:
                continue
            view = account_view(strict(view_class), client=client)
            yield path(f"{name}/v1/{route}", view, name=f"{name}_{route.replace('/', '_')}")


def _wrapped(patterns: Iterable[Any], own: dict[Any, Any], *, has_phones: bool) -> list[URLPattern | URLResolver]:
    """The same tree of URLs with our view functions in it."""
    found: list[URLPattern | URLResolver] = []
    for one in patterns:
        if isinstance(one, URLResolver):
            inner = _wrapped(one.url_patterns, own, has_phones=has_phones)
            found.append(
                URLResolver(
                    one.pattern,
                    inner,
                    one.default_kwargs,
                    app_name=one.app_name,
                    namespace=one.namespace,
                )
            )
            continue
        callback: Any = one.callback
        view_class, kwargs = getattr(callback, "view_class", None), getattr(callback, "view_initkwargs", {})
        if view_class is None or "client" not in kwargs:
            found.append(one)
            continue
        if view_class in _PHONE and not has_phones:
            continue
        view_class = strict(own.get(view_class, view_class))
        if view_class.only_for not in {None, kwargs["client"]}:
            continue
        view = account_view(view_class, client=kwargs["client"])
        found.append(URLPattern(one.pattern, view, one.default_args, one.name))
    return found


@csrf_exempt
def _not_found(request: HttpRequest) -> JsonResponse:
    """Unknown paths below are answered in JSON too."""
    return JsonResponse({"status": 404, "detail": "Not found.", "code": "not_found"}, status=404)


def _sessions(client: Client) -> URLPattern:
    name = client.value
    return path(f"{name}/v1/auth/sessions", account_view(SessionsView, client=client), name=f"{name}_sessions")


def _tree() -> list[URLPattern | URLResolver]:
    # Only an adapter of the project's own knows of telephone numbers.
    return _wrapped(headless.urlpatterns, _own_views(), has_phones=get_adapter()._has_phone_impl)  # noqa: SLF001


urlpatterns = [
    *[_sessions(Client(name)) for name in ("app", "browser") if name in headless.app_settings.CLIENTS],
    *[one for name in ("app", "browser") if name in headless.app_settings.CLIENTS for one in _more(Client(name))],
    path("", include((_tree(), "headless"), namespace="headless")),
    re_path(r"^(?:app|browser)/v1/", _not_found),
]
